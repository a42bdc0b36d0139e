"""Answers by question type: right and wrong, and what was said where yes or no was due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.leaderboard.run_report.strata import HeatMap
from cxrbench.leaderboard.run_report.targets import Verdict, judged, question_targets
from cxrbench.leaderboard.run_report.values import Value, from_record, is_few
from cxrbench.metrics.vqa.answers import given_answer
from cxrbench.metrics.vqa.normalise import parse_yes_no
from cxrbench.metrics.vqa.questions import type_names

TYPE_STRATUM = "question_type"


@dataclass(frozen=True, slots=True)
class YesNoRow:
    """What was answered to the yes/no questions of one type.

    Attributes:
        question_type: "All" for the sum.
        yes: Gold yes: answered yes, no, neither.
        no: Gold no: answered yes, no, neither.
        hidden: Whether the counts are suppressed (then all are None).
    """

    question_type: str
    yes: tuple[int | None, int | None, int | None]
    no: tuple[int | None, int | None, int | None]
    hidden: bool


@dataclass(frozen=True, slots=True)
class TypeTarget:
    """A question type with a documented target."""

    question_type: str
    value: Value
    verdict: Verdict


def yes_no_table(contents: RunContents, *, few: int) -> tuple[YesNoRow, ...]:
    """One row per question type, most questions first, and their sum; empty where no question asks for yes or no.

    Raises:
        DataError: The statistics have gaps.
    """
    table = contents.table
    columns = None if table is None else table.columns(contents.protocol, "yes_no")
    if table is None or columns is None or not {"yes", "right_yes", "right_no"} <= set(columns.plain):
        return ()
    types = table.strata().get(TYPE_STRATUM, [()] * len(table.ids))
    rows = np.flatnonzero(columns.include).tolist()
    counts: dict[str, np.ndarray[tuple[int, int], np.dtype[np.int64]]] = {}
    total = np.zeros((2, 3), np.int64)
    for place, row in enumerate(rows):
        prediction = contents.predictions.get(table.ids[row])
        said = None if prediction is None else parse_yes_no(given_answer(prediction))
        cell = (0 if columns.plain["yes"][place] else 1, 2 if said is None else 0 if said == "yes" else 1)
        total[cell] += 1
        for name in types[row]:
            counts.setdefault(name, np.zeros((2, 3), np.int64))[cell] += 1
    if not total.sum():
        return ()
    ordered = sorted(counts, key=lambda name: (-int(counts[name].sum()), name))
    return tuple(
        _row(name, table_of, contents.restricted and is_few(int(table_of.sum()), few))
        for name, table_of in [("All", total), *((name, counts[name]) for name in ordered)]
    )


def type_targets(contents: RunContents, found: HeatMap) -> tuple[str, str, tuple[TypeTarget, ...]]:
    """The document, the score, and the question types with a documented target."""
    document, score, bounds = question_targets(str(contents.run.record["identity"]["task"]))
    values = contents.run.results["strata"].get(TYPE_STRATUM, {})
    shown = {row.value for stratum in found.strata if stratum.name == TYPE_STRATUM for row in stratum.rows if row.n}
    rows = []
    for name, content in values.items():
        bound = next((bounds[part] for part in type_names(name) if part in bounds), None)
        if bound is None or name not in shown:
            continue
        value = from_record(content["scores"].get(score))
        rows.append(TypeTarget(name, value, judged(bound, value)))
    return document, score, tuple(rows)


def _row(name: str, counts: np.ndarray[tuple[int, int], np.dtype[np.int64]], hidden: bool) -> YesNoRow:
    if hidden:
        return YesNoRow(name, (None, None, None), (None, None, None), True)
    return YesNoRow(name, _triple(counts[0].tolist()), _triple(counts[1].tolist()), False)


def _triple(values: Sequence[int]) -> tuple[int, int, int]:
    return values[0], values[1], values[2]
