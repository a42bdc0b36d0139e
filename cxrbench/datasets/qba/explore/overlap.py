"""How boxes lie over one another, on a sample of studies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.datasets.qba.folder import QbaFolder
from cxrbench.datasets.qba.index.query import QbaIndex
from cxrbench.datasets.qba.index.selection import Selection

SAMPLED: Final = 2_000
"""Studies, drawn with a fixed seed among those with a frontal image."""
_SEED: Final = 0


@dataclass(frozen=True, slots=True)
class Overlap:
    """The boxes of a sample.

    Attributes:
        studies: That have a box.
        boxes: Distinct boxes on their primary images.
        overlapping: Share that overlaps another box of the same image; None without a box.
        mean_max_iou: Mean over boxes of the largest IoU with another box of the same image, 0 for one that is alone.
        missing: Share of the regions without a box on the primary image; None where regions were not read.
    """

    studies: int
    boxes: int
    overlapping: float | None
    mean_max_iou: float | None
    missing: float | None = None


def sampled_studies(index: QbaIndex, count: int = SAMPLED) -> list[int]:
    """Numbers of studies with a frontal image and questions, ascending."""
    studies = index.studies()
    usable = studies["primary_image_id"].is_valid().to_numpy() & (studies["questions"].to_numpy() > 0)
    numbers = np.flatnonzero(usable)
    drawn = np.random.default_rng(_SEED).permutation(len(numbers))[:count]
    return sorted(numbers[drawn].tolist())


def gold_overlap(index: QbaIndex, studies: list[int], selection: Selection) -> Overlap:
    """Of the gold boxes of the selected questions."""
    where, values = selection.where()
    boxes = (
        "SELECT study_number AS study, unnest(boxes) AS box FROM questions "
        f"WHERE study_number IN (SELECT unnest(?::INTEGER[])) AND {where}"
    )
    corners = ("x1", "y1", "x2", "y2")
    sides = ", ".join(f"box.{side} AS {side}" for side in corners)
    batches = index.sql(f"SELECT DISTINCT study, {sides} FROM ({boxes}) ORDER BY ALL", [studies, *values])
    rows = [np.column_stack([batch[name].to_numpy() for name in ("study", *corners)]) for batch in batches]
    table = np.concatenate(rows) if rows else np.zeros((0, 5))
    if not len(table):
        return _overlap([])
    return _overlap(np.split(table[:, 1:], np.flatnonzero(np.diff(table[:, 0]) != 0) + 1))


def region_overlap(folder: QbaFolder, index: QbaIndex, studies: list[int]) -> Overlap:
    """Of the boxes of all regions in the scene graphs; a graph that cannot be read is left out."""
    boxes: list[NDArray[np.float64]] = []
    regions = without = 0
    for row in index.studies().take(studies).select(["patient_id", "study_id", "primary_image_id"]).to_pylist():
        try:
            graph = folder.read_scene_graph(row["patient_id"], row["study_id"])
        except DataError:
            continue
        corners = []
        for region in graph.regions.values():
            place = region.localisations.get(row["primary_image_id"])
            found = [(box.x1, box.y1, box.x2, box.y2) for box in place.boxes] if place is not None else []
            regions, without = regions + 1, without + (not found)
            corners += found
        if corners:
            boxes.append(np.unique(np.array(corners, np.float64), axis=0))
    counted = _overlap(boxes)
    missing = without / regions if regions else None
    return Overlap(counted.studies, counted.boxes, counted.overlapping, counted.mean_max_iou, missing)


def largest_ious(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each box [x1, y1, x2, y2] its largest IoU with another one; 0 for a single box."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    union = areas[:, None] + areas[None, :] - both
    ious = np.divide(both, union, out=np.zeros_like(both), where=union > 0)
    np.fill_diagonal(ious, 0.0)
    largest: NDArray[np.float64] = ious.max(axis=1)
    return largest


def _overlap(images: Iterable[NDArray[np.float64]]) -> Overlap:
    found = [largest_ious(boxes) for boxes in images]
    if not found:
        return Overlap(0, 0, None, None)
    largest = np.concatenate(found)
    return Overlap(len(found), len(largest), float((largest > 0).mean()), float(largest.mean()))
