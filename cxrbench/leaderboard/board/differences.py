"""Paired randomisation tests of many pairs of models at once, with the p-values that `cxrbench compare` gives.

All pairs see the same exchanges of groups. For additive statistics a model's sums over the exchanged groups are
computed once for all the pairs that it is in; a pair then costs two additions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cxrbench.leaderboard.board.replicates import SideBySide
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Metric, Statistics
from cxrbench.statistics.bootstrap import Measured
from cxrbench.statistics.comparison import compare
from cxrbench.statistics.swaps import ENUMERATE_UP_TO, swap_masks
from cxrbench.statistics.weights import Groups

Pair = tuple[int, int]


def randomisation_tests(
    metric: Metric,
    statistics: Sequence[Statistics],
    names: Sequence[str],
    pairs: Sequence[Pair],
    scores: Sequence[str],
    *,
    trials: int,
    seed: int,
) -> dict[Pair, dict[str, float | None]]:
    """Two-sided p-value of each pair and score; None where the difference is undefined.

    Args:
        statistics: Of each model, for the same examples in the same order.
        names: Group of each example.
        pairs: Places in `statistics`.
        scores: Names of scores of the metric.
    """
    if isinstance(metric, AdditiveMetric):
        return _side_by_side(metric, statistics, Groups.of(names), pairs, scores, trials, seed)
    found: dict[Pair, dict[str, float | None]] = {}
    for pair in pairs:
        one, other = ([Measured(metric, statistics[place])] for place in pair)
        differences = compare(one, other, names, resamples=0, trials=trials, seed=seed)
        found[pair] = {score: differences[score].p for score in scores}
    return found


def _side_by_side(
    metric: AdditiveMetric,
    statistics: Sequence[Statistics],
    groups: Groups,
    pairs: Sequence[Pair],
    scores: Sequence[str],
    trials: int,
    seed: int,
) -> dict[Pair, dict[str, float | None]]:
    places = sorted({place for pair in pairs for place in pair})
    row = {place: number for number, place in enumerate(places)}
    together = SideBySide(metric, [statistics[place] for place in places], groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        points = metric.score(together.totals)
        observed = {
            (pair, score): float(points[score][row[pair[0]]] - points[score][row[pair[1]]])
            for pair in pairs
            for score in scores
        }
        counts = {key: _Count(value) for key, value in observed.items()}
        for mask in swap_masks(groups.count, trials, seed):
            moved = together.under(mask)
            for pair in pairs:
                one, other = row[pair[0]], row[pair[1]]
                exchanged = moved[other] - moved[one]
                left = metric.score(together.totals[one] + exchanged)
                right = metric.score(together.totals[other] - exchanged)
                for score in scores:
                    counts[pair, score].add(left[score] - right[score])
    exact = groups.count <= ENUMERATE_UP_TO
    return {pair: {score: counts[pair, score].p_value(exact) for score in scores} for pair in pairs}


class _Count:
    """How many exchanges give a difference at least as large as the observed one; as `swap_p_value` counts."""

    def __init__(self, observed: float) -> None:
        self.observed = observed
        # Sums in another order differ in the last digits: equal differences must count as equal.
        self.bound = abs(observed) * (1 - 1e-10) - 1e-14
        self.extreme = 0
        self.defined = 0

    def add(self, differences: FloatArray) -> None:
        self.extreme += int(np.count_nonzero(np.abs(differences) >= self.bound))
        self.defined += int(np.count_nonzero(np.isfinite(differences)))

    def p_value(self, exact: bool) -> float | None:
        if not math.isfinite(self.observed) or not self.defined:
            return None
        return self.extreme / self.defined if exact else (self.extreme + 1) / (self.defined + 1)
