"""cxrbench report"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt

_PATH = click.Path(path_type=Path)


@click.command("report")
@click.argument("run", type=_PATH)
@click.option("--out", type=_PATH, help="HTML file or folder. Default: report.html in the run folder.")
@click.option(
    "--score", "scores", multiple=True, help="A score to draw strata by; repeatable. Default: two headline scores."
)
@click.option(
    "--min-n",
    "few",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Numbers on fewer examples are grey; suppressed where the data are restricted.",
)
@opt.json_option
@opt.config_option
def command(run: Path, as_json: bool, config: Path | None, **given: Any) -> None:
    """Write the stratified report of a run, one HTML file made from its folder alone.

    RUN is a run folder.
    """
    from cxrbench.cli.show_report import print_written
    from cxrbench.leaderboard.run_pages import write_pages

    print_written(write_pages(run, **given), as_json=as_json)
