"""cxrbench data phantom | check | prepare | explore"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with
from cxrbench.cli.progress import StderrReporter
from cxrbench.core.errors import UnknownNameError
from cxrbench.core.reporter import Progress

_PREPARED = ("iu-report", "mimic-qba")
_CHECKED = ("iu-report", "mimic-report", "mimic-qba", "vqa-rad", "slake")
_EXPLORED = ("mimic-qba",)
_index_option = click.option(
    "--index",
    type=click.Path(path_type=Path),
    envvar="CXRBENCH_QBA_INDEX",
    help="mimic-qba: an index that `data prepare` built.",
)


@click.group("data")
def command() -> None:
    """Prepare, check, explore and draw data sets."""


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
@click.option("--open-images", is_flag=True, help="Also open every film; takes hours on full-size copies.")
@click.option("--open-files", is_flag=True, help="mimic-qba: open every question file, however many there are.")
@_index_option
@opt.json_option
def check(
    dataset: str, data_root: Path | None, open_images: bool, open_files: bool, index: Path | None, as_json: bool
) -> Any:
    """Count what a data folder holds, against what is documented; exit with 1 where something is missing."""
    _require(dataset, _CHECKED)
    from cxrbench.cli.data_checks import Wanted, run_check
    from cxrbench.core import jsonio

    report, show = run_check(dataset, data_root, Wanted(open_images, open_files, index))
    if as_json:
        click.echo(jsonio.dumps(report.to_json(), indent=2))
    else:
        show()
    return exit_with(0 if report.complete else 1)


@command.command("prepare")
@click.argument("dataset", default="iu-report")
@opt.data_root_option
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="mimic-qba: processes (default: one per core, at most 8)."
)
@opt.seed_option
def prepare(dataset: str, data_root: Path | None, out: Path, workers: int | None, seed: int) -> None:
    """Write what a data set is used through: splits and cleaned training texts, or the index of mimic-qba."""
    _require(dataset, _PREPARED)
    if dataset == "mimic-qba":
        from cxrbench.cli.data_qba import prepare_qba

        prepare_qba(data_root, out, workers)
        return
    from cxrbench.datasets.prepare import prepare_iu_xray
    from cxrbench.datasets.roots import resolve_root

    made = prepare_iu_xray(resolve_root(data_root, "iu-xray").path, out, seed=seed)
    click.echo(f"{made.splits}\n{made.targets}: {made.usable} targets")
    for reason, count in made.excluded.items():
        click.echo(f"{count} studies left out: {reason}", err=True)


@command.command("explore")
@click.argument("dataset", default="mimic-qba")
@opt.data_root_option
@_index_option
@click.option("--out", type=click.Path(path_type=Path), required=True, help="HTML page to write.")
@click.option("--preset", default="finetuning", show_default=True, help="pretraining, finetuning or precision.")
@click.option("--split", "splits", multiple=True, help="Only this split; repeat for several.")
def explore(
    dataset: str, data_root: Path | None, index: Path | None, out: Path, preset: str, splits: tuple[str, ...]
) -> None:
    """Show the balance and quality of the questions, before and after filtering, as a page of numbers and plots."""
    _require(dataset, _EXPLORED)
    from cxrbench.cli.data_qba import explore_qba

    explore_qba(data_root, index, out, preset, splits)


def _require(dataset: str, known: tuple[str, ...]) -> None:
    if dataset not in known:
        raise UnknownNameError("data set", dataset, known, where="data")
