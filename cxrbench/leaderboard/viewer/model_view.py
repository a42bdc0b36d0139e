"""What one run says of single examples: labels right and wrong, answers right and wrong, scores, sure errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cxrbench.core.errors import DataError
from cxrbench.leaderboard.run_report.conditions import Labelled, labelled
from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.leaderboard.run_report.errors import sure_errors
from cxrbench.leaderboard.viewer.per_example import example_scores, ordering_scores

Outcome = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Conditions that are rightly there, invented, and missed."""


@dataclass(frozen=True)
class ModelView:
    """One run by example.

    Attributes:
        outcomes: Source of labels -> id -> outcome.
        right: Id -> whether its answer is exactly right; empty for reports.
        sure: Id -> how far the surest wrong statement is from the truth.
        scores: Score -> id -> value of this example alone.
        notes: What could not be had, in sentences.
    """

    contents: RunContents
    outcomes: Mapping[str, Mapping[str, Outcome]]
    right: Mapping[str, bool]
    sure: Mapping[str, float]
    scores: Mapping[str, Mapping[str, float]]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.contents.run.results["model"])


def model_view(contents: RunContents, scores: Sequence[str], data_root: Path | None) -> ModelView:
    """Read the statistics of a run.

    Args:
        scores: Those to order examples by.
    """
    notes = []
    try:
        sources = labelled(contents)
        outcomes = {source.source: _outcomes(source) for source in sources}
        sure: dict[str, float] = {}
        for error in sure_errors(contents, sources, None):
            sure.setdefault(error.id, round(error.distance, 4))
        right = _right(contents)
    except DataError as error:
        outcomes, sure, right = {}, {}, {}
        notes.append(f"Labels of single examples: {error.message}.")
    found, reason = example_scores(contents.run, scores, data_root)
    if reason:
        notes.append(f"Scores of single examples: {reason}.")
    return ModelView(contents, outcomes, right, sure, found, tuple(notes))


def shared_scores(runs: Sequence[RunContents]) -> list[str]:
    """The scores that the examples of all runs can be ordered by."""
    return [
        score
        for score in ordering_scores(runs[0].run)
        if all(score in contents.run.results["scores"] for contents in runs)
    ]


def _outcomes(source: Labelled) -> dict[str, Outcome]:
    found = {}
    for row, name in enumerate(source.ids):
        parts: tuple[list[str], list[str], list[str]] = ([], [], [])
        for condition, truth in source.truth.items():
            has, says = bool(truth[row]), bool(source.said[condition][row])
            if source.counted[condition][row] and (has or says):
                parts[0 if has and says else 1 if says else 2].append(condition)
        found[name] = (tuple(parts[0]), tuple(parts[1]), tuple(parts[2]))
    return found


def _right(contents: RunContents) -> dict[str, bool]:
    table = contents.table
    columns = None if table is None else table.columns(contents.protocol, "exact_match")
    if table is None or columns is None or "correct" not in columns.plain:
        return {}
    ids = [table.ids[row] for row in np.flatnonzero(columns.include).tolist()]
    return {name: bool(value) for name, value in zip(ids, columns.plain["correct"].tolist())}
