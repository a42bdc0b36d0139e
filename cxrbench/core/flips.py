"""Which examples changed between two runs: by their value, and by their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cxrbench.core.example_values import right_labels
from cxrbench.metrics.base import FloatArray, Metric, Statistics

_EQUAL = 1e-9
_DIGITS = 10


def changed_values(
    ids: Sequence[str], values: FloatArray, against: FloatArray, direction: str, listed: int
) -> dict[str, Any]:
    """How many examples became better and worse, and those that changed most.

    Args:
        values, against: float64 [n] of the run and of the run it is compared against; NaN where none counts.
        listed: Examples to list in each direction.
    """
    difference = np.nan_to_num(values - against)
    gain = difference if direction == "higher" else -difference
    better, worse = gain > _EQUAL, gain < -_EQUAL
    counted = np.isfinite(values)

    def rows(chosen: Any) -> list[dict[str, Any]]:
        # Rounded, so that values equal but for their last digits stay in the order of their ids.
        order = sorted(
            np.flatnonzero(chosen).tolist(), key=lambda row: (-round(abs(float(gain[row])), _DIGITS), ids[row])
        )
        return [
            {
                "id": ids[row],
                "value": round(float(values[row]), _DIGITS),
                "against": round(float(against[row]), _DIGITS),
                "difference": round(float(difference[row]), _DIGITS),
            }
            for row in order[:listed]
        ]

    return {
        "better": int(better.sum()),
        "worse": int(worse.sum()),
        "equal": int(counted.sum() - better.sum() - worse.sum()),
        "most_improved": rows(better),
        "most_worsened": rows(worse),
    }


def changed_labels(
    metric: Metric, ids: Sequence[str], run: Statistics, against: Statistics, listed: int
) -> dict[str, Any] | None:
    """Labels that the run has right and the other wrong ("gained"), and the reverse ("lost"); None without labels.

    The examples with the largest net change come first.
    """
    mine, other = right_labels(metric, run), right_labels(metric, against)
    if not mine:
        return None
    gained = {name: mine[name] & ~other[name] for name in mine}
    lost = {name: other[name] & ~mine[name] for name in mine}
    gains, losses = (sum(np.asarray(item, np.int64) for item in part.values()) for part in (gained, lost))
    changed = np.flatnonzero(np.asarray(gains + losses) > 0).tolist()
    net = np.asarray(gains - losses)
    changed.sort(key=lambda row: (-abs(int(net[row])), -int(np.asarray(gains + losses)[row]), ids[row]))
    return {
        "gained": int(np.sum(gains)),
        "lost": int(np.sum(losses)),
        "examples_changed": len(changed),
        "conditions": {name: {"gained": int(gained[name].sum()), "lost": int(lost[name].sum())} for name in mine},
        "examples": [
            {"id": ids[row], "gained": _true(gained, row), "lost": _true(lost, row)} for row in changed[:listed]
        ],
    }


def _true(columns: Mapping[str, Any], row: int) -> list[str]:
    return [name for name, column in columns.items() if column[row]]
