"""cxrbench list"""

from __future__ import annotations

from pathlib import Path

import click

from cxrbench.cli import options as opt
from cxrbench.core.errors import UnknownNameError

KINDS = ("tasks", "models", "metrics", "protocols", "splits", "conditions", "runs")


@click.command("list")
@click.argument("kind", required=False)
@click.option("--runs", "folder", type=click.Path(path_type=Path), default=Path("runs"), show_default=True)
@opt.json_option
def command(kind: str | None, folder: Path, as_json: bool) -> None:
    """List tasks, models, metrics, protocols, splits, conditions or runs; everything but runs without a KIND."""
    if kind is not None and kind not in KINDS:
        raise UnknownNameError("kind", kind, KINDS, where="cxrbench list")
    from cxrbench.cli.catalogue import entries
    from cxrbench.cli.tables import print_table
    from cxrbench.core import jsonio

    chosen = [kind] if kind else [name for name in KINDS if name != "runs"]
    found = {name: entries(name, folder) for name in chosen}
    if as_json:
        click.echo(jsonio.dumps({name: [dict(row) for row in rows] for name, rows in found.items()}, indent=2))
        return
    for name, rows in found.items():
        if not rows:
            click.echo(f"no {name}")
            continue
        header = list(rows[0])
        print_table(header, [[str(row[column]) for column in header] for row in rows], title=name)
        click.echo()
