"""cxrbench data phantom | check | prepare"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with
from cxrbench.cli.progress import StderrReporter
from cxrbench.core.errors import UnknownNameError

_DATASETS = ("iu-report",)


@click.group("data")
def command() -> None:
    """Prepare, check and draw data sets."""


@command.command("phantom")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--studies", type=click.IntRange(min=10), help="Number of studies (default: as used by tasks).")
@opt.seed_option
def phantom(folder: Path, studies: int | None, seed: int) -> None:
    """Draw a phantom: chest X-rays of nobody, in the on-disk format of IU X-ray."""
    from cxrbench.datasets.phantom import DEFAULT_STUDIES, write_phantom

    count = studies or DEFAULT_STUDIES
    reporter = StderrReporter()
    reporter.start(count, 0, "drawing")
    info = write_phantom(folder, studies=count, seed=seed, progress=reporter.advance)
    reporter.finish()
    click.echo(f"{folder}: {info.studies} studies, fingerprint {info.fingerprint}")


@command.command("check")
@click.argument("dataset", default="iu-report")
@opt.data_root_option
@opt.json_option
def check(dataset: str, data_root: Path | None, as_json: bool) -> Any:
    """Count what a data folder holds, against what is documented; exit with 1 where something is missing."""
    _require(dataset)
    from cxrbench.core import jsonio
    from cxrbench.datasets.check import check_iu_xray
    from cxrbench.datasets.roots import resolve_root

    report = check_iu_xray(resolve_root(data_root, "iu-xray").path)
    click.echo(jsonio.dumps(report.to_json(), indent=2) if as_json else report.to_text())
    return exit_with(0 if report.complete else 1)


@command.command("prepare")
@click.argument("dataset", default="iu-report")
@opt.data_root_option
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for splits.json and targets.jsonl."
)
@opt.seed_option
def prepare(dataset: str, data_root: Path | None, out: Path, seed: int) -> None:
    """Write the splits and the cleaned training texts of a data set."""
    _require(dataset)
    from cxrbench.datasets.prepare import prepare_iu_xray
    from cxrbench.datasets.roots import resolve_root

    for path in prepare_iu_xray(resolve_root(data_root, "iu-xray").path, out, seed=seed):
        click.echo(str(path))


def _require(dataset: str) -> None:
    if dataset not in _DATASETS:
        raise UnknownNameError("data set", dataset, _DATASETS, where="data")
