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
@click.option("--examples", is_flag=True, help="Also write viewer.html: every example with film and texts.")
@click.option(
    "--with",
    "others",
    multiple=True,
    type=_PATH,
    metavar="RUN",
    help="A further run of the same task and data to show in the viewer; repeatable.",
)
@click.option(
    "--films",
    type=click.Choice(["link", "embed", "none"]),
    default="link",
    show_default=True,
    help="Link films to where they lie, embed small copies, or leave them out.",
)
@click.option(
    "--film-side",
    "side",
    type=click.IntRange(32, 2048),
    default=320,
    show_default=True,
    help="Longer side of an embedded film, in pixels.",
)
@click.option(
    "--max-examples",
    "most",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Examples in the viewer; of more, the worst are kept.",
)
@click.option(
    "--restricted-content",
    is_flag=True,
    help="Put texts and films of restricted data into the viewer; needs --data-agreement as well.",
)
@click.option(
    "--data-agreement", metavar="TEXT", help="The agreement under which you hold restricted data; shown on the page."
)
@opt.data_root_option
@opt.json_option
@opt.config_option
def command(run: Path, as_json: bool, config: Path | None, **given: Any) -> None:
    """Write the stratified report of a run, one HTML file made from its folder alone.

    RUN is a run folder. With --examples the example viewer is written beside it, for which the data are read again
    (--data-root). Of restricted data it shows ids and numbers, unless two options ask for more.
    """
    from cxrbench.cli.show_report import page_options, print_written
    from cxrbench.leaderboard.run_pages import write_pages

    print_written(write_pages(run, page_options(**given)), as_json=as_json)
