"""VinDr-CXR (restricted): the boxes of PhysioNet's release and of the Kaggle competition.

Source: Nguyen et al., VinDr-CXR, Scientific Data 2022;9:429. Three readers drew each training image; the test images
of PhysioNet have their consensus and no reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cxrbench.core.types import Box
from cxrbench.datasets.boxes.records import BoxRows, BoxTable, Frame, ImageBox, numbers
from cxrbench.datasets.boxes.rows import find_table, named_rows

_CORNERS: Final = ("x_min", "y_min", "x_max", "y_max")
_FRAME: Final = "original DICOM"
_TABLES: Final = {
    "train": ("annotations/annotations_train.csv", "annotations_train.csv", "train.csv"),
    "test": ("annotations/annotations_test.csv", "annotations_test.csv"),
}


def read_vindr(path: Path, split: str = "train") -> BoxTable:
    """Read the boxes, given as the file or its folder.

    A row without a box ("No finding") names an image without boxes.

    Args:
        split: "train" or "test", where a folder is given.

    Raises:
        DataError: The file is not there, not CSV, or lacks a column.
    """
    table = find_table(path, _TABLES.get(split, ()))
    rows = BoxRows(table)
    for line, row in named_rows(table, ["image_id", "class_name", *_CORNERS]):
        image, label = row.get("image_id", ""), row.get("class_name", "")
        if not image:
            rows.problem(line, "no image_id, left out")
            continue
        rows.image(image)
        cells = [row.get(name, "") for name in _CORNERS]
        if not any(cells):
            if label.lower() != "no finding":
                rows.problem(line, f"class {label!r} without a box, left out")
            continue
        x1, y1, x2, y2 = numbers(cells)
        box = Box(x1, y1, x2, y2)
        rows.add(line, ImageBox(image, label, box, _frame(row), row.get("rad_id") or None, split=split))
    return rows.table()


def _frame(row: dict[str, str]) -> Frame:
    """Copies of the Kaggle table often carry the original size along."""
    size: Sequence[float] = numbers([row.get("width"), row.get("height")])
    if all(number > 0 for number in size):
        return Frame(_FRAME, int(size[0]), int(size[1]))
    return Frame(_FRAME)
