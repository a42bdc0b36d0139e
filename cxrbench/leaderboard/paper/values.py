"""How a cell is written in text: value, interval or spread, and the mark of a difference."""

from __future__ import annotations

from cxrbench.leaderboard.page.text import interval, number
from cxrbench.leaderboard.paper.table import Cell

MARK = "†"


def value_text(cell: Cell) -> str:
    """The value with as many digits as its interval or spread justifies."""
    if cell.spread is not None and cell.value is not None:
        return number(cell.value, (cell.value - cell.spread, cell.value + cell.spread))
    return number(cell.value, cell.ci95)


def bounds_text(cell: Cell) -> str:
    """`[low, high]` of a single run, `± sd` of several, or nothing."""
    if cell.spread is not None and cell.value is not None:
        return f"± {number(cell.spread, (cell.value - cell.spread, cell.value + cell.spread))}"
    return interval(cell.ci95)
