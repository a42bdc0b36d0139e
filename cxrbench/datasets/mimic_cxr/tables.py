"""Reading the CSV tables of MIMIC-CXR-JPG into columns: by name, gzipped or not, ids in any form."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

TABLES: Final = {
    "metadata": "mimic-cxr-2.0.0-metadata",
    "split": "mimic-cxr-2.0.0-split",
    "chexpert": "mimic-cxr-2.0.0-chexpert",
    "negbio": "mimic-cxr-2.0.0-negbio",
    "radiologist": "mimic-cxr-2.1.0-test-set-labeled",
    "study_list": "cxr-study-list",
}
"""Table -> file name without suffix. The names keep 2.0.0 in release 2.1.0."""
_BLOCK: Final = 1 << 20
_ID: Final = r"^[ps]?(?P<number>[1-9][0-9]{0,17})(?:\.0+)?$"


def table_path(folder: Path, table: str) -> Path | None:
    """The file of a table, `.csv.gz` or `.csv`; None where it is not there."""
    stem = TABLES[table]
    found = next((path for suffix in (".csv.gz", ".csv") if (path := folder / f"{stem}{suffix}").is_file()), None)
    if found is None:
        # A later release may put its number into the names.
        general = stem.replace("2.0.0", "*").replace("2.1.0", "*")
        found = next(iter(sorted(folder.glob(f"{general}.csv*"), reverse=True)), None)
    return found


def other_version(path: Path) -> str | None:
    """A sentence where a `.csv` of other content lies beside the `.csv.gz`; None where none does."""
    beside = path.with_suffix("") if path.suffix == ".gz" else path
    if beside == path or not beside.is_file():
        return None
    import pyarrow as pa

    with pa.input_stream(str(path), compression="gzip") as packed, pa.input_stream(str(beside)) as plain:
        while True:
            one, two = packed.read(_BLOCK), plain.read(_BLOCK)
            if one != two:
                return f"two versions of a table differ; {path.name} counts, {beside.name} is not read"
            if not one:
                return None


def read_columns(
    path: Path, texts: Sequence[str], *, required: Sequence[str], numbers: Sequence[str] = ()
) -> pa.Table:
    """Some columns of a table, by their stripped names; those that it lacks are left out.

    Args:
        texts: Columns to read as text whatever they look like.
        required: Those of them without which the table is of no use.
        numbers: Columns that are typed by their values.

    Raises:
        DataError: Unreadable, not CSV, or without a required column.
    """
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    try:
        header = _header(path)
        named = {column: column.strip() for column in header}
        absent = [name for name in required if name not in named.values()]
        if absent:
            raise DataError(
                f"column {', '.join(map(repr, absent))} missing; the table has {', '.join(header[:8]) or 'none'}",
                where=str(path),
                valid=", ".join(required),
                hint="keep the header line as published",
            )
        wanted = [column for column, name in named.items() if name in {*texts, *numbers}]
        types = {column: pa.string() for column in wanted if named[column] in texts}
        options = pa_csv.ConvertOptions(column_types=types, include_columns=wanted, strings_can_be_null=True)
        with pa.input_stream(str(path), compression=_compression(path)) as stream:
            table = pa_csv.read_csv(stream, convert_options=options)
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"cannot read table: {str(error).splitlines()[0]}",
            where=str(path),
            valid="the CSV table as published, gzipped or not",
            hint="download it again and compare its SHA-256 with SHA256SUMS.txt",
        ) from error
    return table.rename_columns([named[column] for column in table.column_names])


def _header(path: Path) -> list[str]:
    import pyarrow as pa

    with pa.input_stream(str(path), compression=_compression(path)) as stream:
        first = stream.read(1 << 16).split(b"\n", 1)[0].decode("utf-8-sig")
    return next(csv.reader([first]), [])


def _compression(path: Path) -> str | None:
    return "gzip" if path.suffix == ".gz" else None


def id_numbers(table: pa.Table, column: str, path: Path) -> NDArray[np.int64]:
    """A column of patient or study ids as numbers, 0 for an empty cell.

    Raises:
        DataError: A value that is no id; the message shows it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    values = pc.utf8_trim_whitespace(table[column].combine_chunks().cast(pa.string()))
    values = pc.fill_null(values, "")
    empty = pc.equal(values, "")
    parts = pc.struct_field(pc.extract_regex(pc.if_else(empty, "1", values), _ID), "number")
    if parts.null_count:
        row = int(np.flatnonzero(parts.is_null().to_numpy(zero_copy_only=False))[0])
        raise DataError(
            f"{values[row].as_py()!r} in column {column!r}, row {row + 1}, is no id",
            where=str(path),
            valid="digits, with or without their prefix: 10000032, p10000032, s50414267",
        )
    numbers = pc.if_else(empty, 0, parts.cast(pa.int64()))
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.int64)


def texts(table: pa.Table, column: str) -> pa.StringArray:
    """A column as stripped text, "" for an empty cell or a column that is not there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column not in table.column_names:
        return pa.array([""] * table.num_rows, pa.string())
    return pc.fill_null(pc.utf8_trim_whitespace(table[column].combine_chunks().cast(pa.string())), "")


def numbers(table: pa.Table, column: str) -> NDArray[np.float64]:
    """A column as numbers, NaN for an empty cell, a text that is none, or a column that is not there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column not in table.column_names:
        return np.full(table.num_rows, np.nan)
    values: Any = table[column].combine_chunks()
    if not pa.types.is_floating(values.type):
        words = pc.utf8_trim_whitespace(values.cast(pa.string()))
        fits = pc.match_substring_regex(words, r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$")
        values = pc.if_else(fits, words, pa.scalar(None, pa.string())).cast(pa.float64())
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
