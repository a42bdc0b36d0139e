"""The summary of a table turned into what its page shows: texts, coordinates, and the data of its script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxrbench.leaderboard.board.columns import Column, columns, counted
from cxrbench.leaderboard.board.published import published_for
from cxrbench.leaderboard.board.standings_view import certainty, matrix, rank_text, tests
from cxrbench.leaderboard.page.names import score_title
from cxrbench.leaderboard.page.text import count, number

_KINDS = {
    "model": "Models",
    "oracle": "Oracle inputs: never ranked",
    "control": "Controls: wrong or empty films, never ranked",
    "unranked": "Not ranked",
    "floor": "Floors: what any model must beat",
}
_BOUND_DIGITS = 6
_LARGE = 40
"""Rows beyond which a page holds the tests of the main score alone and no matrix; the JSON file has all."""


def table_view(table: Mapping[str, Any], site: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the template of a table shows."""
    shown = columns(table)
    labels = {row["id"]: row["label"] for row in table["rows"]}
    ranked = [score for score in table["ranked_by"] if any(score in pool["by"] for pool in table["pools"])]
    large = len(table["rows"]) > _LARGE
    published = published_for(table["task"], table["data"])
    return {
        "id": table["id"],
        "title": f"{table['task']}, protocol {table['protocol']}",
        "main": table["main"],
        "main_title": score_title(table["main"]) if table["main"] else "",
        "banners": _banners(table),
        "facts": _facts(table, site),
        "columns": shown,
        "families": _families(shown),
        "sections": _sections(table, shown),
        "inputs": sorted({", ".join(row["inputs"]) for row in table["rows"]}),
        "n": count(table["n"]),
        "unit": table["unit"],
        "ranked": [(score, score_title(score)) for score in ranked],
        "certainty": [part for pool in table["pools"] if (part := certainty(table, pool, ranked))["columns"]],
        "matrices": [] if large else [matrix(table, pool, labels) for pool in table["pools"]],
        "tests": tests(table, ranked[:1] if large else ranked, labels),
        "large": large,
        "unranked": [(row["label"], row["reason"]) for row in table["rows"] if row["reason"]],
        "reasons": _reasons(table),
        "undefined": _undefined(table),
        "reliance": table["reliance"],
        "apart": [{**item, "why": ", ".join(item["differs_in"])} for item in table["apart"]],
        "published": None if published is None else _published(published),
        "signatures": _signatures(table),
        "runs": [_run(row) for row in table["rows"]],
        "settings": site["settings"],
        "data": _data(table, shown, ranked, large),
    }


