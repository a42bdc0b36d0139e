"""Reading the rows of a box table, by position or by name, with their line numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from cxrbench.core.errors import DataError


def find_table(path: Path, patterns: Sequence[str]) -> Path:
    """The table: the path itself where it is a file, else the first match of a glob pattern in the folder.

    Raises:
        DataError: There is none.
    """
    if path.is_file():
        return path
    for pattern in patterns:
        found = sorted(path.glob(pattern), reverse=True) if path.is_dir() else []
        if found:
            return found[0]
    raise DataError(
        "no table of boxes found", where=str(path), valid=" or ".join(patterns), hint="give the file or its folder"
    )


def cell_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, stripped cells) of every row after the header; empty rows are left out.

    Raises:
        DataError: Unreadable, or not CSV in UTF-8.
    """
    yield from _rows(path)[1]


def named_rows(path: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by stripped column name); a short row lacks its last names.

    Raises:
        DataError: As `cell_rows`; or a required column is missing.
    """
    header, rows = _rows(path)
    absent = [name for name in required if name not in header]
    if absent:
        raise DataError(
            f"column {', '.join(map(repr, absent))} missing; the header has {', '.join(header) or 'no columns'}",
            where=str(path),
            valid=",".join(required),
            hint="keep the original header line",
        )
    for line, cells in rows:
        yield line, dict(zip(header, cells))


def _rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""))
        header = [name.strip() for name in next(reader, [])]
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot read table of boxes: {error}", where=str(path), valid="CSV in UTF-8") from error
    return header, rows
