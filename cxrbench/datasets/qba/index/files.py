"""Writing Parquet so that a file under its name is whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow as pa

_SETTINGS: Final[dict[str, Any]] = {"compression": "zstd", "compression_level": 1}


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table atomically."""
    write_tables(path, [table], table.schema)


def write_tables(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    """Write tables, each as a row group of its own, atomically: forced to disk, then given its name.

    Raises:
        OSError: The disk is full or the folder cannot be written; no file and no half of one stays.
    """
    import pyarrow.parquet as pq

    part = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part.open("wb") as file:
            with pq.ParquetWriter(file, schema, **_SETTINGS) as writer:
                for table in tables:
                    writer.write_table(table)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def sha256(path: Path) -> str:
    """Of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
