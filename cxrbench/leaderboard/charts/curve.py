"""Line charts on two axes: ROC, precision-recall and reliability curves, training curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cxrbench.leaderboard.charts.scale import Scale, spanning

_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 10, 12, 42
_COLOURS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """A line as given.

    Attributes:
        xs, ys: Points in drawing order.
        low, high: Bounds of a band around it, one per point; empty for none.
        marks: Whether each point gets a dot.
        joined: Whether the points are joined; if not, bounds are drawn as a whisker at each point instead of a band.
        faint: Draw it faintly.
        colour: Number of its colour, 0 to 7; None for the next one.
    """

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    marks: bool = False
    joined: bool = True
    faint: bool = False
    colour: int | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line as drawn: SVG point lists, whiskers (x, top, bottom), and the number of its colour (0 to 7)."""

    label: str
    points: str
    band: str
    dots: Sequence[tuple[float, float]]
    whiskers: Sequence[tuple[float, float, float]]
    colour: int
    faint: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that the template draws; lengths in pixels.

    Attributes:
        tick_x, tick_y: Where the labels of the y axis end and those of the x axis hang.
        middle: Of the plotting area.
    """

    title: str
    description: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    tick_x: int
    tick_y: int
    middle: tuple[float, float]
    x_title: str
    y_title: str
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    diagonal: str
    legend: bool
    lines: Sequence[Drawn]


def chart(
    title: str,
    lines: Sequence[Line],
    *,
    x_title: str,
    y_title: str,
    unit_square: bool = False,
    diagonal: bool = False,
    description: str = "",
    width: int = 360,
    height: int = 320,
    ticks: int = 5,
    legend: bool = True,
) -> Chart:
    """Lay out lines on two axes.

    Args:
        unit_square: Both axes run from 0 to 1; otherwise they span the data.
        diagonal: Draw y = x (chance for a ROC curve, perfect calibration for a reliability curve).
        ticks: About how many there are on each axis.
        legend: Whether several lines are named below the chart; charts that repeat the same lines share one legend.
    """
    right, bottom = width - _RIGHT, height - _BOTTOM
    if unit_square:
        x, y = Scale(0.0, 1.0, _LEFT, right), Scale(0.0, 1.0, bottom, _TOP)
    else:
        x = spanning([value for line in lines for value in line.xs], _LEFT, right)
        y = spanning([value for line in lines for value in (*line.ys, *line.low, *line.high)], bottom, _TOP)

    def points(xs: Sequence[float], ys: Sequence[float]) -> str:
        return " ".join(f"{x(a):g},{y(b):g}" for a, b in zip(xs, ys))

    drawn = [
        Drawn(
            label=line.label,
            points=points(line.xs, line.ys) if line.joined else "",
            band=points([*line.xs, *reversed(line.xs)], [*line.high, *reversed(line.low)])
            if line.low and line.joined
            else "",
            dots=[(x(a), y(b)) for a, b in zip(line.xs, line.ys)] if line.marks else (),
            whiskers=()
            if line.joined
            else [(x(a), y(high), y(low)) for a, low, high in zip(line.xs, line.low, line.high)],
            colour=place % _COLOURS if line.colour is None else line.colour,
            faint=line.faint,
        )
        for place, line in enumerate(lines)
    ]
    ends = (max(x.low, y.low), min(x.high, y.high))
    return Chart(
        title=title,
        description=description or f"{y_title} against {x_title}: {', '.join(line.label for line in lines)}",
        width=width,
        height=height,
        left=_LEFT,
        right=right,
        top=_TOP,
        bottom=bottom,
        tick_x=_LEFT - 6,
        tick_y=bottom + 13,
        middle=((_LEFT + right) / 2, (_TOP + bottom) / 2),
        x_title=x_title,
        y_title=y_title,
        x_ticks=x.ticks(ticks),
        y_ticks=y.ticks(ticks),
        diagonal=points(ends, ends) if diagonal else "",
        legend=legend and len(lines) > 1,
        lines=drawn,
    )
