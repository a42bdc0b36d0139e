"""Answers kept by request, so that an interrupted or repeated run pays for nothing twice. Never an error."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxrbench.core.jsonio import StorageError


class RequestCache:
    """A SQLite file, safe for several processes.

    A key is a digest of everything that determines the answer: server, model, messages, films and generation
    settings. Only whole, successful answers are put in.

    Raises:
        StorageError: The file cannot be opened, or is no such cache.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL)")
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                f"the request cache cannot be opened: {error}",
                where=str(path),
                hint="name another file with -o cache=FILE, or -o cache=off",
            ) from error

    def get(self, key: str) -> dict[str, Any] | None:
        """The stored answer; None where there is none, or none that can be read."""
        try:
            row = self._database.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
            record = None if row is None else json.loads(row[0])
        except (sqlite3.Error, ValueError):
            return None
        return record if isinstance(record, dict) else None

    def put(self, key: str, answer: Mapping[str, Any]) -> None:
        """Store an answer; a full disk costs the cache, never the answer."""
        try:
            self._database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, json.dumps(dict(answer))))
        except sqlite3.Error:
            return

    def close(self) -> None:
        self._database.close()
