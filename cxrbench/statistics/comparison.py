"""Two systems on the same examples, by any score: difference, its interval, and a randomisation test.

Corpus scores have no per-example value to put into a t-test; exchanging the two systems' statistics by group
(approximate randomisation, Noreen 1989; Riezler & Maxwell 2005) and resampling groups work for every score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxrbench.core.errors import UsageError
from cxrbench.metrics.base import FloatArray
from cxrbench.statistics.bootstrap import RESAMPLES, Measured, percentile_interval
from cxrbench.statistics.scoring import group_scorer, stacked
from cxrbench.statistics.swaps import ENUMERATE_UP_TO, RANDOMISATION_TRIALS, swap_masks, swap_p_value
from cxrbench.statistics.weights import Groups, group_weights


@dataclass(frozen=True)
class Difference:
    """One score of two systems.

    Attributes:
        first, second: The scores; None where undefined.
        difference: First minus second.
        ci95: Percentile bootstrap interval of the difference over shared replicates.
        p: Two-sided p-value of paired randomisation by group.
        exact: Whether every exchange of groups was made.
        n, groups: Examples and groups compared.
        reason: Why there is no difference, interval or test.
    """

    first: float | None
    second: float | None
    difference: float | None
    ci95: tuple[float, float] | None
    p: float | None
    exact: bool
    n: int
    groups: int
    reason: str | None = None


def compare(
    first: Sequence[Measured],
    second: Sequence[Measured],
    groups: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    trials: int = RANDOMISATION_TRIALS,
    seed: int = 0,
) -> dict[str, Difference]:
    """Every score of two systems on the same examples.

    Args:
        first, second: The same metrics, in the same order, with statistics of the same examples.
        groups: Group of each example.
        resamples: Bootstrap replicates of the difference, the same as `estimate` draws with this seed.
        trials: Random exchanges where there are more than 12 groups.

    Raises:
        UsageError: The systems were scored by different metrics, signatures or examples.
    """
    if len(first) != len(second):
        raise UsageError(f"cannot compare {len(first)} metrics with {len(second)}")
    result: dict[str, Difference] = {}
    for a, b in zip(first, second):
        result |= _compare(a, b, groups, resamples, trials, seed)
    return result


def _compare(
    a: Measured, b: Measured, groups: Sequence[str], resamples: int, trials: int, seed: int
) -> dict[str, Difference]:
    metric = a.metric
    if metric.signature() != b.metric.signature():
        raise UsageError(
            f"cannot compare scores of different signatures: {metric.signature()} and {b.metric.signature()}",
            hint="score both systems under the same protocol and version",
        )
    include = np.ones(len(groups), bool) if a.include is None else a.include
    other = np.ones(len(groups), bool) if b.include is None else b.include
    n = int(include.sum())
    if not np.array_equal(include, other) or not len(a.statistics.values) == len(b.statistics.values) == n:
        raise UsageError(f"cannot compare {metric.name}: the systems were not scored on the same examples")
    units = Groups.of([groups[row] for row in np.flatnonzero(include).tolist()])
    if not n:
        return {name: Difference(None, None, None, None, None, False, 0, 0, "no example") for name in metric.scores}
    both = Groups(2 * units.count, np.concatenate([units.index, units.index + units.count]))
    scorer = group_scorer(metric, stacked(a.statistics, b.statistics), both)

    def scores(of_first: FloatArray, of_second: FloatArray) -> dict[str, FloatArray]:
        """First minus second, where the weights say which statistics play which system."""
        left, right = scorer(np.hstack([of_first, of_second])), scorer(np.hstack([of_second, of_first]))
        return {name: left[name] - right[name] for name in metric.scores}

    one, none = np.ones((1, units.count)), np.zeros((1, units.count))
    points = scorer(np.hstack([one, none])), scorer(np.hstack([none, one]))
    replicates = [scores(w, np.zeros_like(w)) for w in group_weights(units.count, resamples, seed)]
    exchanged = [scores(1 - mask, mask) for mask in swap_masks(units.count, trials, seed)]
    result = {}
    for name in metric.scores:
        left, right = float(points[0][name][0]), float(points[1][name][0])
        exact = units.count <= ENUMERATE_UP_TO
        if not (math.isfinite(left) and math.isfinite(right)):
            known = [value if math.isfinite(value) else None for value in (left, right)]
            why = metric.why_undefined(name)
            result[name] = Difference(known[0], known[1], None, None, None, exact, n, units.count, why)
            continue
        interval: tuple[float, float] | None = None
        reason: str | None = "only 1 group: no resampling"
        if units.count > 1:
            interval, reason = percentile_interval(_joined(replicates, name))
        p = swap_p_value(left - right, _joined(exchanged, name), units.count)
        result[name] = Difference(left, right, left - right, interval, p, exact, n, units.count, reason)
    return result


def _joined(blocks: Sequence[dict[str, FloatArray]], name: str) -> FloatArray:
    return np.concatenate([block[name] for block in blocks]) if blocks else np.empty(0)
