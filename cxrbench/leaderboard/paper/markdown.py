"""The table as Markdown (a pipe table), every name escaped."""

from __future__ import annotations

import re

from cxrbench.leaderboard.page.names import score_title
from cxrbench.leaderboard.page.text import shortened
from cxrbench.leaderboard.paper.footnotes import footnotes
from cxrbench.leaderboard.paper.table import Cell, PaperTable
from cxrbench.leaderboard.paper.values import MARK, bounds_text, value_text

_NAME = 60
PROSE = 10_000
_MARKUP = re.compile(r"([\\`*_\[\]|~$]|^[#+-])")


def markdown_escape(text: object, width: int = _NAME) -> str:
    """Text in one line, with everything that Markdown, a pipe table or HTML would act upon escaped.

    Args:
        width: Most characters; what is longer ends in an ellipsis.
    """
    escaped = _MARKUP.sub(r"\\\1", shortened(text, width))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def markdown(table: PaperTable) -> str:
    """The pipe table, and its footnotes as a paragraph."""
    arrows = {"higher": "↑", "lower": "↓"}
    heads = [f"{markdown_escape(score_title(score))} {arrows[table.directions[score]]}" for score in table.scores]
    lines = [
        "| " + " | ".join(["Model", *heads]) + " |",
        "|" + "|".join(["---", *["---:"] * len(table.scores)]) + "|",
    ]
    for row, cells in zip(table.rows, table.cells):
        shown = [markdown_escape(row.label), *(_cell(cells[score]) for score in table.scores)]
        lines.append("| " + " | ".join(shown) + " |")
    return "\n".join([*lines, "", " ".join(markdown_escape(note, PROSE) for note in footnotes(table)), ""])


def _cell(cell: Cell) -> str:
    value = value_text(cell)
    if cell.place == 1:
        value = f"**{value}**"
    elif cell.place == 2:
        value = f"<u>{value}</u>"
    return " ".join(filter(None, (value + (MARK if cell.differs else ""), bounds_text(cell))))
