"""Strata: the combinations of polarity, region group, complexity, type and label consistency that occur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.datasets.qba.index.schema import COMPLEXITIES
from cxrbench.datasets.sampling.columns import GROUPS, TYPES, Codes, QuestionColumns

_SIZES: Final = {
    "polarity": 3,
    "group": len(GROUPS) + 1,
    "complexity": len(COMPLEXITIES) + 1,
    "type": len(TYPES) + 1,
    "consistency": 3,
}
"""Values of each property, with "none" where it can be missing. The first varies slowest: cells of one polarity are
neighbours, and so are cells of one polarity and region group."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The strata of a set of questions.

    Attributes:
        of_row: int16 [n]: the cell of each question.
        counts: int64 [cells]: questions in each.
        polarity, group, complexity, type, consistency: int8 [cells], coded as in `QuestionColumns` (consistency is 0
            where nobody compared).
    """

    of_row: NDArray[np.int16]
    counts: NDArray[np.int64]
    polarity: Codes
    group: Codes
    complexity: Codes
    type: Codes
    consistency: Codes

    def __len__(self) -> int:
        return len(self.counts)


def find_cells(columns: QuestionColumns) -> Cells:
    """The strata of the questions; works through the rows piece by piece, so that no wide copy of them is made."""
    total = int(np.prod(list(_SIZES.values())))
    codes = np.empty(len(columns), np.int16)
    counts = np.zeros(total, np.int64)
    for start in range(0, len(columns), _CHUNK):
        rows = slice(start, start + _CHUNK)
        code = np.zeros(len(codes[rows]), np.int16)
        for name, size in _SIZES.items():
            values = getattr(columns, name)
            if values is None:
                code *= np.int16(size)
            else:
                code = code * np.int16(size) + values[rows] + np.int16(name != "consistency")
        codes[rows] = code
        counts += np.bincount(code, minlength=total)
    used = np.flatnonzero(counts)
    number = np.full(total, -1, np.int16)
    number[used] = np.arange(len(used))
    for start in range(0, len(columns), _CHUNK):
        rows = slice(start, start + _CHUNK)
        codes[rows] = number[codes[rows]]
    values = np.unravel_index(used, tuple(_SIZES.values()))
    properties = {
        name: (value - (name != "consistency")).astype(np.int8) for name, value in zip(_SIZES, values, strict=True)
    }
    return Cells(codes, counts[used], **properties)


def rows_by_cell(cells: Cells) -> NDArray[np.int32]:
    """Row numbers sorted by cell, ascending within each: the questions of cell c start at `counts[:c].sum()`."""
    order = np.empty(len(cells.of_row), np.int32)
    following = np.concatenate([[0], np.cumsum(cells.counts)])[:-1]
    for start in range(0, len(order), _CHUNK):
        codes = cells.of_row[start : start + _CHUNK]
        sorted_rows = np.argsort(codes, kind="stable")
        here = np.bincount(codes, minlength=len(cells))
        first = np.concatenate([[0], np.cumsum(here)])[:-1]
        target = np.repeat(following - first, here) + np.arange(len(codes))
        order[target] = sorted_rows + start
        following += here
    return order
