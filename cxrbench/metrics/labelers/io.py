"""Labels as a CSV file: one row a report, one column a condition."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError
from cxrbench.core.types import Labels


def write_labels_csv(path: Path, ids: Sequence[str], labels: Sequence[Labels], *, id_column: str = "id") -> None:
    """Write the id and the fourteen columns, named and ordered as CheXbert's: 1, 0, -1, empty.

    Args:
        path: The file to write; replaced if it exists.
        ids: One id a report.
        labels: Labels of the reports, in the same order.
        id_column: Heading of the first column.

    Raises:
        ValueError: The two sequences differ in length.
        DataError: The file cannot be written.
    """
    if len(ids) != len(labels):
        raise ValueError(f"{len(ids)} ids but {len(labels)} label rows")
    try:
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([id_column, *CONDITIONS])
            for id, row in zip(ids, labels):
                values = (row.get(condition) for condition in CONDITIONS)
                writer.writerow([id, *("" if value is None else value for value in values)])
    except OSError as error:
        raise DataError(
            f"labels cannot be written: {error.strerror or error}",
            where=str(path),
            valid="a file in an existing, writable folder",
        ) from error


def read_labels_csv(path: Path, *, id_column: str = "id") -> dict[str, dict[str, int | None]]:
    """Labels by id, from a file with the fourteen columns in any order (further columns are ignored).

    Raises:
        DataError: The file is missing, lacks a column, repeats an id, or holds a value other than 1, 0, -1, empty.
    """
    codes = {"": None, "1": 1, "1.0": 1, "0": 0, "0.0": 0, "-1": -1, "-1.0": -1}
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in (id_column, *CONDITIONS) if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(
                    f"labels file lacks the columns {', '.join(missing)}",
                    where=str(path),
                    valid=", ".join((id_column, *CONDITIONS)),
                )
            found: dict[str, dict[str, int | None]] = {}
            for row in reader:
                id, where = row[id_column], f"{path}, line {reader.line_num}"
                if id in found:
                    raise DataError(f"labels file repeats the id {id!r}", where=where)
                found[id] = {}
                for name in CONDITIONS:
                    value = (row[name] or "").strip()
                    if value not in codes:
                        raise DataError(
                            f"label of {name!r} is {value!r}", where=where, valid="1, 0, -1 or an empty cell"
                        )
                    found[id][name] = codes[value]
            return found
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"labels cannot be read: {error}", where=str(path)) from error
