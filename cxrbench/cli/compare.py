"""cxrbench compare"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with
from cxrbench.cli.progress import StderrReporter


@click.command("compare")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--score", "scores", multiple=True, help="A score to compare; repeatable. Default: the task's headline scores."
)
@click.option("--protocol", envvar="CXRBENCH_PROTOCOL", help="Default: the first protocol of the first run.")
@click.option(
    "--on",
    type=click.Choice(["all", "common"]),
    default="all",
    show_default=True,
    help="common: only the examples that all runs scored.",
)
@click.option(
    "--noninferior",
    multiple=True,
    metavar="SCORE=MARGIN",
    help="Exit with 1 unless the 95% interval of the advantage over the first run lies above -MARGIN; repeatable.",
)
@click.option("--correction", type=click.Choice(["holm", "bonferroni"]), default="holm", show_default=True)
@click.option("--stratum", "strata", multiple=True, help="Compare within each value of this stratum; repeatable.")
@click.option("--flips", type=int, default=20, show_default=True, help="Changed examples to list per direction.")
@click.option(
    "--resamples",
    type=int,
    default=10_000,
    envvar="CXRBENCH_RESAMPLES",
    show_default=True,
    help="Bootstrap resamples, and exchanges of the randomisation test.",
)
@click.option("--html", type=click.Path(path_type=Path), help="Also write the comparison as a page to this file.")
@opt.seed_option
@opt.data_root_option
@opt.json_option
@opt.config_option
def command(runs: tuple[Path, ...], as_json: bool, config: Path | None, html: Path | None, **given: Any) -> Any:
    """Compare each further run with the first one by paired tests on the same examples.

    RUN is a run folder. Runs of another task, version, split, data, protocol or signature are refused. The data are
    only needed (--data-root) where the statistics.parquet of a run cannot serve.
    """
    from cxrbench.cli.show_compare import print_compared
    from cxrbench.core.comparing import compare

    found = compare(runs, reporter=StderrReporter(), **given)
    print_compared(found, as_json=as_json)
    if html is not None:
        from cxrbench.leaderboard.comparison.write import write_comparison

        write_comparison(found, html)
        click.echo(f"written: {html}", err=True)
    return exit_with(0 if found.met else 1)
