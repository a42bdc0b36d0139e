"""Where the boxes of an example come from, and what becomes of malformed ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from cxrbench.core.errors import DataError
from cxrbench.core.types import Box, InvalidPrediction, Prediction, Reference
from cxrbench.metrics.base import FloatArray, Pairs
from cxrbench.metrics.spatial.geometry import areas

_NONE = np.zeros((0, 4))


@dataclass(frozen=True)
class RegionBoxes:
    """The boxes that named regions stand for, for models that answer with regions instead of boxes.

    Attributes:
        name: Identifies the source in the signature, for example "gold-scene-graph".
        boxes: Reference of an example -> region name -> its boxes in that image.
    """

    name: str
    boxes: Callable[[Reference], Mapping[str, Sequence[Box]]]


def has_area(reference: Reference) -> bool:
    """Whether the gold has at least one box with an area."""
    return any(box.x1 != box.x2 and box.y1 != box.y2 for box in reference.boxes or ())


def gold_boxes(reference: Reference) -> tuple[Box, ...]:
    """The gold boxes that have an area, corners in order.

    Raises:
        DataError: A coordinate is not finite.
    """
    boxes = reference.boxes or ()
    if not _finite(boxes):
        raise DataError(
            f"reference {reference.id!r}: a gold box has a coordinate that is not finite", valid="numbers"
        )
    return tuple(box for box in map(in_order, boxes) if box.x1 < box.x2 and box.y1 < box.y2)


def predicted_boxes(prediction: Prediction, reference: Reference, regions: RegionBoxes | None) -> tuple[Box, ...]:
    """The boxes that count as predicted, corners in order; none unless the status is "ok".

    Args:
        regions: Where the prediction has no boxes but regions, the boxes of these regions are taken from it.

    Raises:
        InvalidPrediction: A coordinate or score is not finite.
    """
    if prediction.status != "ok":
        return ()
    boxes: Sequence[Box] = prediction.boxes or ()
    if prediction.boxes is None and regions is not None and prediction.regions:
        known = regions.boxes(reference)
        boxes = [box for region in prediction.regions for box in known.get(region, ())]
    if not _finite(boxes):
        raise InvalidPrediction(
            f"prediction {prediction.id!r}: a box has a coordinate or score that is not finite", valid="numbers"
        )
    return tuple(map(in_order, boxes))


def in_order(box: Box) -> Box:
    """The same rectangle with x1 <= x2 and y1 <= y2: any two opposite corners name it."""
    if box.x1 <= box.x2 and box.y1 <= box.y2:
        return box
    left, right = sorted((box.x1, box.x2))
    top, bottom = sorted((box.y1, box.y2))
    return Box(left, top, right, bottom, box.label, box.score)


def corners(boxes: Sequence[Box]) -> FloatArray:
    """float64 [boxes, 4]: x1, y1, x2, y2."""
    if not boxes:
        return _NONE
    return np.array([(box.x1, box.y1, box.x2, box.y2) for box in boxes], np.float64)


def box_pairs(pairs: Pairs, regions: RegionBoxes | None) -> tuple[list[FloatArray], list[FloatArray]]:
    """Corners of the gold boxes and of the predicted boxes with an area, per example."""

    def build(pairs: Pairs) -> tuple[list[FloatArray], list[FloatArray]]:
        gold = [corners(gold_boxes(reference)) for reference in pairs.references]
        found = []
        for reference, prediction in zip(pairs.references, pairs.predictions):
            boxes = corners(predicted_boxes(prediction, reference, regions))
            found.append(boxes[areas(boxes) > 0] if len(boxes) else boxes)
        return gold, found

    return pairs.view(f"boxes/{regions.name if regions else ''}", build)


def _finite(boxes: Sequence[Box]) -> bool:
    return all(isfinite(box.x1 + box.y1 + box.x2 + box.y2 + (box.score or 0.0)) for box in boxes)
