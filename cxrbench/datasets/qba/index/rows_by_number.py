"""Random access to shards: the rows with given pair numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.datasets.qba.index.manifest import Shard
from cxrbench.datasets.qba.index.schema import PAIR_BITS

if TYPE_CHECKING:
    import pyarrow as pa


class RowReader:
    """Reads only the row groups that hold a wanted row. Footers are kept; files are opened when needed."""

    def __init__(self, root: Path, shards: Sequence[Shard]) -> None:
        self._root = root
        self._shards = shards
        self._firsts = np.array([shard.first_study for shard in shards], np.int64) << PAIR_BITS
        self._footers: dict[int, tuple[Any, NDArray[np.int64]]] = {}

    def take(self, pairs: NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
        """Rows in the order of `pairs`.

        Raises:
            DataError: No row has one of the numbers.
        """
        import pyarrow as pa

        order = np.argsort(pairs, kind="stable")
        ordered = np.asarray(pairs, np.int64)[order]
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        owners = np.searchsorted(self._firsts, ordered, side="right") - 1
        parts = []
        for owner, wanted in _runs(owners, ordered):
            if owner < 0:
                raise _unknown(int(wanted[0]))
            parts += list(self._from_shard(owner, wanted, columns))
        if not parts:
            return pa.table({name: pa.array([]) for name in columns})
        return pa.concat_tables(parts).take(pa.array(back))

    def _from_shard(self, shard: int, wanted: NDArray[np.int64], columns: Sequence[str]) -> Iterator[pa.Table]:
        import pyarrow.parquet as pq

        path = self._root / self._shards[shard].file
        if shard not in self._footers:
            footer = pq.read_metadata(path)
            groups = [footer.row_group(group) for group in range(footer.num_row_groups)]
            self._footers[shard] = footer, np.array([group.column(0).statistics.max for group in groups], np.int64)
        footer, lasts = self._footers[shard]
        with pq.ParquetFile(path, metadata=footer) as file:
            for group, numbers in _runs(np.searchsorted(lasts, wanted), wanted):
                if group == len(lasts):
                    raise _unknown(int(numbers[0]))
                table = file.read_row_group(group, columns=[*dict.fromkeys(("pair", *columns))])
                there = table["pair"].to_numpy()
                rows = np.searchsorted(there, numbers)
                if not np.array_equal(there[rows], numbers):
                    raise _unknown(int(numbers[there[rows] != numbers][0]))
                yield table.select(list(columns)).take(rows)


def _runs(keys: NDArray[np.int64], values: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """(key, the values under it) for ascending keys."""
    bounds = [0, *(np.flatnonzero(keys[1:] != keys[:-1]) + 1).tolist(), len(keys)]
    for start, stop in itertools.pairwise(bounds if len(keys) else []):
        yield int(keys[start]), values[start:stop]


def _unknown(pair: int) -> DataError:
    return DataError(f"no pair has the number {pair}", valid="numbers of the column `pair` of this index")
