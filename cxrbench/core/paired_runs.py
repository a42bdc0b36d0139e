"""One run against another on the same examples: every test that fits each score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.example_values import paired_values, right_labels, right_or_wrong
from cxrbench.core.flips import changed_labels, changed_values
from cxrbench.metrics.base import FloatArray, Metric, Statistics
from cxrbench.statistics.bootstrap import Measured
from cxrbench.statistics.comparison import Difference
from cxrbench.statistics.comparison import compare as compare_systems
from cxrbench.statistics.paired import mcnemar, paired_t_test
from cxrbench.statistics.scoring import BoolArray

_DIGITS = 10


@dataclass(frozen=True)
class Sample:
    """The shared examples, the same for all runs of a comparison.

    Attributes:
        ids, groups: One of each per example.
        resamples: Bootstrap replicates, and exchanges of the randomisation test.
    """

    ids: tuple[str, ...]
    groups: tuple[str, ...]
    resamples: int
    seed: int

    def subset(self, rows: NDArray[np.int64]) -> Sample:
        chosen = rows.tolist()
        return replace(
            self, ids=tuple(self.ids[row] for row in chosen), groups=tuple(self.groups[row] for row in chosen)
        )


def taken(measured: Measured, rows: NDArray[np.int64]) -> Measured:
    """The measured examples at `rows`, in that order."""
    n = len(measured.statistics.values)
    include = np.ones(n, bool) if measured.include is None else measured.include
    place = np.cumsum(include) - 1
    kept = include[rows]
    chosen = place[rows[kept]]
    statistics = measured.statistics
    lists = {name: [column[row] for row in chosen.tolist()] for name, column in statistics.lists.items()}
    return Measured(measured.metric, Statistics(statistics.columns, statistics.values[chosen], lists), kept)


def differences(
    run: Sequence[Measured], against: Sequence[Measured], sample: Sample, scores: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Score -> both values, the difference (run minus against) with its interval, and the randomisation test."""
    found = compare_systems(
        run, against, sample.groups, resamples=sample.resamples, trials=sample.resamples, seed=sample.seed
    )
    direction = {name: item for measured in run for name, item in measured.metric.scores.items()}
    return {score: _difference(found[score], direction[score]) for score in scores}


def compare_pair(
    run: Sequence[Measured], against: Sequence[Measured], sample: Sample, scores: Sequence[str], listed: int
) -> dict[str, Any]:
    """`differences` with the tests on values per example, effect sizes, and the examples that changed.

    Returns:
        {"scores": score -> record, "flips": {"values": score -> record, "labels": labeler -> record}}
    """
    records = differences(run, against, sample, scores)
    flips: dict[str, dict[str, Any]] = {"values": {}, "labels": {}}
    for mine, other in zip(run, against):
        part = _of_metric(mine, sample)
        metric = mine.metric
        pairs = paired_values(metric, mine.statistics, other.statistics)
        for score in [name for name in scores if name in metric.scores]:
            records[score] |= _tests(metric, score, pairs.get(score), mine, other, part)
            if score in pairs:
                flips["values"][score] = changed_values(part.ids, *pairs[score], metric.scores[score], listed)
        labels = changed_labels(metric, part.ids, mine.statistics, other.statistics, listed)
        if labels is not None:
            flips["labels"][metric.name] = labels
    flips["values"] = {score: flips["values"][score] for score in scores if score in flips["values"]}
    return {"scores": records, "flips": flips}


def _of_metric(measured: Measured, sample: Sample) -> Sample:
    """The examples that the metric could use."""
    return sample if measured.include is None else sample.subset(np.flatnonzero(measured.include))


def _difference(found: Difference, direction: str) -> dict[str, Any]:
    sign = 0.0 if found.difference is None else found.difference * (1 if direction == "higher" else -1)
    return {
        "value": _rounded(found.first),
        "against": _rounded(found.second),
        "direction": direction,
        "n": found.n,
        "groups": found.groups,
        "difference": _rounded(found.difference),
        "ci95": None if found.ci95 is None else [_rounded(bound) for bound in found.ci95],
        "favours": "run" if sign > 0 else "against" if sign < 0 else None,
        "p": _p(found.p),
        "p_exact": found.exact,
        **({"reason": found.reason} if found.reason else {}),
    }


def _tests(
    metric: Metric,
    score: str,
    pair: tuple[FloatArray, FloatArray] | None,
    mine: Measured,
    other: Measured,
    sample: Sample,
) -> dict[str, Any]:
    """The t-test where the score is a mean over examples, McNemar where an example is right or wrong."""
    condition = score.partition("/")[2]
    labels = [right_labels(metric, item.statistics).get(condition) for item in (mine, other)]
    t_test: dict[str, Any] | None = None
    test: dict[str, Any] | None = None
    if pair is not None:
        rows = np.flatnonzero(np.isfinite(pair[0]))
        first, second = pair[0][rows], pair[1][rows]
        groups = sample.subset(rows).groups
        found = paired_t_test(first.tolist(), second.tolist(), groups)
        t_test = {**_numbers(asdict(found)), "line": found.line()}
        right = right_or_wrong(metric.scores[score], first, second)
        if right is not None:
            test = _mcnemar("right answers", right, groups, sample)
    if test is None and labels[0] is not None and labels[1] is not None:
        test = _mcnemar(f"right labels of {condition}", (labels[0], labels[1]), sample.groups, sample)
    return {"t_test": t_test, "mcnemar": test}


def _mcnemar(of: str, right: tuple[BoolArray, BoolArray], groups: Sequence[str], sample: Sample) -> dict[str, Any]:
    sides = [side.tolist() for side in right]
    found = mcnemar(sides[0], sides[1], groups, trials=sample.resamples, seed=sample.seed)
    both = found.only_first and found.only_second
    return {
        "of": of,
        "only_run": found.only_first,
        "only_against": found.only_second,
        "statistic": _rounded(found.statistic),
        "p": _p(found.p),
        "method": found.method,
        "odds_ratio": _rounded(found.only_first / found.only_second) if both else None,
        "reason": found.reason,
        "line": found.line(),
    }


def _numbers(record: dict[str, Any]) -> dict[str, Any]:
    rounded = {key: _rounded(value) if isinstance(value, float) else value for key, value in record.items()}
    return {**rounded, "p": _p(record["p"])}


def _p(value: float | None) -> float | None:
    """Significant digits: a small p-value must not become 0."""
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def _rounded(value: float | None) -> float | None:
    # Plus 0.0: a rounded -0.0 would be another JSON text than 0.0.
    return None if value is None else round(value, _DIGITS) + 0.0
