"""The rows of a question answering data set in JSON: read, checked, their fields as text."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from cxrbench.core.errors import DataError

Row = Mapping[str, Any]
Made = TypeVar("Made")
_SHOWN = 5
_NOTHING = "NULL"
_LONGEST_NAME = 255


class BadRow(Exception):
    """What is wrong with one row; becomes part of the error that lists all of them."""


def read_rows(path: Path, digest: hashlib._Hash, *, hint: str) -> list[Row]:
    """The objects of a JSON list.

    Args:
        digest: Gets the bytes of the file.

    Raises:
        DataError: Missing, not UTF-8, empty, truncated, no list, or an entry that is no object.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path.name}: {error.strerror or error}", where=str(path), hint=hint) from error
    digest.update(hashlib.sha256(raw).digest())
    if not raw.strip():
        raise DataError(f"{path.name} is empty", where=str(path), valid="a JSON list of objects", hint=hint)
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name} is not UTF-8 text: byte {error.start}", where=str(path), valid="UTF-8", hint=hint
        ) from error
    except ValueError as error:
        raise DataError(f"{path.name} is no valid JSON: {error}", where=str(path), hint=hint) from error
    except RecursionError as error:
        raise DataError(f"{path.name} is nested too deeply", where=str(path), hint=hint) from error
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        seen = type(found).__name__ if not isinstance(found, list) else "a list with entries that are no objects"
        raise DataError(f"{path.name} holds {seen}", where=str(path), valid="a JSON list of objects", hint=hint)
    return found


def parse_rows(path: Path, rows: Sequence[Row], parse: Callable[[Row], Made], *, fields: str) -> list[Made]:
    """`parse` of every row.

    Args:
        fields: The fields that a row needs, for the message.

    Raises:
        DataError: `parse` raised `BadRow` for any row; all are counted and the first few are listed.
    """
    made: list[Made] = []
    faults: list[str] = []
    for number, row in enumerate(rows):
        try:
            made.append(parse(row))
        except BadRow as error:
            faults.append(f"entry {number}: {error}")
    if faults:
        shown = "; ".join(faults[:_SHOWN]) + (f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else "")
        raise DataError(
            f"{len(faults)} of {len(rows)} entries cannot be read: {shown}",
            where=str(path),
            valid=fields,
            hint="correct or remove these entries, or download the file again",
        )
    return made


def refuse_repeated(path: Path, ids: Iterable[str], what: str) -> None:
    """Every id once.

    Raises:
        DataError: An id occurs twice; they are named.
    """
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        shown = ", ".join(twice[:_SHOWN]) + (f" and {len(twice) - _SHOWN} more" if len(twice) > _SHOWN else "")
        raise DataError(
            f"{len(twice)} {what} more than once: {shown}",
            where=str(path),
            valid=f"every {what} once",
            hint="remove the repeated entries",
        )


def text(row: Row, name: str) -> str | None:
    """A field as text without surrounding white space; whole numbers become digits.

    None for a missing, empty or JSON-null field and for the word that stands for nothing ("NULL").

    Raises:
        BadRow: Something else than text or a number.
    """
    value = row.get(name)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        value = str(int(value) if float(value).is_integer() else value)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRow(f"{name} must be text, got {str(value)[:40]!r}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRow(f"{name} is no valid Unicode: {value[:40]!r}") from None
    value = value.strip()
    return None if not value or value == _NOTHING else value


def required(row: Row, name: str) -> str:
    """`text`, where there must be one.

    Raises:
        BadRow: There is none.
    """
    value = text(row, name)
    if value is None:
        raise BadRow(f"no {name}")
    return value


def closed(row: Row) -> bool | None:
    """What `answer_type` says: True for CLOSED, False for OPEN, None for anything else."""
    return {"CLOSED": True, "OPEN": False}.get((text(row, "answer_type") or "").upper())


def file_name(field: str, name: str) -> str:
    """A single part of a path.

    Raises:
        BadRow: The name holds a separator, leads out of its folder, or no file system would take it.
    """
    if name in (".", "..") or set(name) & set("/\\\0") or len(name.encode()) > _LONGEST_NAME:
        raise BadRow(f"{field} {name[:40]!r} is no file name")
    return name
