"""The folder that a phantom is written into: new or empty, with its arguments checked and disk errors explained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cxrbench.core.errors import DataError, UsageError


@contextmanager
def new_folder(root: Path, seed: int, workers: int | None, size: str) -> Iterator[None]:
    """Make the folder; what the disk refuses inside becomes a DataError.

    Args:
        size: How much space is needed, for the hint ("about 55 kB a study").

    Raises:
        UsageError: `seed` or `workers` is out of range.
        DataError: The folder is not empty or cannot be written.
    """
    if seed < 0 or (workers is not None and workers < 1):
        raise UsageError(f"seed {seed}, workers {workers}", valid="seed >= 0, workers >= 1")
    if root.is_file() or (root.is_dir() and any(root.iterdir())):
        raise DataError("the phantom's folder is not empty", where=str(root), hint="name a new folder")
    try:
        root.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise DataError(
            f"cannot write the phantom: {error.strerror or error}",
            where=str(root),
            hint=f"free some space ({size}) or name another folder",
        ) from error
