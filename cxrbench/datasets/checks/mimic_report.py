"""Checking a copy of MIMIC-CXR-JPG and the reports of MIMIC-CXR."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cxrbench.core.errors import DataError
from cxrbench.datasets.checks.report import Count, DataCheck, Finding, found
from cxrbench.datasets.images import load_image
from cxrbench.datasets.mimic_cxr.collection import COUNTS, MimicCxr, read_mimic_cxr
from cxrbench.datasets.mimic_cxr.reports import MimicReports, open_reports
from cxrbench.datasets.phantom.info import find_phantom_info

_LABELLED: Final = {"chexpert": 227_827, "negbio": 227_827, "radiologist": 687}
_MISSING: Final = "films that the metadata list and the folder lacks"
_STUDIES: Final = 227_835


def check_mimic_report(jpg: Path, reports: Path | None, *, open_images: bool = False) -> DataCheck:
    """Compare a copy of MIMIC-CXR-JPG and MIMIC-CXR, or a phantom of them, with the documented counts.

    Args:
        jpg, reports: Folders of the two parts; without reports only the films and tables are checked.
        open_images: Also decode every film (hours on a whole copy).

    Raises:
        DataError: The tables cannot be read, or a patient is in two splits.
    """
    data = read_mimic_cxr(jpg)
    texts = open_reports(reports) if reports is not None else None
    phantom = find_phantom_info(data.root) is not None
    return DataCheck(
        dataset="mimic-report",
        root=str(data.root),
        is_phantom=phantom,
        fingerprint=data.fingerprint,
        counts=tuple(_counts(data, texts, phantom)),
        findings=(
            *film_findings(data),
            *_report_findings(data, texts),
            *found("films that cannot be opened", _unreadable(data) if open_images else ()),
            *found("odd about the tables", data.problems, serious=False),
            *found("odd about the report files", texts.problems if texts is not None else (), serious=False),
        ),
        notes=("films were not opened: --open-images",) if not open_images else (),
    )


def film_findings(data: MimicCxr) -> tuple[Finding, ...]:
    """Films, studies and tables that do not belong together."""
    if data.files.layout is None:
        none = (f"no film was found under {data.files.root}",)
        missing: tuple[Finding, ...] = (Finding(_MISSING, len(data.table.image_ids), none),)
    else:
        missing = found(_MISSING, (film.image_id for _, film in data.missing_images()))
    orphans = (path.name for path in data.orphan_images())
    return (
        *missing,
        *found("films on disk that the metadata do not list", orphans, serious=False),
        *found("studies without films", data.studies_without_images, serious=False),
        *found("films without a study or patient", data.images_without_studies, serious=False),
        *found("studies without CheXpert labels", data.unlabelled_studies, serious=False),
    )


def _counts(data: MimicCxr, texts: MimicReports | None, phantom: bool) -> Iterator[Count]:
    for what, by_split in data.counts().items():
        for split, number in by_split.items():
            yield Count(f"{split} {what}", number, None if phantom else COUNTS[what].get(split))
    for table, documented in _LABELLED.items():
        labels = data.labels.get(table)
        yield Count(
            f"studies with {table} labels", None if labels is None else len(labels), None if phantom else documented
        )
    if texts is not None:
        yield Count("reports", sum(1 for _ in texts.studies()), None if phantom else _STUDIES)


def _report_findings(data: MimicCxr, texts: MimicReports | None) -> tuple[Finding, ...]:
    if texts is None:
        return found("parts that are missing", ["the reports: mimic-cxr-reports.zip, or files/p10/p10000032/*.txt"])
    written = {study for _, study in texts.studies()}
    filmed = {study.study_id for study in data.studies()}
    return (
        *found("studies without a report", sorted(filmed - written)),
        *found("reports of studies without films", sorted(written - filmed), serious=False),
    )


def _unreadable(data: MimicCxr) -> Iterator[str]:
    for study in data.studies():
        for film in study.films:
            path = data.film_path(study, film)
            if path is not None:
                try:
                    load_image(path, max_side=64)
                except DataError as error:
                    yield f"{film.image_id}: {error.message}"
