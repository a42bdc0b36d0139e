"""Attention maps as arrays: checked, binarised, resampled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import Box, InvalidPrediction, Prediction
from cxrbench.metrics.base import FloatArray


def attention_maps(prediction: Prediction) -> dict[str, FloatArray]:
    """The maps of an answer by name, float64 [rows, columns]; none unless the status is "ok".

    Raises:
        InvalidPrediction: A map is empty, its rows differ in length, or a value is not a finite number.
    """
    if prediction.status != "ok":
        return {}
    return {name: _checked(prediction.id, name, rows) for name, rows in (prediction.attention or {}).items()}


def _checked(id: str, name: str, rows: Sequence[Sequence[float]]) -> FloatArray:
    where = f"prediction {id!r}: attention[{name!r}]"
    try:
        lengths = {len(row) for row in rows}
        values = np.array(rows, np.float64) if len(lengths) == 1 else np.zeros(0)
    except (TypeError, ValueError) as error:
        raise InvalidPrediction(
            f"{where} holds something else than rows of numbers", valid="finite numbers"
        ) from error
    if values.ndim != 2 or not values.size:
        raise InvalidPrediction(f"{where} is not a map", valid="one or more rows of the same length")
    if not np.isfinite(values).all():
        raise InvalidPrediction(f"{where} holds a value that is not finite", valid="finite numbers")
    return values


def binary_mask(values: FloatArray, threshold: float) -> NDArray[np.bool_]:
    """Where the min-max normalised map reaches the threshold; nowhere on a map of one value."""
    low, high = values.min(), values.max()
    return values - low >= threshold * (high - low) if high > low else np.zeros(values.shape, bool)


def mask_box_iou(mask: NDArray[np.bool_], boxes: Sequence[Box], width: float, height: float) -> float:
    """IoU of the marked cells, as rectangles of the image, with the union of the boxes, cut to the image; exact.

    Args:
        mask: bool [rows, columns] that cover the image evenly.
        boxes: Corners in order, in pixels of the image.
        width: Of the image in pixels.
        height: Of the image in pixels.
    """
    rows, columns = mask.shape
    xs, column = _cuts(width, columns, [x for box in boxes for x in (box.x1, box.x2)])
    ys, row = _cuts(height, rows, [y for box in boxes for y in (box.y1, box.y2)])
    marked = mask[row][:, column]
    gold = np.zeros(marked.shape, bool)
    for box in boxes:
        inside_y = (ys[:-1] >= box.y1) & (ys[1:] <= box.y2)
        gold |= inside_y[:, None] & ((xs[:-1] >= box.x1) & (xs[1:] <= box.x2))
    areas = np.diff(ys)[:, None] * np.diff(xs)
    union = areas[marked | gold].sum()
    return float(areas[marked & gold].sum() / union) if union > 0 else 0.0


def _cuts(length: float, cells: int, ends: Sequence[float]) -> tuple[FloatArray, NDArray[np.int64]]:
    """All cuts of an axis by cells and boxes, and the cell that each interval between two cuts lies in."""
    edges = np.linspace(0.0, length, cells + 1)
    cuts = np.unique(np.concatenate([edges, np.clip(ends, 0.0, length)]))
    middle = (cuts[:-1] + cuts[1:]) / 2
    return cuts, np.clip(np.searchsorted(edges, middle) - 1, 0, cells - 1)


def distribution(values: FloatArray, side: int) -> FloatArray:
    """The map as probabilities of side x side cells: each cell's mass goes to the cells it overlaps, by area.

    Maps with negative values are shifted so that the least is 0; a map of one value is uniform.
    """
    shifted = values - min(0.0, values.min())
    if shifted.max() == shifted.min():
        shifted = np.ones(values.shape)
    mass = _overlaps(side, values.shape[0]) @ (shifted / shifted.max()) @ _overlaps(side, values.shape[1]).T
    result: FloatArray = mass / mass.sum()
    return result


def _overlaps(target: int, source: int) -> FloatArray:
    """Share of each source cell that lies in each target cell: [target, source], columns sum to 1."""
    ends = np.arange(1, target + 1)[:, None] / target
    starts = np.arange(target)[:, None] / target
    overlap = np.minimum(ends, np.arange(1, source + 1) / source) - np.maximum(starts, np.arange(source) / source)
    shares: FloatArray = np.clip(overlap, 0.0, None) * source
    return shares


def entropy(probabilities: FloatArray) -> float:
    """-sum a ln a, in nats."""
    positive = probabilities[probabilities > 0]
    return float(-(positive * np.log(positive)).sum())
