"""The reports of MIMIC-CXR that become examples: one per study, or one per film of R2Gen's annotation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cxrbench.core import jsonio
from cxrbench.core.errors import DataError
from cxrbench.core.ordering import hashed_order
from cxrbench.datasets.mimic_annotation import AnnotatedFilm, Annotation
from cxrbench.datasets.mimic_cxr.collection import MimicCxr, MimicStudy
from cxrbench.datasets.mimic_cxr.reports import MimicReports

TRAINING_STUDIES: Final = 2_000
"""Training reports that baselines learn from: a sample by hash, the same for every run."""
_SEED: Final = 0
Excluded = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Report:
    """What becomes an example.

    Attributes:
        id: The study; in R2Gen's annotation the film.
        image_id, view: The film that is shown.
    """

    id: str
    patient_id: str
    study_id: str
    image_id: str
    view: str
    findings: str
    impression: str | None = None


class ReportSource(Protocol):
    """Where reports come from."""

    def reports(self, part: str, excluded: Excluded) -> Iterator[Report]:
        """The usable reports of a split, in its order; the ids of the others are added to `excluded` by reason."""
        ...

    def sample(self) -> list[Report]:
        """`TRAINING_STUDIES` of the training split."""
        ...

    def fingerprint(self, chosen: Sequence[Report]) -> str:
        """Of the texts."""
        ...


class StudyReports:
    """One report per study, cut into sections by the rules of the data set's authors."""

    def __init__(self, mimic: MimicCxr, texts: MimicReports) -> None:
        self._mimic = mimic
        self._texts = texts

    def reports(self, part: str, excluded: Excluded) -> Iterator[Report]:
        for study in self._mimic.studies(part):
            found = self._report(study)
            if isinstance(found, Report):
                yield found
            else:
                excluded.setdefault(found, []).append(study.study_id)

    def sample(self) -> list[Report]:
        order = hashed_order((study.study_id for study in self._mimic.studies("train")), _SEED)
        found: list[Report] = []
        for study_id in order:
            report = self._report(self._mimic.study(study_id))
            if isinstance(report, Report):
                found.append(report)
            if len(found) == TRAINING_STUDIES:
                break
        return sorted(found, key=lambda report: report.id)

    def fingerprint(self, chosen: Sequence[Report]) -> str:
        return jsonio.digest([[item.id, item.findings, item.impression] for item in chosen])

    def _report(self, study: MimicStudy) -> Report | str:
        """The report of a study, or why it is not usable."""
        if study.primary is None:
            return "no frontal film listed"
        try:
            report = self._texts.report(study.patient_id, study.study_id)
        except DataError:
            return "report cannot be read"
        if report is None:
            return "no report"
        if not report.findings:
            return "no findings section"
        film = study.primary
        return Report(
            study.study_id,
            study.patient_id,
            study.study_id,
            film.image_id,
            film.name,
            report.findings,
            report.impression,
        )


class AnnotatedReports:
    """One report per film, as R2Gen's annotation has them: findings alone, prepared by its authors."""

    def __init__(self, mimic: MimicCxr, annotation: Annotation) -> None:
        self._mimic = mimic
        self._annotation = annotation

    def reports(self, part: str, excluded: Excluded) -> Iterator[Report]:
        for film in self._annotation.films:
            if film.split != part:
                continue
            if film.report:
                yield self._report(film)
            else:
                excluded.setdefault("no findings section", []).append(film.image_id)

    def sample(self) -> list[Report]:
        train = {film.image_id: film for film in self._annotation.films if film.split == "train" and film.report}
        order = hashed_order(train, _SEED)[:TRAINING_STUDIES]
        return [self._report(train[name]) for name in sorted(order)]

    def fingerprint(self, chosen: Sequence[Report]) -> str:
        return self._annotation.fingerprint

    def _report(self, film: AnnotatedFilm) -> Report:
        return Report(
            film.image_id,
            film.patient_id,
            film.study_id,
            # Files are found by stem: the annotation's path names the film that is shown.
            Path(film.path).stem,
            self._view(film),
            film.report,
        )

    def _view(self, film: AnnotatedFilm) -> str:
        if film.study_id not in self._mimic:
            return "unknown"
        films = self._mimic.study(film.study_id).films
        return next((item.name for item in films if item.image_id == film.image_id), "unknown")