def _banners(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    if table["phantom"]:
        found.append(("Phantom data.", "Drawn pictures: these numbers say nothing about real patients."))
    if table["restricted"]:
        text = "This page holds numbers over all examples alone: no text, no film and no id of any example."
        found.append(("Restricted data.", text))
    if not any(row["kind"] == "model" for row in table["rows"]):
        found.append(("No model yet.", "Only baselines or runs that cannot be ranked are here."))
    return found


def _facts(table: Mapping[str, Any], site: Mapping[str, Any]) -> list[tuple[str, str]]:
    settings = site["settings"]
    by_kind = {kind: sum(row["kind"] == kind for row in table["rows"]) for kind in _KINDS}
    words = [counted(by_kind[kind], kind) for kind in ("model", "floor", "control") if by_kind[kind]]
    words += [f"{by_kind['oracle']} with oracle inputs"] if by_kind["oracle"] else []
    words += [f"{by_kind['unranked']} not ranked"] if by_kind["unranked"] else []
    every = [found for pool in table["pools"] for found in pool["by"].values()]
    groups = next((found["groups"] for found in every if "groups" in found), 0)
    return [
        ("Data", f"{table['data']}, split {table['split']}, n = {count(table['n'])}"),
        ("Rows", ", ".join(words)),
        (
            "Uncertainty",
            f"95 % intervals by resampling {table['unit']}"
            + (f" ({count(groups)})" if groups else "")
            + f"; ranks from {count(settings['resamples'])} resamples that all models share",
        ),
        *_detectable_fact(table),
    ]


def _detectable_fact(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    for pool in table["pools"]:
        found = pool["by"].get(table["main"], {}).get("detectable")
        if found:
            text = f"{score_title(table['main'])}: about {number(found['difference'])} (power {found['power']:.0%})"
            return [("Smallest difference that can be seen", text.replace("%", " %"))]
    return []


def _families(shown: Sequence[Column]) -> list[dict[str, Any]]:
    """Columns by the first line of their heading, for the chooser."""
    found: dict[str, list[Column]] = {}
    for column in shown:
        found.setdefault(column.over or "Scores", []).append(column)
    return [{"title": title, "columns": items} for title, items in found.items()]


def _sections(table: Mapping[str, Any], shown: Sequence[Column]) -> list[dict[str, Any]]:
    """Blocks of rows: models by inputs, then what is not ranked, then floors."""
    several = len({tuple(row["inputs"]) for row in table["rows"] if row["kind"] == "model"}) > 1
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in table["rows"]:
        inputs = ", ".join(row["inputs"]) if several and row["kind"] == "model" else ""
        found.setdefault((row["kind"], inputs), []).append(row)
    sections = []
    for number_, ((kind, inputs), rows) in enumerate(found.items()):
        title = _KINDS[kind] + (f" shown {inputs}: ranked among themselves" if inputs else "")
        cells = [_row(table, row, shown) for row in rows]
        sections.append({"id": f"s{number_}", "kind": kind, "title": title, "rows": cells})
    return sections


def _row(table: Mapping[str, Any], row: Mapping[str, Any], shown: Sequence[Column]) -> dict[str, Any]:
    counts = row["status_counts"]
    problems = [f"{count(counts[status])} {status}" for status in ("empty", "refused") if counts[status]]
    if counts["error"]:
        problems.append(f"{count(counts['error'])} failed")
    main = row["ranks"].get(table["main"], {})
    return {
        "id": row["id"],
        "label": row["label"],
        "kind": row["kind"],
        "version": row["model"]["version"] if row["kind"] != "floor" else "",
        "rank": rank_text(main),
        "why_unranked": row["reason"] or row["not_ranked"].get(table["main"], ""),
        "inputs": row["inputs"],
        "seen": row["seen"],
        "problems": problems,
        "cells": [
            column.cell(
                row["scores"].get(column.name),
                best=row["ranks"].get(column.name, {}).get("rank") == 1,
                note=row["not_ranked"].get(column.name, ""),
            )
            for column in shown
        ],
    }


def _undefined(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(scores, why no row has a value of them)."""
    found: dict[str, list[str]] = {}
    for score, reason in table["undefined"].items():
        found.setdefault(reason, []).append(score_title(score))
    return [(", ".join(scores), reason) for reason, scores in found.items()]


def _reasons(table: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(row, scores, why it is not ranked by them)."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in table["rows"]:
        for score, reason in row["not_ranked"].items():
            found.setdefault((row["label"], reason), []).append(score_title(score))
    return [(label, ", ".join(scores), reason) for (label, reason), scores in found.items()]


def _signatures(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(signature, the scores that have it)."""
    found: dict[str, list[str]] = {}
    for score in table["scores"]:
        found.setdefault(score["signature"], []).append(score["name"])
    return [(signature, ", ".join(names)) for signature, names in found.items()]


def _published(found: Any) -> dict[str, Any]:
    scores = found.scores
    return {
        "title": found.title,
        "cautions": found.cautions,
        "protocol": found.protocol,
        "scores": [score_title(score) for score in scores],
        "entries": [
            {
                "entry": entry,
                "cells": [f"{entry.scores[score]:.3f}" if score in entry.scores else "–" for score in scores],
            }
            for entry in found.entries
        ],
    }


def _run(row: Mapping[str, Any]) -> dict[str, Any]:
    model, run = row["model"], row["run"]
    trained = model["trained_on"]
    counts = ", ".join(f"{count(number_)} {status}" for status, number_ in row["status_counts"].items() if number_)
    software = run["cxrbench"] + (f", commit {run['git_commit']}" if run["git_commit"] else "")
    facts = [
        ("Model", f"{model['name']} {model['version']}, fingerprint {model['fingerprint']}"),
        ("Given as", model["spec"]),
        ("Inputs", f"shown {', '.join(row['inputs'])}; consumes {', '.join(model['inputs']) or 'no film'}"),
        ("Trained on", "not stated" if trained is None else ", ".join(trained) or "nothing"),
        ("Licence", model["licence"] or ""),
        ("Answers", counts),
        ("Run", f"{run['id']}, seed {run['seed']}, {run['started']} to {run['ended']}"),
        ("cxrbench", software),
        ("Command", run["command"]),
        ("Not ranked", row["reason"]),
        *(("Note", note) for note in (*model["notes"], *run["notes"])),
    ]
    return {
        "id": row["id"],
        "label": row["label"],
        "facts": [(term, text) for term, text in facts if text],
        "report": run.get("report"),
    }


def _data(table: Mapping[str, Any], shown: Sequence[Column], ranked: Sequence[str], large: bool) -> dict[str, Any]:
    """What the script needs: full values for sorting and export, ranks by every ranked score."""
    signatures = list(dict.fromkeys(score["signature"] for score in table["scores"]))
    place = {row["id"]: number_ for number_, row in enumerate(table["rows"])}
    return {
        "name": table["id"],
        "main": table["main"],
        "headline": [column.name for column in shown if column.headline],
        "about": {key: table[key] for key in ("task", "protocol", "data", "split", "fingerprint", "phantom", "n")},
        "columns": [
            {
                "name": column.name,
                "title": score_title(column.name),
                "direction": column.direction,
                "signature": signatures.index(score["signature"]),
            }
            for column, score in zip(shown, table["scores"])
        ],
        "signatures": signatures,
        "rows": [_row_data(row, shown) for row in table["rows"]],
        "ranks": {
            score: {
                row["id"]: [
                    found.get("rank"),
                    found.get("high"),
                    *([] if large else [[place[other] for other in found["beats"]]]),
                ]
                for row in table["rows"]
                if (found := row["ranks"].get(score))
            }
            for score in ranked
        },
    }


def _row_data(row: Mapping[str, Any], shown: Sequence[Column]) -> dict[str, Any]:
    values: list[Any] = []
    for column in shown:
        found = row["scores"].get(column.name)
        if found is None or found["value"] is None:
            values.append(None)
        else:
            low, high = found["ci95"] or (None, None)
            bounds = [None if bound is None else round(bound, _BOUND_DIGITS) for bound in (low, high)]
            values.append([found["value"], *bounds, found["n"]])
    return {
        "id": row["id"],
        "label": row["label"],
        "kind": row["kind"],
        "inputs": row["inputs"],
        "seen": row["seen"],
        "run": row["run"]["id"],
        "report": row["run"].get("report"),
        "reason": row["reason"],
        "values": values,
    }
