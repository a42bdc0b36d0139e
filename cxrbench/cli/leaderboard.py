"""cxrbench leaderboard build"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with
from cxrbench.cli.progress import StderrReporter

_PATH = click.Path(path_type=Path)


@click.group("leaderboard")
def command() -> None:
    """Build leaderboards from run folders."""


@command.command("build")
@click.argument("runs", type=_PATH, metavar="RUNS")
@click.option("--out", type=_PATH, default=Path("site"), show_default=True, help="Folder of the pages.")
@click.option("--rank-by", multiple=True, metavar="SCORE", help="Rank by this score too; repeatable.")
@click.option("--trust", multiple=True, metavar="MODULE:NAME", help="A task or metric of your own that runs name.")
@click.option("--newest", is_flag=True, help="One row per model name and inputs: the newest run.")
@click.option("--links/--no-links", default=True, show_default=True, help="Link to the report.html beside each run.")
@click.option(
    "--resamples",
    type=int,
    default=10_000,
    envvar="CXRBENCH_RESAMPLES",
    show_default=True,
    help="Bootstrap resamples that all models share, and exchanges of each test.",
)
@opt.seed_option
@click.option("--cache", type=_PATH, help="Folder of earlier results (default: in the cache of cxrbench).")
@click.option("--no-cache", is_flag=True, help="Compute everything, keep nothing.")
@opt.json_option
@opt.config_option
def build(
    runs: Path,
    out: Path,
    rank_by: tuple[str, ...],
    trust: tuple[str, ...],
    newest: bool,
    links: bool,
    resamples: int,
    seed: int,
    cache: Path | None,
    no_cache: bool,
    as_json: bool,
    config: Path | None,
) -> Any:
    """Static pages from all runs below the folder RUNS: one table per task, data, split and protocol.

    Nothing is uploaded, and the pages load nothing. A run that cannot be used is listed with the reason; the exit
    code is 1 where no run could be shown at all.
    """
    from cxrbench.cli.show_leaderboard import print_site
    from cxrbench.leaderboard.board import build as board
    from cxrbench.leaderboard.board.analysis import Settings
    from cxrbench.leaderboard.board.cache import Cache, leaderboard_cache_dir

    settings = Settings(resamples=resamples, trials=resamples, seed=seed)
    site = board.build(
        runs,
        out,
        board.Options(newest, rank_by, frozenset(trust), links, settings),
        cache=Cache(None if no_cache else cache or leaderboard_cache_dir()),
        note=StderrReporter().note,
    )
    print_site(site, as_json=as_json)
    return exit_with(0 if site.summary["tables"] else 1)
