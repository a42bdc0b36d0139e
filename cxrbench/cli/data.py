"""cxrbench data phantom | check | prepare"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with
from cxrbench.cli.progress import StderrReporter
from cxrbench.core.errors import UnknownNameError
from cxrbench.core.reporter import Progress

_DATASETS = ("iu-report",)


@click.group("data")
def command() -> None:
    """Prepare, check and draw data sets."""


@command.command("phantom")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--dataset", default="iu-xray", show_default=True, help="iu-xray, mimic-qba, vqa-rad or slake.")
@click.option("--studies", type=click.IntRange(min=10), help="Studies, or images of vqa-rad and slake.")
@click.option("--questions", type=int, help="mimic-qba: questions per study.")
@click.option("--no-films", is_flag=True, help="mimic-qba: tables, reports, graphs and questions only.")
@click.option("--unpacked", is_flag=True, help="mimic-qba: files in folders instead of zip archives.")
@opt.seed_option
def phantom(
    folder: Path, dataset: str, studies: int | None, questions: int | None, no_films: bool, unpacked: bool, seed: int
) -> None:
    """Draw a phantom: chest X-rays of nobody, in the on-disk format of a data set."""
    from cxrbench.datasets.phantom.kinds import phantom_kind

    kind = phantom_kind(dataset)
    options = {
        **({"questions": questions} if questions is not None else {}),
        **({"films": False} if no_films else {}),
        **({"unpacked": True} if unpacked else {}),
    }
    progress = Progress(StderrReporter(), "writing" if no_films else "drawing")
    info = kind.write(folder, studies=studies or kind.studies, seed=seed, progress=progress, **options)
    click.echo(f"{folder}: {info.studies} studies, fingerprint {info.fingerprint}")


@command.command("check")
@click.argument("dataset", default="iu-report")
@opt.data_root_option
@click.option("--open-images", is_flag=True, help="Also open every film; takes minutes on full-size copies.")
@opt.json_option
def check(dataset: str, data_root: Path | None, open_images: bool, as_json: bool) -> Any:
    """Count what a data folder holds, against what is documented; exit with 1 where something is missing."""
    _require(dataset)
    from cxrbench.cli.show_check import print_check
    from cxrbench.core import jsonio
    from cxrbench.datasets.check import check_iu_xray
    from cxrbench.datasets.roots import resolve_root

    report = check_iu_xray(resolve_root(data_root, "iu-xray").path, open_images=open_images)
    if as_json:
        click.echo(jsonio.dumps(report.to_json(), indent=2))
    else:
        print_check(report)
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

    made = prepare_iu_xray(resolve_root(data_root, "iu-xray").path, out, seed=seed)
    click.echo(f"{made.splits}\n{made.targets}: {made.usable} targets")
    for reason, count in made.excluded.items():
        click.echo(f"{count} studies left out: {reason}", err=True)


def _require(dataset: str) -> None:
    if dataset not in _DATASETS:
        raise UnknownNameError("data set", dataset, _DATASETS, where="data")
