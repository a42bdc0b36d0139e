"""The leaderboard for machines: one CSV per table, and the whole summary as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIXED = (
    "model",
    "kind",
    "not_ranked",
    "inputs",
    "trained_on_this_data",
    "version",
    "fingerprint",
    "seed",
    "run",
    "n",
    "ok",
    "empty",
    "refused",
    "error",
)


def csv_text(table: Mapping[str, Any]) -> str:
    """A table of the summary, one row per run, five or seven columns per score.

    A text that a spreadsheet would read as a formula gets an apostrophe in front.
    """
    ranked = set(table["ranked_by"])
    scores = [score["name"] for score in table["scores"]]
    header = [*_FIXED, *(name for score in scores for name in _names(score, score in ranked))]
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([_safe(name) for name in header])
    for row in table["rows"]:
        cells = [value for score in scores for value in _values(row, score, score in ranked)]
        writer.writerow([_safe(value) for value in (*_about(row), *cells)])
    return file.getvalue()


def _about(row: Mapping[str, Any]) -> Sequence[Any]:
    counts = row["status_counts"]
    return (
        row["label"],
        row["kind"],
        row["reason"],
        ", ".join(row["inputs"]),
        row["seen"],
        row["model"]["version"],
        row["model"]["fingerprint"],
        row["run"]["seed"],
        row["run"]["id"],
        row["n"],
        *(counts[status] for status in ("ok", "empty", "refused", "error")),
    )


def _names(score: str, ranked: bool) -> list[str]:
    names = [score, f"{score}:low", f"{score}:high", f"{score}:n"]
    return [*names, f"{score}:rank", f"{score}:rank_high"] if ranked else names


def _values(row: Mapping[str, Any], score: str, ranked: bool) -> list[Any]:
    found = row["scores"].get(score) or {"value": None, "ci95": None, "n": None}
    low, high = found["ci95"] or (None, None)
    rank = row["ranks"].get(score, {})
    values = [found["value"], low, high, found["n"]]
    return [*values, rank.get("rank"), rank.get("high")] if ranked else values


def _safe(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value
