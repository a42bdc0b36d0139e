"""Which scores a report shows first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxrbench.core.comparability import OpenRun
from cxrbench.core.errors import CxrbenchError, UnknownNameError
from cxrbench.core.registry import TASKS
from cxrbench.leaderboard.page.names import score_title
from cxrbench.leaderboard.run_report.values import Column

_SHOWN = 8
_MAIN = 2


def headline_scores(run: OpenRun) -> list[str]:
    """The headline scores of the task that the run has; its first scores where the task cannot be loaded."""
    scores: Mapping[str, Any] = run.results["scores"]
    try:
        named: Sequence[str] = TASKS.load(run.config.task)().headline
    except CxrbenchError:
        named = ()
    found = [name for name in named if name in scores]
    return found or [name for name in scores if "/" not in name][:_SHOWN]


def stratum_scores(run: OpenRun) -> list[str]:
    """The headline scores that can be read in a stratum: a macro average counts every condition that the stratum
    lacks as 0, and says more about the stratum than about the model. What is undefined throughout is left out."""
    scores: Mapping[str, Any] = run.results["scores"]
    return [name for name in headline_scores(run) if "_macro_" not in name and scores[name]["value"] is not None]


def main_scores(run: OpenRun, asked: Sequence[str]) -> list[str]:
    """The scores that strata are drawn by: those asked for, else the first headline scores of two metrics.

    Raises:
        UnknownNameError: The run does not have a score that was asked for.
    """
    scores: Mapping[str, Any] = run.results["scores"]
    for name in asked:
        if name not in scores:
            raise UnknownNameError("score of the run", name, scores, where="--score")
    if asked:
        return list(dict.fromkeys(asked))
    headline = stratum_scores(run)
    first: dict[str, str] = {}
    for name in headline:
        if scores[name]["value"] is not None:
            first.setdefault(scores[name]["signature"], name)
    return list(first.values())[:_MAIN] or headline_scores(run)[:1]


def columns(run: OpenRun, names: Sequence[str]) -> list[Column]:
    """Scores as headings."""
    scores: Mapping[str, Any] = run.results["scores"]
    return [Column(name, score_title(name), scores[name]["direction"] == "higher") for name in names]
