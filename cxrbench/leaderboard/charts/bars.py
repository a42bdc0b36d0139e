"""Horizontal bars: counts and shares, with an optional second mark (an expected share, a documented range)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cxrbench.leaderboard.charts.scale import Scale
from cxrbench.leaderboard.page.text import shortened

_ROW = 22
_LABEL = 200
_PLOT = 340
_TOP = 6
_GAP = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as given.

    Attributes:
        text: Stands behind the bar, for example "1,204 (12.3 %)".
        expected: Low and high end of what is documented, drawn as a bracket.
    """

    label: str
    value: float
    text: str
    expected: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar as drawn.

    Attributes:
        middle: Height of its middle line.
        end: Where its text begins.
        expected: SVG path of the bracket; empty for none.
    """

    label: str
    y: float
    middle: float
    length: float
    end: float
    text: str
    expected: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Everything that the template draws; lengths in pixels."""

    title: str
    description: str
    width: int
    height: int
    label_x: int
    start: int
    thickness: int
    rows: Sequence[DrawnBar]


def bars(title: str, items: Sequence[Bar], *, most: float | None = None, description: str = "") -> Bars:
    """Lay out bars from 0 to the largest value (or to `most`)."""
    ends = [item.value for item in items] + [item.expected[1] for item in items if item.expected]
    x = Scale(0.0, most or max([*ends, 0.0]) or 1.0, _LABEL, _LABEL + _PLOT)
    rows = [
        DrawnBar(
            label=shortened(item.label, 32),
            y=_TOP + _ROW * place + _GAP,
            middle=_TOP + _ROW * place + _ROW / 2,
            length=round(x(item.value) - _LABEL, 1),
            end=round(max(x(item.value), x(item.expected[1]) if item.expected else 0.0) + 8, 1),
            text=item.text,
            expected=_bracket(x(item.expected[0]), x(item.expected[1]), _TOP + _ROW * place) if item.expected else "",
        )
        for place, item in enumerate(items)
    ]
    return Bars(
        title=title,
        description=description or f"{len(rows)} bars",
        width=_LABEL + _PLOT + 160,
        height=_TOP * 2 + _ROW * len(rows),
        label_x=_LABEL - 8,
        start=_LABEL,
        thickness=_ROW - 2 * _GAP,
        rows=rows,
    )


def _bracket(low: float, high: float, top: float) -> str:
    middle, bottom = top + _ROW / 2, top + _ROW - 2
    return f"M{low:g} {top + 2:g}V{bottom:g}M{low:g} {middle:g}H{high:g}M{high:g} {top + 2:g}V{bottom:g}"
