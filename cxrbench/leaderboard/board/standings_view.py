"""Ranks, detectable differences, who beats whom and tests, as a page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxrbench.leaderboard.board.columns import heading
from cxrbench.leaderboard.page.names import score_title
from cxrbench.leaderboard.page.text import count, interval, number, p_value, signed

_ALPHA = 0.05
_BASES = {
    "models": "between two models like these",
    "rows": "between two rows like these",
    "one": "from a second model that varies as much, independently",
}


def rank_text(found: Mapping[str, Any]) -> tuple[str, str]:
    """The rank, and the range that is not excluded; empty texts where there is none."""
    if "rank" not in found:
        return ("", "")
    rank, high = found["rank"], found["high"]
    return (str(rank), "" if high == rank else f"{rank} to {high}")


def certainty(table: Mapping[str, Any], pool: Mapping[str, Any], ranked: Sequence[str]) -> dict[str, Any]:
    """Ranks by every score, and beneath each column the smallest difference that this n can show."""
    direction = {score["name"]: score["direction"] for score in table["scores"]}
    scores = [score for score in ranked if "groups" in pool["by"].get(score, {})]
    found = [pool["by"][score] for score in scores]
    bases = dict.fromkeys(_BASES[by["detectable"]["basis"]] for by in found if by["detectable"])
    return {
        "inputs": ", ".join(pool["inputs"]) if len(table["pools"]) > 1 else "",
        "basis": "; ".join(bases),
        "columns": [
            {
                "over": heading(score)[0],
                "title": heading(score)[1],
                "arrow": "↑" if direction[score] == "higher" else "↓",
                "difference": number(by["detectable"]["difference"]) if by["detectable"] else "–",
                "examples": count(by["examples"]),
                "groups": count(by["groups"]),
            }
            for score, by in zip(scores, found)
        ],
        "rows": [
            {"label": row["label"], "cells": [rank_text(row["ranks"].get(score, {})) for score in scores]}
            for row in table["rows"]
            if row["kind"] == "model" and row["id"] in pool["rows"]
        ],
    }


def matrix(table: Mapping[str, Any], pool: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """Who beats whom by the main score, best first."""
    by = pool["by"].get(table["main"], {})
    order = by.get("order", [])
    beats = {row["id"]: row["ranks"].get(table["main"], {}).get("beats", []) for row in table["rows"]}
    return {
        "inputs": ", ".join(pool["inputs"]) if len(table["pools"]) > 1 else "",
        "order": order,
        "rows": [
            {
                "id": one,
                "label": labels[one],
                "cells": [_verdict(one, other, beats) for other in order],
            }
            for one in order
        ],
    }


def _verdict(one: str, other: str, beats: Mapping[str, Sequence[str]]) -> str:
    if one == other:
        return "same"
    if other in beats[one]:
        return "better"
    return "worse" if one in beats[other] else "tied"


def tests(table: Mapping[str, Any], scores: Sequence[str], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """The paired tests of each score, with a verdict in words."""
    direction = {score["name"]: score["direction"] for score in table["scores"]}
    found = []
    for score in scores:
        pools = [
            {
                "inputs": ", ".join(pool["inputs"]) if len(table["pools"]) > 1 else "",
                "rows": [_test(test, labels, direction[score] == "higher") for test in pool["by"][score]["tests"]],
            }
            for pool in table["pools"]
            if pool["by"].get(score, {}).get("tests")
        ]
        if pools:
            found.append({"title": score_title(score), "pools": pools, "main": score == table["main"]})
    return found


def _test(test: Mapping[str, Any], labels: Mapping[str, str], higher: bool) -> dict[str, Any]:
    difference, corrected = test["difference"], test["p_holm"]
    verdict = "no difference shown"
    if corrected is not None and corrected < _ALPHA and difference:
        verdict = "first is better" if (difference > 0) == higher else "second is better"
    return {
        "one": labels[test["one"]],
        "other": labels[test["other"]],
        "kind": test["kind"],
        "difference": signed(difference, test["ci95"]),
        "interval": interval(test["ci95"]),
        "p": p_value(test["p"]),
        "p_holm": p_value(corrected),
        "verdict": verdict,
    }
