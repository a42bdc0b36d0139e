"""The rows of a study in the tables of MIMIC-CXR-JPG 2.1.0 and MIMIC-CXR 2.1.0."""

from __future__ import annotations

from typing import Final

from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.identity import Calendar
from cxrbench.datasets.phantom.mimic.labels import COLUMNS, RADIOLOGIST_COLUMNS, cells, labeler_reads, labels_of
from cxrbench.datasets.phantom.mimic.report_text import examination_of
from cxrbench.datasets.phantom.mimic.study import Film, Study

JPG: Final = "mimic-cxr-jpg/2.1.0"
CXR: Final = "mimic-cxr/2.1.0"
_META: Final = (
    "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,StudyDate,StudyTime,"
    "ProcedureCodeSequence_CodeMeaning,ViewCodeSequence_CodeMeaning,PatientOrientationCodeSequence_CodeMeaning"
)
TABLES: Final[dict[str, tuple[str, ...]]] = {
    f"{JPG}/mimic-cxr-2.0.0-metadata.csv.gz": tuple(_META.split(",")),
    f"{JPG}/mimic-cxr-2.0.0-split.csv.gz": ("dicom_id", "study_id", "subject_id", "split"),
    f"{JPG}/mimic-cxr-2.0.0-chexpert.csv.gz": ("subject_id", "study_id", *COLUMNS),
    f"{JPG}/mimic-cxr-2.0.0-negbio.csv.gz": ("subject_id", "study_id", *COLUMNS),
    f"{JPG}/mimic-cxr-2.1.0-test-set-labeled.csv": ("study_id", *RADIOLOGIST_COLUMNS),
    f"{CXR}/cxr-record-list.csv.gz": ("subject_id", "study_id", "dicom_id", "path"),
    f"{CXR}/cxr-study-list.csv.gz": ("subject_id", "study_id", "path"),
}
"""File -> header."""
IMAGE_FILENAMES: Final = f"{JPG}/IMAGE_FILENAMES"
_VIEW_CODES: Final = {"PA": "postero-anterior", "AP": "antero-posterior", "LATERAL": "lateral", "LL": "left lateral"}
_UNLABELED_SHARE: Final = 0.004
_RADIOLOGIST_SHARE: Final = 0.6


def table_rows(study: Study) -> dict[str, list[list[str]]]:
    """The cells of a study's rows, by file."""
    metadata, split, chexpert, negbio, radiologist, records, studies = TABLES
    subject, number = str(study.patient.subject_id), str(study.study_id)
    rows: dict[str, list[list[str]]] = {name: [] for name in TABLES}
    for film in study.films:
        rows[metadata].append(_metadata(study, film))
        rows[split].append([film.dicom_id, number, subject, study.patient.split])
        dicom = study.image_path(film).removesuffix(".jpg") + ".dcm"
        rows[records].append([subject, number, film.dicom_id, dicom])
    rows[studies].append([subject, number, report_path(study)])
    rng = study.own.of(streams.LABELS, study.visit.number)
    labels = labels_of(study.story.statements)
    draw, judged = float(rng.random()), bool(rng.random() < _RADIOLOGIST_SHARE)
    for name, table in (("chexpert", chexpert), ("negbio", negbio)):
        read = labeler_reads(rng, labels, name)
        if draw >= _UNLABELED_SHARE:
            rows[table].append([subject, number, *cells(read)])
    if judged and study.patient.split == "test":
        rows[radiologist].append([number, *cells(labels)])
    return rows


def report_path(study: Study) -> str:
    """Of the report, below the release's folder."""
    return f"files/{study.folder}/s{study.study_id}.txt"


def _metadata(study: Study, film: Film) -> list[str]:
    calendar = Calendar(study.own)
    view = film.view
    examination = examination_of(tuple(film.view for film in study.films))
    return [
        film.dicom_id,
        str(study.patient.subject_id),
        str(study.study_id),
        examination,
        view.recorded,
        str(view.rows),
        str(view.columns),
        str(calendar.study_date(study.visit.day)),
        str(calendar.study_time(study.visit.number, view.number)),
        examination,
        _VIEW_CODES.get(view.recorded, ""),
        view.orientation,
    ]
