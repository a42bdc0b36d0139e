"""Which check belongs to which data set, and how its result is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cxrbench.cli.progress import StderrReporter
from cxrbench.cli.tables import print_table
from cxrbench.core.reporter import Progress
from cxrbench.datasets.checks.report import DataCheck, Finding
from cxrbench.datasets.roots import DataRoot, resolve_root

_SHOWN = 20
_PARTS = {"iu-report": "iu-xray", "mimic-report": "mimic-cxr"}
"""Task -> data set, where the two have different names."""


@dataclass(frozen=True)
class Wanted:
    """What the user asked to be looked at; see `cxrbench data check --help`."""

    open_images: bool = False
    open_files: bool = False
    index: Path | None = None


def run_check(dataset: str, data_root: Path | None, wanted: Wanted) -> tuple[Any, Callable[[], None]]:
    """The check (with `complete` and `to_json()`), and how to print it.

    Raises:
        DataError: The data cannot be read at all.
        UsageError: The index is of other data.
    """
    root = resolve_root(data_root, _PARTS.get(dataset, dataset), progress=Progress(StderrReporter(), "drawing"))
    if dataset == "iu-report":
        from cxrbench.cli.show_check import print_check
        from cxrbench.datasets.check import check_iu_xray

        report = check_iu_xray(root.path, open_images=wanted.open_images)
        return report, lambda: print_check(report)
    check = _check(dataset, root, wanted)
    return check, lambda: print_data_check(check)


def _check(dataset: str, root: DataRoot, wanted: Wanted) -> DataCheck:
    if dataset == "vqa-rad":
        from cxrbench.datasets.checks.vqa_rad import check_vqa_rad

        return check_vqa_rad(root.path)
    if dataset == "slake":
        from cxrbench.datasets.checks.slake import check_slake

        return check_slake(root.path)
    if dataset == "mimic-report":
        from cxrbench.datasets.checks.mimic_report import check_mimic_report

        return check_mimic_report(root.parts["jpg"], root.parts.get("reports"), open_images=wanted.open_images)
    from cxrbench.datasets.checks.qba import check_qba

    progress = Progress(StderrReporter(), "reading studies:")
    index, open_files = wanted.index, wanted.open_files
    return check_qba(root.path, root.parts.get("jpg"), index=index, open_files=open_files, progress=progress)


def print_data_check(check: DataCheck) -> None:
    """Counts, then everything that is missing or odd, the serious first."""
    kind = f"phantom of {check.dataset}" if check.is_phantom else check.dataset
    click.echo(f"{check.root}: {kind}, fingerprint {check.fingerprint[:16]}")
    rows = [
        [
            count.what,
            "not there" if count.found is None else f"{count.found:,}",
            "" if count.documented is None else f"{count.documented:,}",
            "" if count.fits else "!",
            count.note,
        ]
        for count in check.counts
    ]
    documented = any(count.documented is not None for count in check.counts)
    header = ["", "found", *(["documented", "", ""] if documented else [])]
    print_table(header, [row[: len(header)] for row in rows], right=(1, 2))
    for finding in sorted(check.findings, key=lambda item: not item.serious):
        _print_finding(finding)
    for note in check.notes:
        click.echo(note)
    click.echo("complete" if check.complete else "INCOMPLETE")


def _print_finding(finding: Finding) -> None:
    click.echo(f"{finding.count:,} {'! ' if finding.serious else ''}{finding.what}:")
    for name in finding.names[:_SHOWN]:
        click.echo(f"  {name}")
    if len(finding.names) > _SHOWN:
        click.echo(f"  ... and {len(finding.names) - _SHOWN} more (--json lists them)")
