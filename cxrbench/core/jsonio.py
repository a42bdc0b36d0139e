"""JSON on disk: strict (no NaN), stable byte for byte, written atomically."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cxrbench.core.errors import DataError, MissingError


class StorageError(MissingError):
    """The disk is full, read-only or refuses the write."""


def dumps(value: Any, *, indent: int | None = None) -> str:
    """JSON text: keys in the order given, no NaN or infinity, non-ASCII kept, lone surrogates replaced.

    Raises:
        ValueError: A number is NaN or infinite; undefined numbers must be None.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators, indent=indent)
    return text.encode("utf-8", "replace").decode("utf-8")


def digest(value: Any, length: int = 16) -> str:
    """SHA-256 of the canonical JSON of `value` (keys sorted), cut to `length` hex digits."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def file_fingerprint(path: Path, length: int = 16) -> str:
    """SHA-256 of a file's bytes, cut to `length` hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:length]


def read_json(path: Path, what: str = "JSON file") -> Any:
    """The parsed file.

    Raises:
        DataError: Missing, not UTF-8, truncated or not JSON; the message says where.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise DataError(f"{what} not found: {path}", hint="check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{what} cannot be read: {error}", where=str(path)) from error
    except json.JSONDecodeError as error:
        raise DataError(
            f"{what} is not valid JSON: {error.msg}",
            where=f"{path}, line {error.lineno}, column {error.colno}",
            hint="the file may be truncated; write it again",
        ) from error


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON atomically: readers see the old file or the new one, never half of it."""
    write_bytes(path, (dumps(value, indent=2) + "\n").encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write atomically, through a temporary file in the same folder.

    Raises:
        StorageError: The disk is full or the folder cannot be written.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write into an error that says what to do."""
    try:
        yield
    except OSError as error:
        hints = {
            errno.ENOSPC: "free some space and repeat the same command: it goes on where it stopped",
            errno.EDQUOT: "your quota is used up; free some space and repeat the same command",
            errno.EROFS: "choose a writable folder with --out",
            errno.EACCES: "choose a writable folder with --out",
            errno.ENOTDIR: "a part of this path is a file; choose another folder with --out",
        }
        raise StorageError(
            f"cannot write: {error.strerror or error}", where=str(path), hint=hints.get(error.errno or 0)
        ) from error
