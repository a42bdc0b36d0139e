"""Runs beside their control runs on a leaderboard: what each model loses without the right films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cxrbench import __version__
from cxrbench.core import jsonio
from cxrbench.leaderboard.board.cache import Cache
from cxrbench.leaderboard.board.tables import Row
from cxrbench.leaderboard.reliance import image_reliance, is_control_of


def image_reliances(
    rows: Sequence[Row], ids: Mapping[int, str], scores: Sequence[str], cache: Cache
) -> list[dict[str, Any]]:
    """One entry per model, control and score; kept by the content of both runs' statistics.

    Args:
        rows: Of one table, control runs among them.
        ids: `id(row)` -> the row's id on the page.

    Returns:
        The fields of `Reliance` with `row`, the id of the model's row, and `label`; or `problem`, a sentence, where
        the two cannot be compared.
    """
    found: list[dict[str, Any]] = []
    for control in (row for row in rows if row.kind == "control"):
        identity = control.run.record["identity"]
        base = next((row for row in rows if is_control_of(identity, row.run.record["identity"])), None)
        if base is not None and base.kind != "control":
            about = {"row": ids[id(base)], "label": base.label}
            found += [{**about, **entry} for entry in _compared(base, control, scores, cache)]
    return found


def _compared(base: Row, control: Row, scores: Sequence[str], cache: Cache) -> list[dict[str, Any]]:
    protocol = str(base.run.results["protocol"])
    both = [base.run.statistics, control.run.statistics]
    shown = control.run.record["identity"]["control"]
    key = jsonio.digest([*both, shown, protocol, list(scores), __version__], length=64)
    known = cache.get("reliance", key) if all(both) else None
    if isinstance(known, list):
        return known
    try:
        entries, problems = image_reliance(base.run.folder.path, [control.run.folder.path], scores, protocol=protocol)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        # As in the pool: a hostile file costs its row, not the site.
        return [{"problem": f"the control cannot be compared ({type(error).__name__})"}]
    made = [asdict(entry) | {"loses": entry.loses} for entry in entries] + [{"problem": text} for text in problems]
    if all(both) and not problems:
        cache.put("reliance", key, made)
    return made
