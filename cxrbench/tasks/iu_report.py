"""`iu-report`: findings and impression from the frontal film, on IU X-ray (Demner-Fushman et al., JAMIA 2016)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.types import Example, Image, Kind, Reference, Request
from cxrbench.datasets.iu_xray import IuStudy, IuXray, frontal, read_iu_xray
from cxrbench.datasets.roots import resolve_root
from cxrbench.metrics.base import Metric
from cxrbench.tasks.base import TaskData, TaskOptions
from cxrbench.tasks.report_metrics import HEADLINE, METRIC_FAMILIES, REPORT_PROTOCOLS, build_report_metrics
from cxrbench.tasks.report_strata import report_strata
from cxrbench.tasks.splits import select_split

INPUTS = ("frontal", "lateral", "indication", "comparison")
_PROJECTIONS = {"PA": r"\bPA\b|\bposteroanterior\b", "AP": r"\bAP\b|\banteroposterior\b|\bportable\b"}
PROMPT = "Write the findings and the impression of this chest X-ray."


class IuReport:
    """Report generation on IU X-ray.

    A study takes part when its findings are not empty and a frontal film is listed for it; so n does not depend
    on the protocol. A listed film that is missing on disk keeps its place in n and becomes an "error".
    The resampling unit is the study (uid): the data set has no patient id.
    """

    name = "iu-report"
    version = "1"
    kind: Kind = "report"
    restricted = False
    protocols = REPORT_PROTOCOLS
    metrics = METRIC_FAMILIES
    headline = HEADLINE

    def load(self, options: TaskOptions) -> TaskData:
        """Read the studies of one split.

        Raises:
            UsageError: An unknown split or input.
            DataError: The data root is unusable, or no study of the split is usable.
        """
        _check_inputs(options.inputs)
        root = resolve_root(options.data_root, "iu-xray", progress=options.progress)
        data = read_iu_xray(root.path)
        split = select_split(data, options.split)
        excluded: dict[str, list[str]] = {}
        chosen = [study for study in data.studies if _usable(study, split.members, excluded)]
        if not chosen:
            raise DataError(
                f"split {split.name} has no usable study",
                where=str(root.path),
                valid=", ".join(f"{reason}: {len(ids)}" for reason, ids in excluded.items())
                or "no study of this split",
                hint="cxrbench data check iu-report",
            )

        @cache
        def training_studies() -> list[IuStudy]:
            return [study for study in data.studies if _usable(study, split.training, {})]

        seen = {study.findings for study in training_studies()}
        strata = report_strata([_reference(study) for study in chosen], seen)
        examples = [_example(study, options.inputs, strata[study.uid]) for study in chosen]
        return TaskData(
            examples=examples,
            excluded=excluded,
            training=cache(lambda: [_example(study, options.inputs, {}) for study in training_studies()]),
            dataset="iu-xray-phantom" if data.phantom else "iu-xray",
            split=split.name,
            fingerprint=data.fingerprint,
            phantom=data.phantom is not None,
            notes=_notes(data, chosen, split.note),
        )

    def build_metrics(
        self,
        protocol: str,
        data: TaskData,
        selection: Sequence[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> list[Metric]:
        """The metric families of one protocol, all of them unless `selection` names some."""
        return build_report_metrics(protocol, data.training, selection, options)


def _check_inputs(inputs: Sequence[str]) -> None:
    unknown = [name for name in inputs if name not in INPUTS]
    if unknown or "frontal" not in inputs:
        raise UsageError(
            f"inputs {', '.join(inputs) or '(none)'} are not possible here",
            where="--inputs",
            valid=f"frontal, and any of {', '.join(INPUTS[1:])}",
        )


def _usable(study: IuStudy, members: frozenset[str], excluded: dict[str, list[str]]) -> bool:
    if study.uid not in members:
        return False
    if not study.findings:
        excluded.setdefault("no findings text", []).append(study.uid)
        return False
    if _film(study) is None:
        excluded.setdefault("no frontal film listed", []).append(study.uid)
        return False
    return True


def _film(study: IuStudy) -> Image | None:
    """The frontal film: the first that exists, else the first that is listed (and will be an "error"), else None."""
    listed = next((image for image in study.images if image.view == "frontal"), None)
    return frontal(study) or listed


def _reference(study: IuStudy) -> Reference:
    text = "\n".join(part for part in (study.findings, study.impression) if part)
    return Reference(study.uid, findings=study.findings, impression=study.impression, text=text)


def _example(study: IuStudy, inputs: Sequence[str], strata: Mapping[str, tuple[str, ...]]) -> Example:
    film = _film(study)
    images: tuple[Image, ...] = () if film is None else (film,)
    if "lateral" in inputs:
        images += tuple(image for image in study.images if image.view == "lateral")
    offered = {"indication": study.indication, "comparison": study.comparison}
    context = {name: text for name, text in offered.items() if name in inputs and text}
    request = Request(id=study.uid, kind="report", images=images, prompt=PROMPT, context=context)
    return Example(request, _reference(study), group=study.uid, strata={**strata, "view": (_projection(study),)})


def _projection(study: IuStudy) -> str:
    """PA or AP where the caption of the study names exactly one of them (portable films are AP), else "unstated"."""
    named = {view for view, pattern in _PROJECTIONS.items() if re.search(pattern, study.caption or "", re.IGNORECASE)}
    return named.pop() if len(named) == 1 else "unstated"


def _notes(data: IuXray, chosen: Sequence[IuStudy], split_note: str | None) -> tuple[str, ...]:
    notes = [split_note] if split_note else []
    absent = [study.uid for study in chosen if frontal(study) is None]
    if absent:
        shown = ", ".join(absent[:10]) + (", ..." if len(absent) > 10 else "")
        notes.append(f"{len(absent)} of {len(chosen)} frontal films are missing on disk: {shown}")
    return tuple(notes)
