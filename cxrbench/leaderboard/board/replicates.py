"""The same resamples for every model: all scores of many models under shared bootstrap weights.

Statistics are summed per group and put side by side, so that a block of replicates of all models is one matrix
product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cxrbench.metrics.base import AdditiveMetric, FloatArray, Metric, Statistics
from cxrbench.statistics.scoring import group_scorer
from cxrbench.statistics.weights import Groups, group_weights


@dataclass(frozen=True)
class Replicates:
    """One score of several models.

    Attributes:
        points: float64 [models].
        values: float64 [models, resamples]; NaN where undefined.
    """

    points: FloatArray
    values: FloatArray


class SideBySide:
    """The additive statistics of several models, summed per group.

    Attributes:
        sums: float64 [groups, models * columns].
        totals: float64 [models, columns].
    """

    def __init__(self, metric: AdditiveMetric, statistics: Sequence[Statistics], groups: Groups) -> None:
        self.metric = metric
        parts = [groups.sums(item.values) for item in statistics]
        # One wide matrix: a product with many narrow ones takes several times as long.
        self.sums = np.hstack(parts)
        self.totals = np.stack([part.sum(axis=0) for part in parts])

    def under(self, weights: FloatArray) -> FloatArray:
        """Sums of each model's statistics under each weighting. float64 [models, b, columns]."""
        models, columns = self.totals.shape
        return np.ascontiguousarray((weights @ self.sums).reshape(-1, models, columns).swapaxes(0, 1))


def shared_replicates(
    metric: Metric,
    statistics: Sequence[Statistics],
    groups: Groups,
    scores: Sequence[str],
    *,
    resamples: int,
    seed: int,
) -> dict[str, Replicates]:
    """Some scores of several models on the same resamples of groups.

    Args:
        statistics: Of each model, for the same examples in the same order.
        groups: Group of each example.
        scores: Names of scores of the metric.
    """
    points = {score: np.full(len(statistics), np.nan) for score in scores}
    values = {score: np.full((len(statistics), resamples), np.nan) for score in scores}
    for place, found in _scored(metric, statistics, groups, iter([np.ones((1, groups.count))])):
        for score in scores:
            points[score][place[0]] = found[score][0]
    for place, found in _scored(metric, statistics, groups, group_weights(groups.count, resamples, seed)):
        for score in scores:
            model, start = place
            values[score][model, start : start + len(found[score])] = found[score]
    return {score: Replicates(points[score], values[score]) for score in scores}


def _scored(
    metric: Metric, statistics: Sequence[Statistics], groups: Groups, blocks: Iterator[FloatArray]
) -> Iterator[tuple[tuple[int, int], dict[str, FloatArray]]]:
    """((model, first replicate), scores of that model in one block)."""
    start = 0
    if isinstance(metric, AdditiveMetric):
        together = SideBySide(metric, statistics, groups)
        for weights in blocks:
            with np.errstate(invalid="ignore", divide="ignore"):
                for model, sums in enumerate(together.under(weights)):
                    yield (model, start), metric.score(sums)
            start += len(weights)
        return
    scorers = [group_scorer(metric, item, groups) for item in statistics]
    for weights in blocks:
        for model, scorer in enumerate(scorers):
            yield (model, start), scorer(weights)
        start += len(weights)
