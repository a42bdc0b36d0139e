"""Numbers of a report: value, interval, n; and what small cells of restricted data become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cxrbench.statistics.bootstrap import Estimate

FEW = 10
"""Examples below which a number is greyed, and suppressed where the data are restricted."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number on the page.

    Attributes:
        value: None where undefined or suppressed; `reason` says why.
        n: Examples it rests on; None where suppressed.
    """

    value: float | None
    ci95: tuple[float, float] | None = None
    n: int | None = None
    reason: str = ""


def from_record(record: Mapping[str, Any] | None) -> Value:
    """A score or estimate of results.json."""
    if record is None:
        return Value(None, reason="not computed")
    ci95 = record["ci95"]
    return Value(
        record["value"], None if ci95 is None else (ci95[0], ci95[1]), record["n"], str(record.get("reason", ""))
    )


def from_estimate(found: Estimate) -> Value:
    return Value(found.value, found.ci95, found.n, found.reason or found.interval_reason or "")


def suppressed(few: int) -> Value:
    """What stands in place of a number that rests on too few examples of restricted data."""
    return Value(None, reason=f"suppressed: fewer than {few}")


@dataclass(frozen=True, slots=True)
class Column:
    """A score as a heading.

    Attributes:
        higher_is_better: Its direction.
    """

    score: str
    title: str
    higher_is_better: bool


def is_few(count: int | None, few: int) -> bool:
    return count is None or count < few


def defined(values: Sequence[Value]) -> bool:
    """Whether any of the numbers is there."""
    return any(item.value is not None for item in values)
