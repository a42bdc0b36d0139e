"""Asking an index: how many, which, and their columns, as Arrow."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import gettempdir
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.datasets.qba.index.manifest import Manifest, read_manifest
from cxrbench.datasets.qba.index.rows_by_number import RowReader
from cxrbench.datasets.qba.index.schema import COLUMNS, LIST_COLUMNS, PROBLEMS, STUDIES
from cxrbench.datasets.qba.index.selection import Selection

if TYPE_CHECKING:
    import pyarrow as pa

_ALL = Selection()
_NO_PROBLEMS = "SELECT '' AS kind, '' AS study_id, '' AS item, '' AS message, 0 AS count WHERE FALSE"


class QbaIndex:
    """An open index; use `open_index`. Not for several threads at once: open one each, it costs milliseconds.

    Rows come in the order of the index (`pair` ascending): study by study, as in the files.
    """

    def __init__(self, root: Path, manifest: Manifest, memory_limit: str, threads: int | None) -> None:
        import duckdb

        self.root = root
        self.manifest = manifest
        settings: dict[str, Any] = {
            "memory_limit": memory_limit,
            # By default DuckDB would spill into the working folder.
            "temp_directory": str(Path(gettempdir()) / f"cxrbench-duckdb-{os.getpid()}"),
            "autoinstall_known_extensions": False,
        }
        if threads is not None:
            settings["threads"] = threads
        self._connection = duckdb.connect(config=settings)
        self._rows = RowReader(root, manifest.shards)
        self._view("questions", [str(root / shard.file) for shard in manifest.shards])
        self._view("studies", [str(root / STUDIES)])
        self._view("problems", sorted(map(str, (root / PROBLEMS).glob("*.parquet"))))

    def __enter__(self) -> QbaIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def __len__(self) -> int:
        return self.manifest.questions

    def count(self, selection: Selection = _ALL) -> int:
        """How many questions."""
        where, values = selection.where()
        ((number,),) = self._rows_of(f"SELECT count(*) FROM questions WHERE {where}", values)
        return int(number)

    def counts(self, by: Sequence[str], selection: Selection = _ALL) -> dict[tuple[Any, ...], int]:
        """How many questions for each combination of values of the columns; list columns count each member.

        Raises:
            UnknownNameError: A column that the index does not have.
        """
        names = [_expanded(name) for name in _checked(by)]
        where, values = selection.where()
        inner = f"SELECT {', '.join(f'{name} AS c{i}' for i, name in enumerate(names))} FROM questions WHERE {where}"
        keys = ", ".join(f"c{i}" for i in range(len(names)))
        rows = self._rows_of(f"SELECT {keys}, count(*) FROM ({inner}) GROUP BY ALL ORDER BY ALL", values)
        return {tuple(row[:-1]): int(row[-1]) for row in rows}

    def table(self, selection: Selection = _ALL, columns: Sequence[str] = tuple(COLUMNS)) -> pa.Table:
        """The chosen columns of all selected questions at once; of 42 million, choose few or use `batches`."""
        where, values = selection.where()
        return self._select(columns, where, values).to_arrow_table()

    def batches(
        self, selection: Selection = _ALL, columns: Sequence[str] = tuple(COLUMNS), rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """The chosen columns in batches of up to `rows`, in bounded memory and in the order of the index.

        Raises:
            UnknownNameError: A column that the index does not have.
        """
        where, values = selection.where()
        yield from self._select(columns, where, values).to_arrow_reader(rows)

    def ids(self, selection: Selection = _ALL) -> list[str]:
        """`study_id/question_id` of the selected questions."""
        columns = self.table(selection, ("study_id", "question_id")).to_pydict()
        return [f"{study}/{question}" for study, question in zip(columns["study_id"], columns["question_id"])]

    def studies(self) -> pa.Table:
        """`studies.parquet`: one row per study, in the order of `study_number`."""
        import pyarrow.parquet as pq

        return pq.read_table(self.root / STUDIES, memory_map=True)

    def problems(self, kind: str | None = None, limit: int | None = 1000) -> list[dict[str, Any]]:
        """What was odd about the data: kind, study_id, item, message and count. Totals are in `manifest.problems`."""
        where = "kind = ?" if kind else "TRUE"
        head = f"LIMIT {int(limit)}" if limit is not None else ""
        query = f"SELECT kind, study_id, item, message, count FROM problems WHERE {where} {head}"
        return [row for batch in self.sql(query, [kind] if kind else []) for row in batch.to_pylist()]

    def take(self, pairs: NDArray[np.int64], columns: Sequence[str] = tuple(COLUMNS)) -> pa.Table:
        """The chosen columns of the pairs with these numbers, in the order given; a pair may be asked for twice.

        Cheap where the pairs lie in few row groups (`schema.ROW_GROUP` rows each, so a few dozen neighbouring
        studies): only those are read.

        Raises:
            DataError: A number that is no pair of this index.
        """
        return self._rows.take(pairs, _checked(columns))

    def sql(self, query: str, values: Sequence[Any] = (), *, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Any DuckDB query over the views questions, studies and problems, as Arrow batches."""
        yield from self._connection.sql(query, params=list(values)).to_arrow_reader(rows)

    def _select(self, columns: Sequence[str], where: str, values: list[object]) -> Any:
        chosen = ", ".join(_quoted(name) for name in _checked(columns))
        return self._connection.sql(f"SELECT {chosen} FROM questions WHERE {where}", params=values)

    def _rows_of(self, query: str, values: list[object]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._connection.sql(query, params=values).fetchall()
        return rows

    def _view(self, name: str, files: Sequence[str]) -> None:
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        source = f"SELECT * FROM read_parquet([{listed}])" if files else _NO_PROBLEMS
        self._connection.execute(f"CREATE VIEW {name} AS {source}")


def open_index(root: Path, *, memory_limit: str = "512MB", threads: int | None = None) -> QbaIndex:
    """Open an index that `build_index` finished.

    Args:
        root: Its folder.
        memory_limit: Of DuckDB; larger results are spilt to disk.
        threads: Of DuckDB; None means one per core.

    Raises:
        DataError: No finished index, or files of it are missing or of another size.
    """
    manifest = read_manifest(root)
    for shard in manifest.shards:
        _require(root / shard.file, shard.bytes)
    _require(root / STUDIES)
    return QbaIndex(root, manifest, memory_limit, threads)


def _require(file: Path, size: int | None = None) -> None:
    found = file.stat().st_size if file.is_file() else None
    if found is None or (size is not None and found != size):
        raise DataError(
            "a file of the index is missing"
            if found is None
            else f"a file of the index has {found} bytes, not {size}",
            where=str(file),
            hint="repeat `cxrbench data prepare mimic-qba` with the same folders: it rebuilds what is missing",
        )


def _checked(columns: Sequence[str]) -> Sequence[str]:
    for name in columns:
        if name not in COLUMNS:
            raise UnknownNameError("column", name, COLUMNS, where="index of questions")
    return columns


def _quoted(name: str) -> str:
    return f'"{name}"'


def _expanded(name: str) -> str:
    return f"unnest({_quoted(name)})" if name in LIST_COLUMNS else _quoted(name)
