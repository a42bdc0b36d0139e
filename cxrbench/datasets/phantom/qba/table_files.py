"""The metadata tables as files: each as `.parquet` with a pandas index and as `.csv.gz`, row for row the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cxrbench.datasets.phantom.parts import csv_lines
from cxrbench.datasets.phantom.qba.metadata import INDEX

if TYPE_CHECKING:
    import pyarrow as pa

_FAST: Final = 1


def write_part(table: pa.Table, path: Path) -> None:
    """Keep a block's rows until they are joined."""
    import pyarrow as pa

    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def read_parts(paths: Iterable[Path]) -> Iterator[pa.Table]:
    """The rows of the blocks, one table a block."""
    import pyarrow as pa

    for path in paths:
        with pa.memory_map(str(path)) as file:
            yield pa.ipc.open_file(file).read_all()


def join_parquet(name: str, parts: Iterable[pa.Table], target: Path) -> int:
    """Write a table as Parquet, a row group per part; returns the number of rows."""
    import pyarrow.parquet as pq

    target.parent.mkdir(parents=True, exist_ok=True)
    count, writer = 0, None
    try:
        for part in parts:
            if writer is None:
                schema = part.schema.with_metadata({"pandas": _pandas_metadata(name, part.schema)})
                writer = pq.ParquetWriter(target, schema)
            writer.write_table(part.cast(schema), row_group_size=max(part.num_rows, 1))
            count += part.num_rows
    finally:
        if writer is not None:
            writer.close()
    return count


def join_csv(parts: Iterable[pa.Table], target: Path) -> None:
    """Write a table as gzipped CSV as pandas writes it: True and False, quotes around commas, nothing for null."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file, gzip.GzipFile("", "wb", _FAST, file, 0) as packed:
        for number, part in enumerate(parts):
            if number == 0:
                packed.write(csv_lines([part.schema.names]).encode())
            _write_rows(part, packed)


def _write_rows(part: pa.Table, packed: gzip.GzipFile) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as csv

    if any(pa.types.is_list(field.type) for field in part.schema):
        # Lists have commas, and the fast writer knows no quotes or quotes around all text.
        rows = ([("" if value is None else str(value)) for value in row.values()] for row in part.to_pylist())
        packed.write(csv_lines(list(rows)).encode())
        return
    columns = [
        pc.if_else(column, "True", "False") if pa.types.is_boolean(column.type) else column for column in part.columns
    ]
    spelled = pa.table(columns, names=part.schema.names)
    csv.write_csv(spelled, packed, csv.WriteOptions(include_header=False, quoting_style="none"))


def _pandas_metadata(name: str, schema: pa.Schema) -> bytes:
    """What pandas notes in a Parquet file so that the index comes back as one."""
    index = INDEX[name]
    kinds: dict[str, Any] = {}
    for field in schema:
        kinds[field.name] = "unicode" if str(field.type) in ("string", "large_string") else str(field.type)
    columns = [
        {
            "name": column,
            "field_name": column,
            "pandas_type": kinds[column],
            "numpy_type": "object"
            if kinds[column] == "unicode" or kinds[column].startswith("list")
            else kinds[column],
            "metadata": None,
        }
        for column in schema.names
    ]
    creator = {"library": "pyarrow", "version": "1"}
    described = {"index_columns": list(index), "column_indexes": [], "columns": columns, "creator": creator}
    return json.dumps({**described, "pandas_version": "2.2.0"}).encode()
