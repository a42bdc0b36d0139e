"""MS-CXR 0.1 and 1.1.0 (PhysioNet, credentialed): boxes for phrases of MIMIC-CXR reports.

Source: Boecking et al., MS-CXR, PhysioNet 2022 and 2024, doi 10.13026/b90j-vb87. Several rows share an image and a
phrase: together they are where the phrase is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cxrbench.core.types import Box
from cxrbench.datasets.boxes.records import BoxRows, BoxTable, Frame, ImageBox, numbers
from cxrbench.datasets.boxes.rows import find_table, named_rows

_NUMBERS: Final = ("x", "y", "w", "h")
_PATTERNS: Final = ("MS_CXR_Local_Alignment_v*.csv", "*/MS_CXR_Local_Alignment_v*.csv")


def read_ms_cxr(path: Path) -> BoxTable:
    """Read the boxes, given as the file or its folder; of several versions the newest.

    Raises:
        DataError: The file is not there, not CSV, or lacks a column.
    """
    table = find_table(path, _PATTERNS)
    rows = BoxRows(table)
    for line, row in named_rows(table, ["category_name", "label_text", "dicom_id", *_NUMBERS]):
        image = row.get("dicom_id") or Path(row.get("path", "")).stem
        if not image:
            rows.problem(line, "no dicom_id, left out")
            continue
        rows.image(image)
        x, y, w, h = numbers([row.get(name) for name in _NUMBERS])
        width, height = numbers([row.get("image_width"), row.get("image_height")])
        known = width > 0 and height > 0
        frame = Frame("MIMIC-CXR-JPG image", *((int(width), int(height)) if known else ()))
        rows.add(
            line,
            ImageBox(
                image,
                row.get("category_name", ""),
                Box(x, y, x + w, y + h),
                frame,
                phrase=row.get("label_text") or None,
                split=row.get("split") or None,
            ),
        )
    return rows.table()
