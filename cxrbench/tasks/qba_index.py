"""The questions of a split from a prepared index."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.datasets.qba.index.query import open_index
from cxrbench.datasets.qba.index.schema import MANIFEST
from cxrbench.datasets.qba.index.selection import Selection
from cxrbench.tasks.qba_source import KEYS, ROWS

if TYPE_CHECKING:
    import pyarrow as pa

ENVIRONMENT: Final = "CXRBENCH_QBA_INDEX"
_HEAD: Final = 200


class IndexSource:
    """Asks the index; texts are read for the questions that a run takes, and for no others."""

    def __init__(self, path: Path, split: str) -> None:
        """Raises DataError for an index that is not whole."""
        self._index = open_index(path)
        self._split = split
        self.fingerprint = self._index.manifest.fingerprint
        self.phantom = self._index.manifest.phantom
        self.studies = self._index.studies()

    @property
    def unreadable(self) -> Sequence[str]:
        return ()

    @property
    def problems(self) -> Mapping[str, int]:
        return self._index.manifest.problems

    def keys(self) -> pa.Table:
        return self._index.table(Selection(splits=(self._split,)), KEYS)

    def rows(self, pairs: NDArray[np.int64]) -> pa.Table:
        return self._index.take(pairs, ROWS)

    def of_studies(self, numbers: Sequence[int]) -> pa.Table:
        ids = self.studies["study_id"].take(sorted(numbers)).to_pylist()
        return self._index.table(Selection(studies=tuple(ids)), ROWS)


def find_index(folders: Iterable[Path]) -> Path | None:
    """The index that `CXRBENCH_QBA_INDEX` names, else one that lies in (or is) one of the folders; None without one.

    Raises:
        DataError: The variable names a folder without an index.
    """
    named = os.environ.get(ENVIRONMENT)
    if named:
        path = Path(named).expanduser()
        if not (path / MANIFEST).is_file():
            raise DataError(
                "no index of questions here",
                where=f"{ENVIRONMENT}={named}",
                valid=f"a folder with {MANIFEST}",
                hint="cxrbench data prepare mimic-qba --out INDEX, or unset the variable",
            )
        return path
    places = (place for folder in folders for place in (folder, *sorted(folder.iterdir())))
    return next((place for place in places if _is_index(place / MANIFEST)), None)


def _is_index(manifest: Path) -> bool:
    """Whether a file is the manifest of an index, of whatever version; other tools write files of this name too."""
    if not manifest.is_file():
        return False
    with manifest.open("rb") as file:
        return b"cxrbench.qba_index/" in file.read(_HEAD)
