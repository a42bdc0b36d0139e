"""Tables for people: rich on a terminal, aligned plain text in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    title: str | None = None,
    right: Sequence[int] = (),
    caption: str | None = None,
) -> None:
    """Print a table on stdout.

    Args:
        right: Indexes of the right-aligned columns.
    """
    if not sys.stdout.isatty():
        _print_plain(header, rows, title, right, caption)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # As Text, or an id like "[/b]" would be read as markup.
    table = Table(
        title=None if title is None else Text(title),
        caption=None if caption is None else Text(caption),
        title_justify="left",
        caption_justify="left",
        header_style="bold",
    )
    for index, name in enumerate(header):
        table.add_column(Text(name), justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def _print_plain(
    header: Sequence[str], rows: Sequence[Sequence[str]], title: str | None, right: Sequence[int], caption: str | None
) -> None:
    widths = [max(len(row[index]) for row in [header, *rows]) for index in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        placed: list[Any] = [
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, widths))
        ]
        return "  ".join(placed).rstrip()

    if title:
        print(title)
    print(line(header))
    print(line(["-" * width for width in widths]))
    for row in rows:
        print(line(row))
    if caption:
        print(caption)
