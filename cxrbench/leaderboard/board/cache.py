"""Results of slow steps, kept by the content that they were made from.

A key is a hash of everything that decides the result, so an entry is never out of date; the folder may be deleted at
any time. What cannot be read or written is computed again: a full or read-only disk costs time, never a build.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from cxrbench.core import jsonio
from cxrbench.datasets.phantom.cache import default_cache_dir

_KEEP_SECONDS = 90 * 24 * 3600


def leaderboard_cache_dir() -> Path:
    """`leaderboard` in the cache folder of cxrbench (`$CXRBENCH_CACHE`, else the platform's)."""
    return default_cache_dir() / "leaderboard"


class Cache:
    """JSON values by kind and key.

    Args:
        folder: None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def get(self, kind: str, key: str) -> Any:
        """The value; None where there is none."""
        if self.folder is None:
            return None
        path = self._path(kind, key)
        try:
            value = json.loads(path.read_bytes())
            os.utime(path)
        except (OSError, ValueError, RecursionError):
            return None
        return value

    def put(self, kind: str, key: str, value: Any) -> None:
        """Keep a value that is not None."""
        if self.folder is None:
            return
        path = self._path(kind, key)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            with os.fdopen(handle, "wb") as file:
                file.write(jsonio.dumps(value).encode())
            Path(temporary).replace(path)

    def tidy(self) -> None:
        """Remove entries that no build has used for 90 days."""
        if self.folder is None:
            return
        oldest = time.time() - _KEEP_SECONDS
        for path in self.folder.glob("*/??/*"):
            with suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _path(self, kind: str, key: str) -> Path:
        return (self.folder or Path()) / kind / key[:2] / f"{key}.json"
