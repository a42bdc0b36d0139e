"""Bootstrap replicates as group weights, and statistics summed per group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.metrics.base import FloatArray

_BLOCK_CELLS = 1 << 22
"""Weights held at once (32 MiB as float64), whatever the number of groups."""


@dataclass(frozen=True)
class Groups:
    """The resampling units of a set of examples.

    Attributes:
        count: Number of distinct groups.
        index: int64 [examples], the place of each example's group among the sorted group names.
    """

    count: int
    index: NDArray[np.int64]

    @classmethod
    def of(cls, names: Sequence[str]) -> Groups:
        """Number the groups by sorted name, so that the order of the examples does not matter.

        Raises:
            DataError: An example has no group.
        """
        missing = [position for position, name in enumerate(names) if not name]
        if missing:
            raise DataError(
                f"{len(missing)} examples have no group (first at position {missing[0]})",
                valid="every example names its patient, else its study or image",
            )
        place = {name: number for number, name in enumerate(sorted(set(names)))}
        return cls(len(place), np.fromiter((place[name] for name in names), np.int64, len(names)))

    def sums(self, values: FloatArray) -> FloatArray:
        """Column sums per group. values: float64 [examples, columns] -> float64 [groups, columns]."""
        result = np.zeros((self.count, values.shape[1]))
        order = np.argsort(self.index, kind="stable")
        sorted_groups = self.index[order]
        if len(order):
            starts = np.flatnonzero(np.diff(sorted_groups, prepend=-1))
            result[sorted_groups[starts]] = np.add.reduceat(values[order], starts, axis=0)
        return result


def group_weights(n_groups: int, resamples: int, seed: int, block: int | None = None) -> Iterator[FloatArray]:
    """How often each replicate draws each group, in blocks of at most `block` replicates. float64 [b, n_groups].

    Every caller with the same seed and number of groups sees the same replicates, whatever the block size, and a
    larger `resamples` continues a smaller one: replicates are shared between metrics, models and machines.
    """
    if block is None:
        block = min(1000, max(1, _BLOCK_CELLS // max(n_groups, 1)))
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = generator.integers(0, n_groups, size=(size, n_groups)) + n_groups * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * n_groups)
        yield counts.reshape(size, n_groups).astype(np.float64)
