"""Which examples and conditions a model gets wrong, and how sure it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxrbench.leaderboard.run_report.conditions import ConditionRow, ConditionTable, Labelled
from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.metrics.explain.bands import PLAUSIBILITY_FROM

_LISTED = 15


@dataclass(frozen=True, slots=True)
class WorstExample:
    """An example with many labels wrong, by name of the conditions."""

    id: str
    missed: tuple[str, ...]
    invented: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SureError:
    """A wrong answer that the model was sure of.

    Attributes:
        what: The condition, or "answer".
        stated: The probability that was stated: of the condition, or of the answer being right.
        truth: Whether the condition is there; False for answers, which are wrong.
    """

    id: str
    what: str
    stated: float
    truth: bool

    @property
    def distance(self) -> float:
        """How far the stated probability is from the truth."""
        return 1 - self.stated if self.truth else self.stated


@dataclass(frozen=True, slots=True)
class Misaligned:
    """Attention beside the gold boxes.

    Attributes:
        below: The plausibility under which a map counts as misaligned.
        count, n: Misaligned maps of all that have a gold box.
        ids: The least plausible first, at most fifteen.
    """

    below: float
    count: int
    n: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Conditions by how often they are missed and how often invented; those without such an error left out."""

    missed: tuple[ConditionRow, ...]
    invented: tuple[ConditionRow, ...]


def ranked(table: ConditionTable) -> Ranked:
    """The conditions of a table, most errors first; suppressed ones left out."""
    rows = [row for row in table.rows if row.missed is not None and row.invented is not None]
    return Ranked(
        tuple(sorted((row for row in rows if row.missed), key=lambda row: (-(row.missed or 0), row.condition))),
        tuple(sorted((row for row in rows if row.invented), key=lambda row: (-(row.invented or 0), row.condition))),
    )


def worst_examples(labels: Labelled) -> tuple[WorstExample, ...]:
    """The examples with the most labels wrong."""
    if not labels.truth:
        return ()
    missed = {name: labels.truth[name] & ~labels.said[name] & labels.counted[name] for name in labels.truth}
    invented = {name: labels.said[name] & ~labels.truth[name] & labels.counted[name] for name in labels.truth}
    wrong = np.sum([*missed.values(), *invented.values()], axis=0)
    order = sorted(np.flatnonzero(wrong).tolist(), key=lambda row: (-int(wrong[row]), labels.ids[row]))
    return tuple(
        WorstExample(
            labels.ids[row],
            tuple(name for name, hit in missed.items() if hit[row]),
            tuple(name for name, hit in invented.items() if hit[row]),
        )
        for row in order[:_LISTED]
    )


def sure_errors(
    contents: RunContents, sources: Sequence[Labelled], most: int | None = _LISTED
) -> tuple[SureError, ...]:
    """The wrong answers and probabilities that were furthest off, surest first.

    Answers count by their confidence where the run scores exact match; else conditions, by the distance of the
    probability from the first source of labels.

    Args:
        most: How many; None for all.

    Raises:
        DataError: The statistics have gaps.
    """
    found = _sure_answers(contents) or _sure_labels(contents, sources)
    found.sort(key=lambda item: (-item.distance, item.id, item.what))
    return tuple(found[:most])


def misaligned(contents: RunContents) -> Misaligned | None:
    """Attention maps that lie elsewhere than the gold boxes; None without such maps.

    Raises:
        DataError: The statistics have gaps.
    """
    table = contents.table
    columns = None if table is None else table.columns(contents.protocol, "attention_plausibility")
    if table is None or columns is None or not {"maps", "iou"} <= set(columns.plain):
        return None
    mapped = columns.plain["maps"] > 0
    if not mapped.any():
        return None
    ids = [table.ids[row] for row in np.flatnonzero(columns.include).tolist()]
    values = columns.plain["iou"]
    below = PLAUSIBILITY_FROM[0]
    rows = np.flatnonzero(mapped & (values < below)).tolist()
    rows.sort(key=lambda row: (float(values[row]), ids[row]))
    return Misaligned(below, len(rows), int(mapped.sum()), tuple(ids[row] for row in rows[:_LISTED]))


def _sure_answers(contents: RunContents) -> list[SureError]:
    table = contents.table
    columns = None if table is None else table.columns(contents.protocol, "exact_match")
    if table is None or columns is None or "correct" not in columns.plain:
        return []
    found = []
    for row, correct in zip(np.flatnonzero(columns.include).tolist(), columns.plain["correct"].tolist()):
        prediction = contents.predictions.get(table.ids[row])
        if prediction is not None and prediction.confidence is not None and not correct:
            found.append(SureError(table.ids[row], "answer", prediction.confidence, False))
    return found


def _sure_labels(contents: RunContents, sources: Sequence[Labelled]) -> list[SureError]:
    found = []
    for labels in sources[:1]:
        for row, name in enumerate(labels.ids):
            prediction = contents.predictions.get(name)
            for condition, stated in (prediction.label_probabilities or {}).items() if prediction else ():
                if condition in labels.truth and labels.counted[condition][row]:
                    truth = bool(labels.truth[condition][row])
                    if (stated >= 0.5) != truth:
                        found.append(SureError(name, condition, stated, truth))
    return found
