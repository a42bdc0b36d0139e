"""From the options of `report` to its pages, and how it says what it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.core import jsonio
from cxrbench.core.errors import UsageError
from cxrbench.leaderboard.page.text import plain
from cxrbench.leaderboard.run_pages import PageOptions, WrittenPages
from cxrbench.leaderboard.viewer.write import ViewerOptions

_OF_VIEWER = ("films", "side", "most", "restricted_content", "data_root")


def page_options(
    *, data_agreement: str | None, examples: bool, others: tuple[Path, ...], **given: Any
) -> PageOptions:
    """The options of the command.

    Raises:
        UsageError: Something is asked of the viewer without the viewer.
    """
    for wanted, name in ((others, "--with"), (given["restricted_content"], "--restricted-content")):
        if wanted and not examples:
            raise UsageError(f"{name} is about the viewer", where=name, hint="add --examples")
    viewer = ViewerOptions(agreement=data_agreement, **{name: given.pop(name) for name in _OF_VIEWER})
    return PageOptions(examples=examples, others=others, viewer=viewer, **given)


def print_written(written: WrittenPages, *, as_json: bool) -> None:
    """The files on stdout; what was left out, and what must be read first, on stderr."""
    if as_json:
        record = {
            "report": str(written.report),
            "viewer": None if written.viewer is None else str(written.viewer),
            "banners": [f"{heading}. {sentence}" for heading, sentence in written.banners],
            "left_out": list(written.left_out),
        }
        click.echo(jsonio.dumps(record, indent=2))
        return
    for heading, sentence in written.banners:
        click.echo(plain(f"{heading}: {sentence}"), err=True)
    for sentence in written.left_out:
        click.echo(plain(f"left out: {sentence}"), err=True)
    click.echo(f"report: {written.report}")
    if written.viewer is not None:
        click.echo(f"viewer: {written.viewer}")
