"""How `report` says what it wrote."""

from __future__ import annotations

import click

from cxrbench.core import jsonio
from cxrbench.leaderboard.page.text import plain
from cxrbench.leaderboard.run_pages import WrittenPages


def print_written(written: WrittenPages, *, as_json: bool) -> None:
    """The files on stdout; what was left out, and what must be read first."""
    if as_json:
        record = {
            "report": str(written.report),
            "banners": [" ".join((f"{heading}.", sentence)) for heading, sentence in written.banners],
            "left_out": list(written.left_out),
        }
        click.echo(jsonio.dumps(record, indent=2))
        return
    for heading, sentence in written.banners:
        click.echo(plain(f"{heading}: {sentence}"), err=True)
    for sentence in written.left_out:
        click.echo(plain(f"left out: {sentence}"), err=True)
    click.echo(f"report: {written.report}")
