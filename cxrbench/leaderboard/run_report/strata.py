"""Scores by stratum: the heat map, the rows of the forest plots, and the strata that fall furthest behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.regions import REGION_GROUPS, REGIONS
from cxrbench.leaderboard.run_report.values import Column, Value, from_record, is_few, suppressed

_NOTES: Final = {
    "condition": "Conditions that the reference has, positive or uncertain, or that the question asks about.",
    "finding": "Whether the reference has any finding but support devices.",
    "length": "Words of the reference report: short has fewer than 20, long more than 45.",
    "seen_in_training": "Whether the reference findings occur word for word among the training reports.",
    "view": "Projection of the film, where the data set names it.",
    "question_type": "The data set's name for the kind of question.",
    "question_family": "What the question asks for.",
    "family": "What the words of the question ask for.",
    "answer_type": "Whether the question is closed.",
    "image_in_training": "Whether the image is among the training rows of the data set, whoever trained on them.",
    "question_in_training": "Whether the wording of the question is among the training rows of the data set.",
    "region": "Regions that an answer to the question is about; a question with several counts in each.",
    "region_group": "Groups of these regions.",
    "polarity": "Of the main gold answer.",
    "grade": "Quality grade of the question in the data set.",
    "severity": "Of the gold answer, where it says one.",
    "boxes": "Number of gold boxes.",
    "box_size": "Gold boxes together: small under 5 % of the film, large over 20 %.",
    "box_overlap": "The two gold boxes that overlap most: low under an IoU of .1, high over .5.",
    "labels": "Where the gold labels of the study come from.",
}
_ORDERS: Final = (
    CONDITIONS,
    REGIONS,
    ("normal", "undetermined", "abnormal"),
    ("none", "mild", "moderate", "severe"),
    ("short", "medium", "long"),
    ("small", "medium", "large"),
    ("low", "medium", "high"),
    ("yes", "no"),
    tuple(REGION_GROUPS),
    ("none", "1", "2", "3 or more"),
    ("under 40", "40-59", "60-79", "80 and over"),
    ("A++", "A+", "A", "B", "C", "D", "unrated", "unknown"),
)
_WORST = 10


@dataclass(frozen=True, slots=True)
class StratumRow:
    """One value of a stratum.

    Attributes:
        n: Examples; None where suppressed.
        few: Whether n is below the minimum.
        scores: In the order of the columns.
    """

    value: str
    n: int | None
    few: bool
    scores: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Stratum:
    """One way of dividing the examples.

    Attributes:
        note: What the values mean; empty where that is not known.
    """

    name: str
    title: str
    note: str
    rows: tuple[StratumRow, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """All strata under the same scores."""

    columns: tuple[Column, ...]
    overall: StratumRow
    strata: tuple[Stratum, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """A value of a stratum whose score is worse than the overall one.

    Attributes:
        gap: How far, in the unit of the score, always positive.
        clear: Whether the overall value lies outside the interval.
    """

    stratum: str
    value: str
    n: int
    score: Value
    gap: float
    clear: bool


def heat_map(results: Mapping[str, Any], columns: Sequence[Column], *, few: int, restricted: bool) -> HeatMap:
    """The strata of a run.

    Args:
        results: results.json.
        few: Examples below which a row is marked.
        restricted: Whether such rows are suppressed.
    """
    strata = []
    for name, values in results["strata"].items():
        rows = [
            _row(value, values[value], columns, few=few, restricted=restricted) for value in _ordered(list(values))
        ]
        if rows:
            title = name.replace("_", " ").capitalize()
            strata.append(Stratum(name, title, _NOTES.get(name, ""), tuple(rows)))
    whole = {"n": results["n"], "scores": results["scores"]}
    return HeatMap(tuple(columns), _row("All", whole, columns, few=few, restricted=restricted), tuple(strata))


def _row(
    value: str, content: Mapping[str, Any], columns: Sequence[Column], *, few: int, restricted: bool
) -> StratumRow:
    n = int(content["n"])
    small = is_few(n, few)
    if small and restricted:
        return StratumRow(value, None, True, tuple(suppressed(few) for _ in columns))
    found = [from_record(content["scores"].get(column.score)) for column in columns]
    if restricted:
        # A score may rest on fewer examples than the stratum has (questions with a box, with a severity).
        found = [suppressed(few) if item.value is not None and is_few(item.n, few) else item for item in found]
    return StratumRow(value, n, small, tuple(found))


def behind(found: HeatMap, place: int, *, few: int) -> tuple[Behind, ...]:
    """The values of strata with the largest gap to the overall score, largest first; those of few examples left out.

    Args:
        place: Of the score among the columns.
    """
    overall = found.overall.scores[place].value
    if overall is None:
        return ()
    sign = 1.0 if found.columns[place].higher_is_better else -1.0
    rows: list[Behind] = []
    for stratum in found.strata:
        for row in stratum.rows:
            score = row.scores[place]
            if row.n is None or row.few or score.value is None or is_few(score.n, few):
                continue
            gap = sign * (overall - score.value)
            if gap > 0:
                low, high = score.ci95 or (overall, overall)
                rows.append(Behind(stratum.title, row.value, row.n, score, gap, not low <= overall <= high))
    return tuple(sorted(rows, key=lambda item: -item.gap)[:_WORST])


def _ordered(values: list[str]) -> list[str]:
    """In the order of the field where there is one, else by name."""
    for order in _ORDERS:
        if set(values) <= set(order):
            return [value for value in order if value in values]
    return sorted(values)
