"""How `data check` prints what a copy of IU X-ray holds."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cxrbench.cli.tables import print_table
from cxrbench.datasets.check import CheckReport

_SHOWN = 20


def print_check(report: CheckReport) -> None:
    """Counts by split, then everything that is missing, odd or unreadable."""
    kind = "phantom" if report.is_phantom else "IU X-ray"
    click.echo(f"{report.root}: {kind}, {report.studies} studies, {report.images} films on disk")
    rows = [
        [
            item.split,
            "" if item.expected is None else str(item.expected),
            *map(str, counts),
            "" if item.complete else "!",
        ]
        for item in report.splits
        for counts in [(item.studies, item.with_frontal, item.usable)]
    ]
    print_table(["split", "documented", "studies", "with frontal film", "usable", ""], rows, right=(1, 2, 3, 4))
    click.echo(f"empty findings {report.empty_findings}, empty impression {report.empty_impression}, ", nl=False)
    click.echo(f"both empty {len(report.empty_reports)}, findings that repeat {report.duplicate_findings}")
    _print_names("frontal films listed but missing", report.missing_frontals)
    _print_names("other films listed but missing (no task needs them)", report.missing_others, shown=3)
    _print_names("films that no table lists", report.orphan_images)
    _print_names("films of unknown studies", report.unknown_projections)
    _print_names("unreadable films", [f"{name}: {why}" for name, why in (report.unreadable or {}).items()])
    for table, encoding in report.encodings.items():
        if encoding != "utf-8":
            click.echo(f"{table} was read as {encoding}")
    click.echo("complete" if report.complete else "INCOMPLETE")


def _print_names(what: str, names: Sequence[str], shown: int = _SHOWN) -> None:
    if not names:
        return
    click.echo(f"{len(names)} {what}:")
    for name in names[:shown]:
        click.echo(f"  {name}")
    if len(names) > shown:
        click.echo(f"  ... and {len(names) - shown} more (--json lists all)")
