"""`mimic-report`: findings and impression from the frontal film, on MIMIC-CXR (Johnson et al., PhysioNet)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from cxrbench.core import jsonio
from cxrbench.core.errors import DataError
from cxrbench.core.types import Example, Kind, Reference, Request
from cxrbench.datasets.mimic_annotation import read_annotation
from cxrbench.datasets.mimic_cxr.collection import MimicCxr, read_mimic_cxr
from cxrbench.datasets.mimic_cxr.reports import MimicReports
from cxrbench.datasets.roots import DataRoot, resolve_root
from cxrbench.metrics.base import Metric
from cxrbench.metrics.protocols import MIMIC_PROTOCOL
from cxrbench.tasks.base import TaskData, TaskOptions
from cxrbench.tasks.iu_report import PROMPT
from cxrbench.tasks.mimic_context import context_reader, find_reports
from cxrbench.tasks.mimic_films import Films, ReportOf, check_inputs
from cxrbench.tasks.mimic_notes import TERMS, count_note, missing_films_note, patients_note, problems_note
from cxrbench.tasks.mimic_people import People
from cxrbench.tasks.mimic_report_source import AnnotatedReports, Excluded, Report, ReportSource, StudyReports
from cxrbench.tasks.mimic_splits import MimicSplit, select_report_split
from cxrbench.tasks.report_metrics import HEADLINE, METRIC_FAMILIES, REPORT_PROTOCOLS, build_report_metrics
from cxrbench.tasks.report_strata import report_strata


@dataclass(frozen=True)
class ReportData(TaskData):
    """With all findings of the training split, which only a protocol with a training vocabulary reads."""

    vocabulary: Callable[[], Sequence[Example]] = tuple


class MimicReport:
    """Report generation on MIMIC-CXR.

    A study takes part when its report has findings and a frontal film is listed for it, whatever the protocol. A
    listed film that is missing on disk keeps its place in n and becomes an "error". The resampling unit is the
    patient. `--split r2gen:test` takes one example per film from R2Gen's annotation instead.
    """

    name = "mimic-report"
    version = "1"
    kind: Kind = "report"
    restricted = True
    protocols = (*REPORT_PROTOCOLS, MIMIC_PROTOCOL)
    metrics = METRIC_FAMILIES
    headline = HEADLINE

    def load(self, options: TaskOptions) -> TaskData:
        """Read the reports of one split.

        Raises:
            UsageError: An unknown split or input.
            DataError: The data root is unusable, has no reports, or no study of the split is usable.
        """
        check_inputs(options.inputs)
        split = select_report_split(options.split)
        root = resolve_root(options.data_root, "mimic-cxr", progress=options.progress)
        mimic = read_mimic_cxr(root.parts["jpg"])
        texts = find_reports(root.parts)
        source = _source(root, options, mimic, texts, split)
        excluded: Excluded = {}
        chosen = list(source.reports(split.part, excluded))
        if not chosen:
            raise DataError(
                f"split {split.name(root.is_phantom)} has no usable report",
                where=str(root.path),
                valid=", ".join(f"{reason}: {len(ids)}" for reason, ids in excluded.items()) or "no study at all",
                hint="choose another --split, or look with: cxrbench data check mimic-report",
            )
        people = People.of(root.parts.values(), mimic)
        make = _Maker(Films(mimic, root.path, options.inputs), context_reader(texts, options.inputs, root.path))
        strata = report_strata([_reference(item) for item in chosen])
        examples = [
            make(item, {**strata[item.id], "view": (item.view,), **people.strata(item.patient_id, item.study_id)})
            for item in chosen
        ]
        return ReportData(
            examples=examples,
            excluded=excluded,
            training=cache(lambda: [make(item, {}) for item in source.sample()]),
            dataset="mimic-cxr-phantom" if root.is_phantom else "mimic-cxr",
            split=split.name(root.is_phantom),
            fingerprint=jsonio.digest([mimic.fingerprint, people.fingerprint, source.fingerprint(chosen)]),
            phantom=root.is_phantom,
            notes=(
                *([] if root.is_phantom or split.per_image else [count_note(mimic, split.part)]),
                *missing_films_note(example.request.images[0].path for example in examples),
                *patients_note(people.path is not None, root.is_phantom),
                *problems_note(mimic.problems),
            ),
            terms=TERMS,
            vocabulary=cache(lambda: [_text_alone(item) for item in source.reports("train", {})]),
        )

    def build_metrics(
        self,
        protocol: str,
        data: TaskData,
        selection: Sequence[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> list[Metric]:
        """The metric families of one protocol, all of them unless `selection` names some."""
        training = data.vocabulary if isinstance(data, ReportData) else data.training
        return build_report_metrics(protocol, training, selection, options)


@dataclass(frozen=True)
class _Maker:
    films: Films
    context: ReportOf

    def __call__(self, item: Report, strata: Mapping[str, tuple[str, ...]]) -> Example:
        request = Request(
            id=item.id,
            kind="report",
            images=self.films.images(item.patient_id, item.study_id, item.image_id, item.view),
            prompt=PROMPT,
            context=self.films.context(item.study_id, self.context),
        )
        return Example(request, _reference(item), item.patient_id, strata)


def _source(
    root: DataRoot, options: TaskOptions, mimic: MimicCxr, texts: MimicReports | None, split: MimicSplit
) -> ReportSource:
    if split.per_image:
        named = [] if options.data_root is None else [options.data_root.expanduser()]
        return AnnotatedReports(mimic, read_annotation([*named, *root.parts.values()]))
    if texts is None:
        raise DataError(
            "the reports of MIMIC-CXR are not here",
            where=str(root.path),
            valid="mimic-cxr-reports.zip beside the films, or unpacked, or mimic_cxr_sectioned.csv",
            hint="the reports are a data set of their own: physionet.org/content/mimic-cxr",
        )
    return StudyReports(mimic, texts)


def _reference(item: Report) -> Reference:
    text = "\n".join(part for part in (item.findings, item.impression) if part)
    return Reference(item.id, findings=item.findings, impression=item.impression, text=text)


def _text_alone(item: Report) -> Example:
    return Example(Request(item.id, "report", (), PROMPT), _reference(item), item.patient_id)
