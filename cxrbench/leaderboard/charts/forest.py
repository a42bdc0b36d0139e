"""Forest plot: one row per model, stratum or score, its value with its interval, and a line of reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cxrbench.leaderboard.charts.scale import spanning
from cxrbench.leaderboard.page.text import interval, number, shortened, signed

_ROW = 22
_LABEL = 190
_PLOT = 320
_VALUE = 150
_TOP = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as given: value and interval are None where undefined; `note` stands behind the numbers (n, a reason)."""

    label: str
    value: float | None
    ci95: Sequence[float] | None = None
    note: str = ""
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row as drawn."""

    label: str
    y: float
    x: float | None
    low: float | None
    high: float | None
    text: str
    faint: bool


@dataclass(frozen=True, slots=True)
class Forest:
    """Everything that the template draws; lengths in pixels."""

    title: str
    description: str
    width: int
    height: int
    label_x: int
    text_x: int
    bottom: int
    tick_y: int
    ticks: Sequence[tuple[float, str]]
    reference: float | None
    rows: Sequence[Row]


def forest(
    title: str,
    entries: Sequence[Entry],
    *,
    reference: float | None = None,
    differences: bool = False,
    description: str = "",
) -> Forest:
    """Lay out a forest plot.

    Args:
        reference: Where a vertical line stands: 0 for differences, the overall value for strata.
        differences: Write values with their sign.
    """
    seen = [bound for entry in entries for bound in (*(entry.ci95 or ()), entry.value) if bound is not None]
    x = spanning(seen, _LABEL, _LABEL + _PLOT, include=() if reference is None else (reference,))
    bottom = _TOP + _ROW * len(entries)
    write = signed if differences else number
    rows = [
        Row(
            label=shortened(entry.label, 30),
            y=_TOP + _ROW * place + _ROW / 2,
            x=None if entry.value is None else x(entry.value),
            low=None if entry.ci95 is None else x(entry.ci95[0]),
            high=None if entry.ci95 is None else x(entry.ci95[1]),
            text=" ".join(filter(None, (write(entry.value, entry.ci95), interval(entry.ci95), entry.note))),
            faint=entry.faint,
        )
        for place, entry in enumerate(entries)
    ]
    return Forest(
        title=title,
        description=description or f"{len(rows)} rows, value and 95 % interval each",
        width=_LABEL + _PLOT + _VALUE + 40,
        height=bottom + 24,
        label_x=_LABEL - 10,
        text_x=_LABEL + _PLOT + 10,
        bottom=bottom,
        tick_y=bottom + 14,
        ticks=x.ticks(),
        reference=None if reference is None else x(reference),
        rows=rows,
    )
