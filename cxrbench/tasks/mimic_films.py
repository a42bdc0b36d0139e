"""What a request about a MIMIC study may show: its films, its earlier films, and clinical text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.types import Image
from cxrbench.datasets.mimic_cxr.collection import MimicCxr, MimicStudy
from cxrbench.datasets.mimic_cxr.files import ImageFiles

INPUTS: Final = ("frontal", "lateral", "prior", "indication", "technique", "comparison", "prior_report")
"""frontal is always shown; the others add lateral films, the latest earlier frontal film, and sections of text."""
SECTIONS: Final = ("indication", "technique", "comparison")
ReportOf = Callable[[MimicStudy], Mapping[str, str]]
"""Study -> its sections by name; empty where there is no report. `text` is the whole report."""


def check_inputs(inputs: Sequence[str], known: Sequence[str] = INPUTS) -> None:
    """Refuse what cannot be shown.

    Raises:
        UsageError: An unknown input, or no frontal film.
    """
    unknown = [name for name in inputs if name not in known]
    if unknown or "frontal" not in inputs:
        raise UsageError(
            f"inputs {', '.join(inputs) or '(none)'} are not possible here",
            where="--inputs",
            valid=f"frontal, and any of {', '.join(name for name in known if name != 'frontal')}",
        )


@dataclass(frozen=True)
class Films:
    """The films of a collection as requests show them.

    Attributes:
        mimic: MIMIC-CXR-JPG; None where only MIMIC-Ext-CXR-QBA is at hand.
        root: Where films would lie without it.
    """

    mimic: MimicCxr | None
    root: Path
    inputs: Sequence[str]

    def __post_init__(self) -> None:
        missing = [name for name in self.inputs if name in INPUTS[1:]]
        if self.mimic is None and missing:
            raise DataError(
                f"{', '.join(missing)} cannot be shown without MIMIC-CXR-JPG",
                where=str(self.root),
                valid="--inputs frontal",
                hint="put mimic-cxr-jpg/ beside it, with its tables",
            )

    def study(self, study_id: str) -> MimicStudy | None:
        """What MIMIC-CXR-JPG says of a study; None where it is not there or does not know it."""
        return self.mimic.study(study_id) if self.mimic is not None and study_id in self.mimic else None

    def path(self, patient_id: str, study_id: str, image_id: str) -> Path:
        """Where a film is, or where the published layout has it."""
        found = self._files.find(patient_id, study_id, image_id)
        return found or self._files.expected(patient_id, study_id, image_id)

    def images(self, patient_id: str, study_id: str, image_id: str, view: str) -> tuple[Image, ...]:
        """The film of a study, then what the inputs add. A listed film that is missing on disk is listed here too."""
        known = self.study(study_id)
        if self.mimic is None or known is None:
            return (Image(self.path(patient_id, study_id, image_id), view),)
        by_id = {film.image_id: film for film in known.films}
        if image_id in by_id:
            images = [self.mimic.image(known, by_id[image_id])]
        else:
            images = [Image(self.path(patient_id, study_id, image_id), view)]
        if "lateral" in self.inputs:
            images += [self.mimic.image(known, film) for film in known.films if film.name == "lateral"]
        if "prior" in self.inputs:
            images += self._prior(known)
        return tuple(images)

    @cached_property
    def _files(self) -> ImageFiles:
        return self.mimic.files if self.mimic is not None else ImageFiles(self.root)

    def _prior(self, study: MimicStudy) -> list[Image]:
        assert self.mimic is not None
        for earlier in self.mimic.prior_studies(study.study_id):
            if earlier.primary is not None:
                return [self.mimic.image(earlier, earlier.primary, prior=True)]
        return []

    def context(self, study_id: str, report_of: ReportOf) -> dict[str, str]:
        """The clinical texts that the inputs ask for, where the study has them."""
        known = self.study(study_id)
        wanted = [name for name in SECTIONS if name in self.inputs]
        context: dict[str, str] = {}
        if known is None or self.mimic is None:
            return context
        if wanted:
            sections = report_of(known)
            context |= {name: sections[name] for name in wanted if sections.get(name)}
        if "prior_report" in self.inputs:
            texts = (report_of(earlier).get("text") for earlier in self.mimic.prior_studies(study_id))
            found = next(filter(None, texts), None)
            if found:
                context["prior_report"] = found
        return context
