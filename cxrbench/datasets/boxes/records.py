"""One form for all collections: corners in pixels, and the frame that the pixels belong to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cxrbench.core.types import Box

# Spelling in a collection -> one of the detector's 17 findings; other classes are none of them.
_FINDINGS: Final = {
    "effusion": "pleural_effusion",
    "infiltration": "infiltrate",
    "nodule/mass": "lung_lesion",
    "pulmonary fibrosis": "fibrosis",
    "clavicle fracture": "fracture",
    "rib fracture": "fracture",
}
_NAMED_ALIKE: Final = frozenset(
    (
        *("atelectasis", "cardiomegaly", "consolidation", "edema", "enlarged cardiomediastinum", "fracture"),
        *("lung lesion", "lung opacity", "pleural effusion", "pneumonia", "pneumothorax", "pleural thickening"),
        *("mass", "nodule", "infiltrate", "fibrosis", "emphysema"),
    )
)


@dataclass(frozen=True, slots=True)
class Frame:
    """The picture that coordinates refer to.

    Attributes:
        name: In words: "1024 x 1024 PNG", "original DICOM", "MIMIC-CXR-JPG image".
        width, height: None where the table does not say.
    """

    name: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class ImageBox:
    """A box around one finding.

    Attributes:
        label: The class as the collection spells it.
        box: In pixels of the frame; its label is `label`.
        reader: Who drew it, where several did.
        phrase: The sentence it belongs to (restricted text in MS-CXR).
        split: The collection's own split, where it has one.
    """

    image_id: str
    label: str
    box: Box
    frame: Frame
    reader: str | None = None
    phrase: str | None = None
    split: str | None = None

    @property
    def finding(self) -> str | None:
        """The class among the detector's 17 findings ("pleural_effusion"); None for one that has none."""
        name = self.label.strip().lower()
        return _FINDINGS.get(name, name.replace(" ", "_") if name in _NAMED_ALIKE else None)

    def in_image(self, width: int, height: int) -> Box:
        """The box in pixels of a copy of the whole picture of another size.

        Raises:
            ValueError: The frame's size is not known; give `framed` its size first.
        """
        if self.frame.width is None or self.frame.height is None:
            raise ValueError(f"the size of the frame {self.frame.name!r} of image {self.image_id} is not known")
        across, down = width / self.frame.width, height / self.frame.height
        box = self.box
        return replace(box, x1=box.x1 * across, y1=box.y1 * down, x2=box.x2 * across, y2=box.y2 * down)

    def framed(self, width: int, height: int) -> ImageBox:
        """The same box with the size of its frame, learnt from the image."""
        return replace(self, frame=replace(self.frame, width=width, height=height))


@dataclass(frozen=True, slots=True)
class BoxTable:
    """The boxes of a collection.

    Attributes:
        images: Every image that the table names, also those without a box ("No finding"), in order of appearance.
        problems: Rows that could not be used or were changed, one sentence each.
    """

    path: Path
    boxes: tuple[ImageBox, ...]
    images: tuple[str, ...]
    problems: tuple[str, ...] = ()

    def by_image(self) -> dict[str, tuple[ImageBox, ...]]:
        """Image id -> its boxes, empty for an image without."""
        found: dict[str, list[ImageBox]] = {image: [] for image in self.images}
        for box in self.boxes:
            found[box.image_id].append(box)
        return {image: tuple(boxes) for image, boxes in found.items()}

    def classes(self) -> Counter[str]:
        """Label -> number of boxes."""
        return Counter(box.label for box in self.boxes)


class BoxRows:
    """Collects the boxes of a table row by row, and what was wrong with rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._boxes: list[ImageBox] = []
        self._images: dict[str, None] = {}
        self._problems: list[str] = []

    def image(self, image_id: str) -> None:
        """An image that the table names."""
        self._images.setdefault(image_id)

    def problem(self, line: int, seen: str) -> None:
        """A row that was not used, or changed."""
        self._problems.append(f"{self.path.name}, line {line}: {seen}")

    def add(self, line: int, box: ImageBox) -> None:
        """Keep a box, clipped to its frame; leave out, and note, one without area inside."""
        corners = (box.box.x1, box.box.y1, box.box.x2, box.box.y2)
        if not all(map(math.isfinite, corners)):
            self.problem(line, "the box is not four numbers, left out")
            return
        x1, y1, x2, y2 = corners
        width = math.inf if box.frame.width is None else box.frame.width
        height = math.inf if box.frame.height is None else box.frame.height
        clipped = (max(x1, 0.0), max(y1, 0.0), min(x2, width), min(y2, height))
        if clipped[0] >= clipped[2] or clipped[1] >= clipped[3]:
            self.problem(line, "the box has no area inside the image, left out")
            return
        if clipped != corners:
            self.problem(line, "the box reaches outside the image, clipped")
        self.image(box.image_id)
        self._boxes.append(replace(box, box=Box(*clipped, label=box.label)))

    def table(self) -> BoxTable:
        """What was collected."""
        return BoxTable(self.path, tuple(self._boxes), tuple(self._images), tuple(self._problems))


def numbers(cells: Sequence[str | None]) -> list[float]:
    """Cells as numbers; NaN for one that is none."""

    def read() -> Iterator[float]:
        for cell in cells:
            try:
                yield float(cell or "")
            except ValueError:
                yield math.nan

    return list(read())
