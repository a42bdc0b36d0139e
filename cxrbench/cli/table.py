"""cxrbench table"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.progress import StderrReporter
from cxrbench.core.errors import UsageError


@click.command("table")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["latex", "csv", "md"]), default="md", show_default=True)
@click.option("--score", "scores", multiple=True, help="A column; repeatable. Default: the task's headline scores.")
@click.option("--protocol", envvar="CXRBENCH_PROTOCOL", help="Default: the first protocol of the first run.")
@click.option(
    "--row",
    "named",
    multiple=True,
    metavar="LABEL=RUN,RUN",
    help="Runs (seeds) that form one row, shown as mean and spread; repeatable. Runs of one model name need none.",
)
@click.option("--correction", type=click.Choice(["holm", "bonferroni"]), default="holm", show_default=True)
@click.option("--methods", is_flag=True, help="Add a methods paragraph and the signatures of the scores.")
@click.option("--bib", type=click.Path(path_type=Path), help="Write the bibliography (BibTeX) to this file.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the table to this file instead of stdout.")
@click.option("--resamples", type=int, default=10_000, envvar="CXRBENCH_RESAMPLES", show_default=True)
@opt.seed_option
@opt.data_root_option
def command(
    runs: tuple[Path, ...],
    form: str,
    named: tuple[str, ...],
    methods: bool,
    bib: Path | None,
    out: Path | None,
    **given: Any,
) -> None:
    """Make a table for a paper from run folders: intervals, best and second best, corrected significance marks.

    All runs must be of one task, split, data and protocol, and complete; what differs is listed.
    """
    from cxrbench.core import jsonio
    from cxrbench.leaderboard.paper.bibliography import bibtex, cited
    from cxrbench.leaderboard.paper.document import document
    from cxrbench.leaderboard.paper.table import build_table

    table = build_table(runs, named=_rows(named), reporter=StderrReporter(), **given)
    text = document(table, form, methods=methods)
    for path, content in ((out, text), (bib, bibtex(cited(table)))):
        if path is not None:
            with jsonio.storage_errors(path):
                path.write_text(content, encoding="utf-8")
            click.echo(f"written: {path}", err=True)
    if out is None:
        click.echo(text, nl=False)


def _rows(named: tuple[str, ...]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for item in named:
        label, separator, folders = item.partition("=")
        if not separator or not label.strip() or not folders.strip():
            raise UsageError(f"{item!r} is not LABEL=RUN,RUN", where="--row", valid="--row ours=RUN1,RUN2,RUN3")
        found.setdefault(label.strip(), []).extend(Path(folder) for folder in opt.comma_separated(folders))
    return found
