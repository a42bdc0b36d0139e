"""The table as CSV in long form: one line per row and score, with full precision and the signature."""

from __future__ import annotations

import csv
import io

from cxrbench.leaderboard.page.text import plain
from cxrbench.leaderboard.paper.table import PaperTable

COLUMNS = (
    "model",
    "score",
    "direction",
    "value",
    "low",
    "high",
    "sd",
    "runs",
    "n",
    "place",
    "p_corrected",
    "differs_from_best",
    "protocol",
    "split",
    "signature",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet_safe(text: object) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe stands before one that begins like it."""
    source = plain(text)
    return "'" + source if source.startswith(_FORMULA) else source


def csv_table(table: PaperTable) -> str:
    """The whole table; numbers as they are, undefined ones empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    first = table.first
    for row, cells in zip(table.rows, table.cells):
        for score in table.scores:
            cell = cells[score]
            low, high = cell.ci95 or (None, None)
            writer.writerow(
                [
                    spreadsheet_safe(row.label),
                    spreadsheet_safe(score),
                    table.directions[score],
                    cell.value,
                    low,
                    high,
                    cell.spread,
                    len(row.runs),
                    first.results["scores"][score]["n"],
                    cell.place,
                    cell.p_corrected,
                    None if cell.differs is None else str(cell.differs).lower(),
                    spreadsheet_safe(first.results["protocol"]),
                    spreadsheet_safe(first.record["identity"]["split"]),
                    spreadsheet_safe(table.signatures[score]),
                ]
            )
    return stream.getvalue()
