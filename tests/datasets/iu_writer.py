"""A minimal writer of the Kaggle layout, independent of the phantom, for the reader's tests."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

REPORT_HEADER = ["uid", "MeSH", "Problems", "image", "indication", "comparison", "findings", "impression"]
PROJECTION_HEADER = ["uid", "filename", "projection"]


def write_iu(
    root: Path,
    reports: Sequence[Mapping[str, str]],
    projections: Sequence[tuple[str, str, str]],
    *,
    files: Sequence[str] = (),
    folder: str = "images/images_normalized",
    encoding: str = "utf-8",
    report_header: Sequence[str] = REPORT_HEADER,
) -> Path:
    """Write both tables and one small grey image per name in `files`."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "indiana_reports.csv").open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(report_header)
        writer.writerows([report.get(column, "") for column in report_header] for report in reports)
    with (root / "indiana_projections.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(PROJECTION_HEADER)
        rows.writerows(projections)
    (root / folder).mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(files):
        Image.fromarray(np.full((6, 5), number, dtype=np.uint8)).save(root / folder / name)
    return root


REPORTS = [
    {"uid": "10", "findings": "The lungs are clear.", "impression": "Normal chest.", "Problems": "normal"},
    {
        "uid": "9",
        "findings": 'Heart "enlarged", mild. ',
        "indication": " Cough.",
        "MeSH": "Cardiomegaly/mild; Pleural Effusion/left ",
        "Problems": "Cardiomegaly;Pleural Effusion",
    },
    {"uid": "11", "impression": "No acute disease."},
    {"uid": "12"},
]
PROJECTIONS = [
    ("10", "10_IM-0002-2001.dcm.png", "Frontal"),
    ("10", "10_IM-0002-1001.dcm.png", "Frontal"),
    ("10", "10_IM-0002-3001.dcm.png", "Lateral"),
    ("9", "9_IM-0001-3001.dcm.png", "Lateral"),
    ("11", "11_IM-0003-1001.dcm.png", "Frontal"),
]
FILES = ["10_IM-0002-2001.dcm.png", "10_IM-0002-3001.dcm.png", "9_IM-0001-3001.dcm.jpg"]
