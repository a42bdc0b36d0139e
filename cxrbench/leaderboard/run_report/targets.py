"""Documented targets and whether a score meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cxrbench.leaderboard.run_report.values import Value

_FILE = Path(__file__).parent / "targets.yaml"
_ABOVE = (">", ">=")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target beside a measured value.

    Attributes:
        text: The target as documented, for example "above 60 %".
        met: Whether the value reaches it; None where there is no value.
        sure: Whether the whole 95 % interval says the same.
    """

    text: str
    met: bool | None
    sure: bool


def score_targets(task: str) -> tuple[str, Mapping[str, Any]]:
    """The document and the bounds of a task's scores; empty where none are documented."""
    found = _documented()["scores"].get(task, {})
    return str(found.get("document", "")), found.get("bounds", {})


def condition_targets() -> tuple[str, Mapping[str, Mapping[str, Any]]]:
    """The document, and condition -> priority and lower bounds of sensitivity, specificity and AUROC."""
    found = _documented()["conditions"]
    return str(found["document"]), found["bounds"]


def question_targets(task: str) -> tuple[str, str, Mapping[str, Any]]:
    """The document, the score and the bounds by question type; empty for tasks without."""
    found = _documented()["question_types"]
    if task not in found["tasks"]:
        return "", "", {}
    return str(found["document"]), str(found["score"]), found["bounds"]


def judged(bound: Any, value: Value) -> Verdict:
    """A value against `[relation, number, text]`."""
    relation, limit, text = bound
    if value.value is None:
        return Verdict(str(text), None, False)
    met = _holds(relation, value.value, limit)
    ends = [_holds(relation, end, limit) for end in value.ci95 or ()]
    return Verdict(str(text), met, bool(ends) and all(end == met for end in ends))


def above(limit: float, value: Value) -> Verdict:
    """A value against "above `limit`"."""
    return judged((">", limit, f"above {limit:.2f}"), value)


def _holds(relation: str, value: float, limit: float) -> bool:
    if relation in _ABOVE:
        return value > limit if relation == ">" else value >= limit
    return value < limit if relation == "<" else value <= limit


@cache
def _documented() -> Mapping[str, Any]:
    import yaml

    found: Mapping[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found
