"""cxrbench show"""

from __future__ import annotations

from pathlib import Path

import click

from cxrbench.cli import options as opt
from cxrbench.core.errors import UnknownNameError


@click.command("show")
@click.argument("name")
@click.option("--protocol", help="Of a run: the protocol to show.")
@opt.json_option
def command(name: str, protocol: str | None, as_json: bool) -> None:
    """Show one task, model, metric, protocol or condition by name, or a run by its folder."""
    from cxrbench.core import jsonio

    path = Path(name)
    if path.is_dir() or path.name == "run.json":
        from cxrbench.cli.show_results import print_results
        from cxrbench.core.results import load_results

        results = load_results(path, protocol)
        if as_json:
            click.echo(jsonio.dumps(results.record, indent=2))
        else:
            print_results(results)
            for note in results.record.get("provenance", {}).get("data", {}).get("notes", ()):
                click.echo(f"note: {note}")
        return
    from cxrbench.cli.catalogue import entries

    kinds = ("tasks", "models", "metrics", "protocols", "conditions")
    rows = [{"kind": kind[:-1], **row} for kind in kinds for row in entries(kind, path)]
    found = [row for row in rows if name in (row.get("name"), row.get("score"), row.get("family"))]
    if not found:
        known = sorted({str(row.get("name") or row.get("score")) for row in rows})
        raise UnknownNameError("name", name, known, hint="cxrbench list; for a run give its folder")
    if as_json:
        click.echo(jsonio.dumps(found, indent=2))
        return
    for row in found:
        for key, value in row.items():
            click.echo(f"{key + ':':12}{value}")
        click.echo()
