"""Areas of unions of boxes, exact, for many examples at once.

The corners of all boxes of an example cut the plane into a grid on which every box is a set of whole cells
(coordinate compression); the area of a union is the sum of the cells that some box covers. Nothing is rasterised, so
a box counts with its fractions of a pixel. Boxes are continuous: width is x2 - x1, as in COCO, not x2 - x1 + 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cxrbench.metrics.base import FloatArray

BoolArray = NDArray[np.bool_]
_CELLS = 1 << 22


def union_ious(first: Sequence[FloatArray], second: Sequence[FloatArray]) -> FloatArray:
    """Intersection over union of the union of the first boxes with the union of the second, per example.

    Args:
        first: One float64 [boxes, 4] array of x1 <= x2, y1 <= y2 per example; may have no row.
        second: The same number of arrays.

    Returns:
        float64 [examples]; 0 where one side covers no area.
    """
    result = np.zeros(len(first))
    places: dict[tuple[int, int], list[int]] = {}
    for index, (one, other) in enumerate(zip(first, second, strict=True)):
        if len(one) and len(other):
            places.setdefault((len(one), len(other)), []).append(index)
    for (left, right), chosen in places.items():
        step = max(1, _CELLS // (2 * (left + right)) ** 2)
        for start in range(0, len(chosen), step):
            part = chosen[start : start + step]
            boxes = np.stack([np.concatenate([first[index], second[index]]) for index in part])
            result[part] = _ious(boxes, left)
    return result


def areas(boxes: FloatArray) -> FloatArray:
    """Area of each box: [..., 4] -> [...]."""
    found: FloatArray = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    return found


def _ious(boxes: FloatArray, left: int) -> FloatArray:
    """boxes: [examples, left + right, 4] -> [examples]."""
    if boxes.shape[1] == 2:
        return _single_ious(boxes[:, 0], boxes[:, 1])
    widths, across = _cuts(boxes[:, :, 0], boxes[:, :, 2])
    heights, down = _cuts(boxes[:, :, 1], boxes[:, :, 3])
    one = _covered(across[:, :left], down[:, :left])
    other = _covered(across[:, left:], down[:, left:])
    common = np.einsum("ex,exy,ey->e", widths, one & other, heights)
    total = np.einsum("ex,exy,ey->e", widths, one | other, heights)
    return _quotient(common, total)


def _single_ious(one: FloatArray, other: FloatArray) -> FloatArray:
    overlap = np.clip(np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2]), 0, None)
    common = overlap.prod(axis=1)
    return _quotient(common, areas(one) + areas(other) - common)


def _cuts(low: FloatArray, high: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Lengths of the intervals that all ends cut an axis into, and which interval each box covers.

    low, high: [examples, boxes] -> [examples, intervals], [examples, boxes, intervals].
    """
    ends = np.sort(np.concatenate([low, high], axis=1), axis=1)
    start, end = ends[:, None, :-1], ends[:, None, 1:]
    return np.diff(ends, axis=1), (low[:, :, None] <= start) & (end <= high[:, :, None])


def _covered(across: BoolArray, down: BoolArray) -> BoolArray:
    """Which cells of the grid some box covers: [examples, x intervals, y intervals]."""
    found = across[:, 0, :, None] & down[:, 0, None, :]
    for box in range(1, across.shape[1]):
        found |= across[:, box, :, None] & down[:, box, None, :]
    return found


def _quotient(common: FloatArray, total: FloatArray) -> FloatArray:
    return np.divide(common, total, out=np.zeros(common.shape), where=total > 0)
