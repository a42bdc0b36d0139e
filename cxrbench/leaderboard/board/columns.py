"""The columns of a table: how a score is headed, what n all its cells share, and where values stand in its bars."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cxrbench.leaderboard.charts.scale import Scale
from cxrbench.leaderboard.page.names import score_title
from cxrbench.leaderboard.page.text import interval, number

BAR = 84
"""Width of a cell's bar in pixels."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One score of one run as shown.

    Attributes:
        n: Written only where it differs from the column's.
        bar, whisker: SVG paths; empty where there is nothing to draw.
        note: Why there is no value, or what else a reader must know.
        best: Whether no other model is shown to be better.
    """

    text: str
    interval: str
    n: str
    bar: str
    whisker: str
    note: str
    best: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A score as a column.

    Attributes:
        over, title: The heading in two lines, for example "Label F1 (rules)" and "micro, 14 conditions".
        n: That of most cells.
    """

    name: str
    over: str
    title: str
    direction: str
    headline: bool
    n: int
    scale: Scale

    def cell(self, found: Mapping[str, Any] | None, *, best: bool, note: str) -> Cell:
        """The cell of a run; `found` is the run's score, None where it was not scored by it."""
        if found is None:
            return Cell("–", "", "", "", "", note or "not scored by it", False)
        value, ci95 = found["value"], found["ci95"]
        if value is None:
            return Cell("–", "", "", "", "", f"undefined: {found.get('reason') or 'no reason recorded'}", False)
        return Cell(
            text=number(value, ci95).replace("-", "−"),
            interval=interval(ci95) or "no interval",
            n="" if found["n"] == self.n else f"n = {found['n']}",
            bar=f"M{self.scale(0):.0f} 3H{self.scale(value):.0f}",
            # Whole pixels keep a page of a thousand cells small; outward, so that a narrow interval stays visible.
            whisker=f"M{math.floor(self.scale(ci95[0]))} 3H{math.ceil(self.scale(ci95[1]))}" if ci95 else "",
            note=note,
            best=best,
        )


def columns(table: Mapping[str, Any]) -> list[Column]:
    """The columns of a table of the summary, in its order."""
    return [_column(score, [row["scores"].get(score["name"]) for row in table["rows"]]) for score in table["scores"]]


def _column(score: Mapping[str, Any], found: Sequence[Mapping[str, Any] | None]) -> Column:
    defined = [item for item in found if item is not None and item["value"] is not None]
    ends = [bound for item in defined for bound in (item["value"], *(item["ci95"] or ()))]
    over, title = heading(score["name"])
    return Column(
        name=score["name"],
        over=over,
        title=title,
        direction=score["direction"],
        headline=score["headline"],
        n=Counter(item["n"] for item in defined).most_common(1)[0][0],
        scale=Scale(min(0.0, *ends), max(0.0, *ends) or 1.0, 0.0, BAR),
    )


def counted(number: int, word: str) -> str:
    """A number with its noun: "1 floor", "5 floors"."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def heading(score: str) -> tuple[str, str]:
    """The title of a score in two lines: what it belongs to, and which one of these it is."""
    title = score_title(score)
    over, comma, rest = title.partition(", ")
    return (over, rest.replace(" conditions", "")) if comma else ("", title)
