"""The column of gold boxes: cut at the border of the image, those without area dropped."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.datasets.qba.index.codes import Codes, spread

if TYPE_CHECKING:
    import pyarrow as pa

Corners = tuple[float, float, float, float]
_SLACK: Final = 1.0
"""Pixels that a box may reach outside before it counts as a problem; it is cut all the same."""


class Boxes:
    """Collects the boxes of rows as flat numbers."""

    def __init__(self) -> None:
        self._counts: list[int] = []
        self._corners = array("d")
        self._labels = Codes()
        self._label_of: list[int] = []

    def add(self, shows: Sequence[str | None], boxes: Sequence[Sequence[Corners]]) -> None:
        """Add a row: for each answer what its boxes show (None: they are no gold) and its boxes; each box once."""
        found: dict[Corners, str] = {}
        for label, several in zip(shows, boxes):
            if label is not None:
                for box in several:
                    found.setdefault(box, label)
        self._counts.append(len(found))
        for box, label in found.items():
            self._corners.extend(box)
            self._label_of.append(self._labels[label])

    def column(
        self, sizes: NDArray[np.float64], type: pa.DataType
    ) -> tuple[pa.Array, NDArray[np.int64], NDArray[np.int64]]:
        """The column, and the rows where a box reaches outside or has no area (one entry per box).

        Args:
            sizes: [rows, 2], width and height of the row's primary image; 0 where unknown, then only the left and
                upper edge are known.
        """
        import pyarrow as pa

        rows = np.repeat(np.arange(len(self._counts)), self._counts)
        corners = np.frombuffer(self._corners, np.float64).reshape(-1, 4)
        limits = np.where(sizes > 0, sizes, np.inf)[rows]
        finite = np.isfinite(corners).all(axis=1)
        outside = finite & ((corners < -_SLACK).any(axis=1) | (corners[:, 2:] > limits + _SLACK).any(axis=1))
        cut = np.hstack([np.maximum(corners[:, :2], 0.0), np.minimum(corners[:, 2:], limits)])
        kept = finite & (cut[:, 2] > cut[:, 0]) & (cut[:, 3] > cut[:, 1])
        sides = cut[kept].astype(np.float32).T
        labels = spread(list(self._labels), np.array(self._label_of, np.int32)[kept], pa.string())
        members = pa.StructArray.from_arrays([*map(pa.array, sides), labels], fields=list(type.value_type))
        offsets = np.zeros(len(self._counts) + 1, np.int32)
        np.cumsum(np.bincount(rows[kept], minlength=len(self._counts)), out=offsets[1:])
        return pa.ListArray.from_arrays(pa.array(offsets), members, type=type), rows[outside], rows[~kept]
