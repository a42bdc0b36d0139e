"""The first page of a site: every table with its leaders, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxrbench.leaderboard.board.columns import columns, counted
from cxrbench.leaderboard.board.standings_view import rank_text
from cxrbench.leaderboard.page.names import score_title
from cxrbench.leaderboard.page.text import count

_TOP = 5
_SCORES = 3


def index_view(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Tables grouped by task and data, one card per table."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for table in summary["tables"]:
        groups.setdefault((table["task"], table["data"], table["phantom"], table["restricted"]), []).append(table)
    return {
        "groups": [
            {
                "id": f"g{number}",
                "title": f"{task} on {data}",
                "phantom": phantom,
                "restricted": restricted,
                "cards": [_card(table) for table in tables],
            }
            for number, ((task, data, phantom, restricted), tables) in enumerate(groups.items())
        ]
    }


def _card(table: Mapping[str, Any]) -> dict[str, Any]:
    shown = [column for column in columns(table) if column.headline][:_SCORES]
    models = [row for row in table["rows"] if row["kind"] == "model"]
    floors = [row for row in table["rows"] if row["kind"] == "floor"]
    top = models[:_TOP] or floors[:_TOP]
    others = len(table["rows"]) - len(top)
    words = [counted(len(models), "model") if models else "", counted(len(floors), "floor") if floors else ""]
    return {
        "id": table["id"],
        "protocol": table["protocol"],
        "split": table["split"],
        "n": count(table["n"]),
        "rows": ", ".join(filter(None, words)) or "nothing ranked",
        "caption": f"Best first by {score_title(table['main'])}" if table["main"] else "",
        "columns": shown,
        "top": _top(table, top, shown),
        "more": f"{others} more rows, all scores, tests and provenance"
        if others
        else "All scores, tests and provenance",
    }


def _top(table: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], shown: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "label": row["label"],
            "rank": rank_text(row["ranks"].get(table["main"], {})),
            "cells": [
                column.cell(
                    row["scores"].get(column.name),
                    best=row["ranks"].get(column.name, {}).get("rank") == 1,
                    note="",
                )
                for column in shown
            ],
        }
        for row in rows
    ]
