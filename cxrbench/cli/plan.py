"""cxrbench plan"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxrbench.cli import options as opt
from cxrbench.core.errors import UsageError

if TYPE_CHECKING:
    from cxrbench.core.planning import Plan

_PATH = click.Path(path_type=Path)


@click.command("plan")
@click.option("--runs", nargs=2, type=_PATH, metavar="RUN_A RUN_B", help="Two pilot runs of the same task and data.")
@click.option("--run", "single", multiple=True, type=_PATH, help="A pilot run; repeat it to name two.")
@click.option("--score", required=True, help="For example bleu_4 or rules_micro_f1_14.")
@click.option("--difference", type=float, help="How many studies show this difference?")
@click.option("--n", "studies", type=int, help="Which difference do this many studies show?")
@click.option("--power", type=float, default=0.8, show_default=True, help="Chance of finding the difference.")
@click.option("--alpha", type=float, default=0.05, show_default=True, help="Two-sided level of the test.")
@click.option("--protocol", help="Default: the first protocol of the first run.")
@opt.data_root_option
@click.option("--resamples", type=int, default=10_000, envvar="CXRBENCH_RESAMPLES", show_default=True)
@opt.seed_option
@opt.json_option
@opt.config_option
def command(
    runs: tuple[Path, ...] | None,
    single: tuple[Path, ...],
    score: str,
    difference: float | None,
    as_json: bool,
    **given: Any,
) -> None:
    """How many studies a comparison needs, or the smallest difference that a number of studies can show."""
    if bool(runs) == bool(single):
        raise UsageError(
            "name the pilot runs once",
            where="--runs, --run",
            valid="--runs RUN_A RUN_B, or --run RUN",
            hint="cxrbench plan --runs RUN_A RUN_B --score bleu_4 --difference 0.02",
        )
    from cxrbench.core import jsonio
    from cxrbench.core.planning import plan

    names = ("studies", "power", "alpha", "protocol", "data_root", "resamples", "seed")
    options = {name: given[name] for name in names}
    found = plan(tuple(runs or single), score, difference=difference, **options)
    if as_json:
        click.echo(jsonio.dumps(found.to_json()))
    else:
        _print(found, asked=difference)


def _print(found: Plan, asked: float | None) -> None:
    spread = found.spread
    click.echo(f"{spread.score} on {found.task}, protocol {found.protocol}")
    if spread.difference is None:
        pilot = f"pilot: {spread.examples} studies in {spread.groups} groups"
    else:
        pilot = f"pilot: difference {spread.difference:+.4f} on {spread.examples} studies in {spread.groups} groups"
    click.echo(f"{pilot}, standard error of a difference {spread.standard_error:.4f}")
    if asked is not None:
        click.echo(
            f"{found.studies} studies ({found.groups} groups) show a difference of {asked:g} "
            f"with power {found.power:g} at level {found.alpha:g}"
        )
    else:
        click.echo(
            f"{found.studies} studies ({found.groups} groups) show a difference of {found.difference:.4f} or more "
            f"with power {found.power:g} at level {found.alpha:g}"
        )
    for note in found.notes:
        click.echo(f"note: {note}")
    click.echo(found.signature)
