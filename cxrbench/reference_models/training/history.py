"""The log of a training: `history.jsonl`, append-only, one JSON object a line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HISTORY = "history.jsonl"


class History:
    """Appends records; undefined numbers are written as null.

    Args:
        folder: Of the training.
        keep: Number of records that a resumed training starts from: later ones belong to steps that are
            about to be repeated and are cut off, as is a torn last line. None keeps all that are whole.
    """

    def __init__(self, folder: Path, *, keep: int | None = None) -> None:
        self.path = folder / HISTORY
        whole = read_history(folder)
        kept = whole if keep is None else whole[:keep]
        self.records = len(kept)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text("".join(_line(record) for record in kept), encoding="utf-8")
        temporary.replace(self.path)

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one record and hand it to the operating system at once."""
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(_line(record))
        self.records += 1


def read_history(folder: Path) -> list[dict[str, Any]]:
    """All whole records of a training folder; none if it has no history yet."""
    path = folder / HISTORY
    if not path.exists():
        return []
    records = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return records


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(_finite(record), allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
