"""The texts of a selection of questions in one memory-mapped Arrow file, for random access while training.

The index keeps questions compressed, in groups of thousands of rows: good for scans, slow for eight questions of
eight studies at a time. This file is uncompressed and larger, and a question costs a look-up and a copy.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.datasets.qba.index.query import QbaIndex
from cxrbench.datasets.qba.index.selection import Selection

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS: Final = ("study_id", "question_id", "image_id", "type", "question", "answer")
_KEY: Final = b"cxrbench.pairs/1"
_ROWS: Final = 1 << 16


def write_pairs(index: QbaIndex, out: Path, selection: Selection, columns: Sequence[str] = COLUMNS) -> int:
    """Write the selected questions to a file, which appears under its name only when it is whole.

    Args:
        columns: Of the index; `pair` is added.

    Returns:
        How many questions.

    Raises:
        UnknownNameError: A column that the index does not have.
    """
    import pyarrow as pa

    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.tmp")
    names = ["pair", *(name for name in dict.fromkeys(columns) if name != "pair")]
    about = {_KEY: json.dumps({"index": index.manifest.fingerprint, "selection": repr(selection)}).encode()}
    written = 0
    writer = None
    try:
        for batch in index.batches(selection, names, rows=_ROWS):
            if not len(batch):
                continue
            if writer is None:
                writer = pa.ipc.new_file(str(temporary), batch.schema.with_metadata(about))
            writer.write_batch(batch)
            written += len(batch)
        if writer is None:
            raise DataError("no question to write", where=str(out), valid="a selection that lets some through")
        writer.close()
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    return written


class PairStore:
    """An open file of `write_pairs`.

    Raises:
        DataError: There is no such file, or it is none of these.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        try:
            self._source = pa.memory_map(str(path))
            reader = pa.ipc.open_file(self._source)
            about = json.loads((reader.schema.metadata or {})[_KEY])
            self.index_fingerprint: str = about["index"]
            self.selection: str = about["selection"]
            self._chunks = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"no file of pairs: {error}", where=str(path), hint="write one with write_pairs(index, ...)"
            ) from error
        self._pairs = [chunk.column("pair").to_numpy() for chunk in self._chunks]
        self._firsts = np.array([pairs[0] for pairs in self._pairs], np.int64)

    def __enter__(self) -> PairStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return sum(map(len, self._pairs))

    def close(self) -> None:
        """Give the mapping back; what `take` returned stays valid."""
        self._chunks, self._pairs = [], []
        self._source.close()

    def take(self, pairs: NDArray[np.int64]) -> pa.Table:
        """The questions with these numbers, in the order given; one may be asked for twice.

        Raises:
            DataError: A number that is not in the file.
        """
        import pyarrow as pa

        chunk = np.searchsorted(self._firsts, pairs, side="right") - 1
        order = np.argsort(chunk, kind="stable")
        bounds = [0, *(np.flatnonzero(np.diff(chunk[order])) + 1).tolist(), len(order)]
        parts: list[Any] = []
        for start, stop in itertools.pairwise(bounds if len(order) else []):
            wanted = pairs[order[start:stop]]
            parts.append(self._from_chunk(int(chunk[order[start]]), wanted))
        if not parts:
            return pa.Table.from_batches([self._chunks[0].slice(0, 0)])
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return pa.Table.from_batches(parts).combine_chunks().take(pa.array(back))

    def _from_chunk(self, number: int, wanted: NDArray[np.int64]) -> Any:
        import pyarrow as pa

        there = self._pairs[max(number, 0)]
        rows = np.minimum(np.searchsorted(there, wanted), len(there) - 1)
        missing = there[rows] != wanted
        if missing.any():
            raise DataError(
                f"no pair has the number {wanted[missing][0]}",
                valid="pairs of the selection that the file was written for",
            )
        return self._chunks[number].take(pa.array(rows))
