"""A minimal writer of MIMIC-CXR-JPG and MIMIC-CXR reports, written from the formats' description."""

from __future__ import annotations

import csv
import gzip
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

METADATA = [
    *("dicom_id", "subject_id", "study_id", "PerformedProcedureStepDescription", "ViewPosition", "Rows", "Columns"),
    *("StudyDate", "StudyTime", "ProcedureCodeSequence_CodeMeaning", "ViewCodeSequence_CodeMeaning"),
    "PatientOrientationCodeSequence_CodeMeaning",
]
LABELS = [
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Enlarged Cardiomediastinum",
    "Fracture",
    "Lung Lesion",
    "Lung Opacity",
    "No Finding",
    "Pleural Effusion",
    "Pleural Other",
    "Pneumonia",
    "Pneumothorax",
    "Support Devices",
]


def dicom(number: int) -> str:
    """An image id of the published form."""
    return f"00000000-00000000-00000000-00000000-{number:08d}"


def film(number: int, patient: int, study: int, view: str = "PA", **other: Any) -> dict[str, Any]:
    """A metadata row; `split` (train) is for the split table."""
    return {
        "dicom_id": dicom(number),
        "subject_id": patient,
        "study_id": study,
        "PerformedProcedureStepDescription": "CHEST (PA AND LAT)",
        "ViewPosition": view,
        "Rows": 2544,
        "Columns": 3056,
        "StudyDate": 29990102,
        "StudyTime": 101112.131,
        "ProcedureCodeSequence_CodeMeaning": "CHEST (PA AND LAT)",
        "ViewCodeSequence_CodeMeaning": {"PA": "postero-anterior", "AP": "antero-posterior"}.get(view, "lateral"),
        "PatientOrientationCodeSequence_CodeMeaning": "Erect",
        "split": "train",
    } | other


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Path:
    """A table; gzipped where the name ends in .gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, columns, restval="", extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return path


def write_mimic(
    root: Path,
    films: Sequence[Mapping[str, Any]],
    *,
    labels: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    suffix: str = ".csv.gz",
    image: str | None = ".jpg",
    folder: str = "files",
) -> Path:
    """The tables, and one small grey film per row in the published folders.

    Args:
        labels: Table ("chexpert", "negbio", "radiologist") -> rows with study_id and conditions.
        image: Suffix of the film files; None writes none.
    """
    write_csv(root / f"mimic-cxr-2.0.0-metadata{suffix}", METADATA, films)
    write_csv(root / f"mimic-cxr-2.0.0-split{suffix}", ["dicom_id", "study_id", "subject_id", "split"], films)
    for name, rows in (labels or {}).items():
        if name == "radiologist":
            columns = ["study_id", *(label.replace("Lung Opacity", "Airspace Opacity") for label in LABELS)]
            write_csv(root / "mimic-cxr-2.1.0-test-set-labeled.csv", columns, rows)
        else:
            write_csv(root / f"mimic-cxr-2.0.0-{name}{suffix}", ["subject_id", "study_id", *LABELS], rows)
    for row in films if image is not None else ():
        patient = f"p{row['subject_id']}"
        path = root / folder / patient[:3] / patient / f"s{row['study_id']}" / f"{row['dicom_id']}{image}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((5, 6), 80, np.uint8)).save(path)
    return root


def report(**sections: str) -> str:
    """A report of the usual form: FINAL REPORT, then headers in capitals with one leading blank."""
    body = "".join(f" {name.upper()}:  {text}\n \n" for name, text in sections.items())
    return f"                                 FINAL REPORT\n{body}"


def write_reports(root: Path, reports: Mapping[tuple[str, str], str], *, zipped: bool = True) -> Path:
    """(patient, study) -> text, as `mimic-cxr-reports.zip` or unpacked."""
    root.mkdir(parents=True, exist_ok=True)
    names = {
        f"files/{patient[:3]}/{patient}/{study}.txt": text.encode() for (patient, study), text in reports.items()
    }
    if zipped:
        with zipfile.ZipFile(root / "mimic-cxr-reports.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in names.items():
                archive.writestr(name, data)
    else:
        for name, data in names.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
    return root
