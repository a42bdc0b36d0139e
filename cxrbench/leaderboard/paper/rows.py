"""The rows of a table: one run each, or the runs of several seeds of one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cxrbench.core.comparability import OpenRun
from cxrbench.core.errors import UsageError


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        runs: One run, or one per seed.
        baseline: Whether the model is a floor; floors are neither best nor second best.
    """

    label: str
    runs: tuple[OpenRun, ...]

    @property
    def baseline(self) -> bool:
        return all(bool(run.record["model"].get("is_baseline")) for run in self.runs)


def group_rows(runs: Sequence[OpenRun], named: Mapping[str, Sequence[Path]] | None = None) -> list[Row]:
    """Put runs into rows.

    Runs of the same model name, inputs and version form one row, in the order of the first of each. A model that was
    trained several times and is named differently each time is put together by `named`.

    Args:
        named: Label -> run folders of that row; they must be among the runs.

    Raises:
        UsageError: A named folder is none of the runs, or stands in two rows.
    """
    chosen: dict[Path, str] = {}
    known = {run.folder.path.resolve(): run for run in runs}
    for label, folders in (named or {}).items():
        for folder in folders:
            place = folder.resolve()
            if place not in known:
                raise UsageError(f"row {label!r} names a run that is not in the table", where=str(folder))
            if place in chosen:
                raise UsageError(f"run stands in rows {chosen[place]!r} and {label!r}", where=str(folder))
            chosen[place] = label
    gathered: dict[tuple[str, ...], list[OpenRun]] = {}
    for run in runs:
        model, inputs = run.record["model"], run.record["identity"]["inputs"]
        named_row = chosen.get(run.folder.path.resolve())
        key = ("row", named_row) if named_row else ("model", model["name"], model["version"], *inputs)
        gathered.setdefault(key, []).append(run)
    return [Row(key[1], tuple(found)) for key, found in _distinct(gathered).items()]


def _distinct(gathered: Mapping[tuple[str, ...], list[OpenRun]]) -> dict[tuple[str, ...], list[OpenRun]]:
    """Rows of one model that was shown different things, or has several versions, say so in their labels."""
    names = [key[1] for key in gathered]
    result: dict[tuple[str, ...], list[OpenRun]] = {}
    for key, runs in gathered.items():
        label = key[1]
        if key[0] == "model" and names.count(label) > 1:
            label = f"{label} {key[2]} ({', '.join(key[3:])})"
        result[(key[0], label, *key[2:])] = runs
    return result
