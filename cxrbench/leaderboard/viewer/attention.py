"""Attention maps small enough for a page: one character of base 64 per 6 bits, each map on its own scale."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cxrbench.core.types import InvalidPrediction, Prediction
from cxrbench.metrics.base import FloatArray
from cxrbench.metrics.explain.maps import attention_maps, distribution

SIDE = 24
"""Maps of more cells are brought to SIDE x SIDE, each cell's mass going to the cells it overlaps."""
BUDGET = 16 << 20
"""Characters that all maps of a page may take."""


@dataclass(frozen=True, slots=True)
class PackedMap:
    """A map as the page carries it: one byte per cell, row by row, 255 at its own maximum, in base 64."""

    name: str
    rows: int
    columns: int
    cells: str


def packed_maps(prediction: Prediction, first: Sequence[str], most: int) -> list[PackedMap] | None:
    """At most `most` maps of an answer, those named in `first` before the others; None where one is malformed."""
    try:
        maps = attention_maps(prediction)
    except InvalidPrediction:
        return None
    chosen = [name for name in first if name in maps]
    chosen += [name for name in maps if name not in chosen]
    return [_packed(name, maps[name]) for name in chosen[:most]]


def maps_per_example(attention: Mapping[str, Sequence[Sequence[float]]], examples: int) -> int:
    """How many maps of each example the budget allows, at least one, judged by one answer."""
    sizes = [min(len(rows) * len(rows[0]) if rows else 0, SIDE * SIDE) for rows in attention.values()]
    if not sizes or not examples:
        return 1
    characters = 4 * max(1, *sizes) // 3 + 64
    return max(1, BUDGET // (characters * examples))


def _packed(name: str, values: FloatArray) -> PackedMap:
    if values.size > SIDE * SIDE:
        values = distribution(values, SIDE)
    values = values - min(0.0, float(values.min()))
    top = float(values.max())
    cells = np.rint(values / top * 255).astype(np.uint8) if top > 0 else np.zeros(values.shape, np.uint8)
    return PackedMap(name, values.shape[0], values.shape[1], base64.b64encode(cells.tobytes()).decode())
