"""What the answers cost: seconds per example, tokens, money - whatever the model reported."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxrbench.leaderboard.run_report.contents import RunContents

_QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that each answer reports a number of.

    Attributes:
        n: Answers that report it.
        median, p90, p99, most: Of one answer.
    """

    name: str
    n: int
    total: float
    mean: float
    median: float
    p90: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class Effort:
    """Attributes:
    latency: Seconds per answer; None where no answer reports them.
    usage: The model's own account, by name.
    unreadable: Entries of `usage` that are no finite numbers.
    """

    latency: Quantity | None
    usage: tuple[Quantity, ...]
    unreadable: int


def effort(contents: RunContents) -> Effort:
    """Latency and usage over all predictions."""
    seconds: list[float] = []
    usage: dict[str, list[float]] = {}
    unreadable = 0
    for prediction in contents.predictions.values():
        if _is_number(prediction.latency_s):
            seconds.append(float(prediction.latency_s or 0.0))
        for name, value in (prediction.usage or {}).items():
            if _is_number(value):
                usage.setdefault(str(name), []).append(float(value))
            else:
                unreadable += 1
    return Effort(
        _quantity("Latency in seconds", seconds) if seconds else None,
        tuple(_quantity(name, usage[name]) for name in sorted(usage)),
        unreadable,
    )


def _quantity(name: str, values: Sequence[float]) -> Quantity:
    median, p90, p99 = (float(item) for item in np.quantile(values, _QUANTILES))
    total = math.fsum(values)
    return Quantity(name, len(values), total, total / len(values), median, p90, p99, max(values))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
