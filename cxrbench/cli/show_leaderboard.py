"""How `leaderboard build` says what it built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cxrbench.cli.tables import print_table
from cxrbench.core import jsonio
from cxrbench.leaderboard.board.build import Site
from cxrbench.leaderboard.page.text import shortened

_LISTED = 20


def print_site(site: Site, *, as_json: bool) -> None:
    """The tables with their leaders, what was left out and why, and the page to open; or one JSON document."""
    summary = site.summary
    if as_json:
        record = {
            "site": str(site.folder),
            "index": str(site.index),
            "files": list(site.files),
            "tables": [_table(table) for table in summary["tables"]],
            "left_out": summary["left_out"],
        }
        click.echo(jsonio.dumps(record, indent=2))
        return
    rows = [
        [
            shortened(found["id"]),
            str(found["n"]),
            str(found["models"]),
            str(found["floors"]),
            str(found["not_ranked"]),
            shortened(", ".join(found["first"]), 60) or "-",
            found["by"] or "-",
        ]
        for found in map(_table, summary["tables"])
    ]
    if rows:
        header = ["table", "n", "models", "floors", "not ranked", "rank 1", "by"]
        print_table(header, rows, title="Leaderboards", right=(1, 2, 3, 4))
    left_out = summary["left_out"]
    if left_out:
        click.echo(f"\n{len(left_out)} left out:")
        for item in left_out[:_LISTED]:
            click.echo(f"  {shortened(item['path'], 80)}: {shortened(item['reason'], 160)}")
        if len(left_out) > _LISTED:
            click.echo(f"  ... and {len(left_out) - _LISTED} more, all of them on the page")
    click.echo(f"\nopen {site.index}")


def _table(table: Mapping[str, Any]) -> dict[str, Any]:
    kinds = [row["kind"] for row in table["rows"]]
    return {
        "id": table["id"],
        "n": table["n"],
        "models": kinds.count("model"),
        "floors": kinds.count("floor"),
        "not_ranked": len(kinds) - kinds.count("model") - kinds.count("floor"),
        "by": table["main"],
        "first": [row["label"] for row in table["rows"] if row["ranks"].get(table["main"], {}).get("rank") == 1],
    }
