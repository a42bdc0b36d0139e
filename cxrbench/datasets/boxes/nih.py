"""NIH ChestX-ray14: `BBox_List_2017.csv` and `Data_Entry_2017_v2020.csv`.

Source: Wang et al., ChestX-ray8, CVPR 2017; NIH Clinical Center, https://nihcc.app.box.com/v/ChestXray-NIHCC.
The headers of both tables contain commas that are not quoted, so columns are read by position.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cxrbench.core.errors import DataError
from cxrbench.core.types import Box
from cxrbench.datasets.boxes.records import BoxRows, BoxTable, Frame, ImageBox, numbers
from cxrbench.datasets.boxes.rows import cell_rows, find_table

FRAME: Final = Frame("1024 x 1024 PNG", 1024, 1024)
"""The released images; the originals were larger."""
CLASSES: Final = {
    "Atelectasis": 180,
    "Effusion": 153,
    "Cardiomegaly": 146,
    "Infiltrate": 123,
    "Pneumonia": 120,
    "Pneumothorax": 98,
    "Mass": 85,
    "Nodule": 79,
}
"""Class -> boxes in the published file: 984 on 880 images."""


@dataclass(frozen=True, slots=True)
class NihEntry:
    """One row of the label table.

    Attributes:
        labels: As the table spells them; `Infiltration` where the boxes say `Infiltrate`; empty for "No Finding".
        original_size: (width, height) of the image before it was reduced to 1024 x 1024.
    """

    image_id: str
    labels: tuple[str, ...]
    patient_id: str
    age: int | None
    sex: str
    view: str
    original_size: tuple[int, int] | None


def read_nih_boxes(path: Path) -> BoxTable:
    """Read `BBox_List_2017.csv`, given as the file or its folder.

    Raises:
        DataError: The file is not there or not CSV.
    """
    table = find_table(path, ["BBox_List_2017.csv", "BBox_List*.csv"])
    rows = BoxRows(table)
    for line, cells in cell_rows(table):
        if len(cells) < 6 or not cells[0] or not cells[1]:
            rows.problem(line, f"{len(cells)} fields, 6 expected: image, class, x, y, w, h; left out")
            continue
        rows.image(cells[0])
        x, y, w, h = numbers(cells[2:6])
        rows.add(line, ImageBox(cells[0], cells[1], Box(x, y, x + w, y + h), FRAME))
    return rows.table()


def read_nih_entries(path: Path) -> dict[str, NihEntry]:
    """Read `Data_Entry_2017_v2020.csv`, given as the file or its folder: image id -> entry.

    Raises:
        DataError: The file is not there or not CSV, or a row has fewer than 7 fields.
    """
    table = find_table(path, ["Data_Entry_2017_v2020.csv", "Data_Entry_2017*.csv"])
    found = {}
    for line, cells in cell_rows(table):
        if len(cells) < 7:
            raise DataError(
                f"line {line} has {len(cells)} fields", where=str(table), valid="11 fields, the first 7 filled"
            )
        image, labels, _, patient, age, sex, view = cells[:7]
        width, height = numbers([*cells[7:9], "", ""][:2])
        years = numbers([age.rstrip("YMD")])[0]
        found[image] = NihEntry(
            image,
            tuple(label for label in labels.split("|") if label and label != "No Finding"),
            patient,
            int(years) if years == years else None,
            sex,
            view,
            (int(width), int(height)) if width == width and height == height else None,
        )
    return found
