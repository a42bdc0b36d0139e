"""Scores that are means of one value per example: which they are, and the values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxrbench.core.conditions import CONDITIONS
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Metric, Statistics
from cxrbench.metrics.labels.scores import LabelScores
from cxrbench.statistics.scoring import BoolArray, stacked

_PROBES = 4


def paired_values(metric: Metric, first: Statistics, second: Statistics) -> dict[str, tuple[FloatArray, FloatArray]]:
    """The values per example of every score that is their mean.

    A score is one where, for random weights of the examples of both systems, it equals the weighted mean of what it
    gives each example alone. So corpus BLEU, METEOR and micro-averaged F1 are none, and neither is a score for which
    an example counts in one system and not in the other: it has no pairs.

    Returns:
        Score -> float64 [n], float64 [n]; NaN where an example does not count, in both.
    """
    n = len(first.values)
    if not isinstance(metric, AdditiveMetric) or not n:
        return {}
    both = stacked(first, second)
    weights = np.random.default_rng(0).exponential(size=(_PROBES, 2 * n))
    with np.errstate(all="ignore"):
        alone, together = metric.score(both.values), metric.aggregate(both, weights)
    found = {}
    for score in metric.scores:
        values = alone[score]
        defined = np.isfinite(values)
        if not defined.any() or not np.array_equal(defined[:n], defined[n:]):
            continue
        means = weights[:, defined] @ values[defined] / weights[:, defined].sum(axis=1)
        if np.allclose(together[score], means, rtol=1e-9, atol=1e-12):
            found[score] = (values[:n], values[n:])
    return found


def right_or_wrong(direction: str, first: FloatArray, second: FloatArray) -> tuple[BoolArray, BoolArray] | None:
    """Whether each example is right, where all values are 0 or 1; None for other values. No NaN."""
    if not np.isin(np.concatenate([first, second]), (0.0, 1.0)).all():
        return None
    good = 1.0 if direction == "higher" else 0.0
    return first == good, second == good


def right_labels(metric: Metric, statistics: Statistics) -> Mapping[str, BoolArray]:
    """Condition -> whether the label of each example agrees with the reference; empty for other metrics."""
    if not isinstance(metric, LabelScores):
        return {}
    column = dict(zip(statistics.columns, statistics.values.T))
    return {name: (column[f"fp/{name}"] == 0) & (column[f"fn/{name}"] == 0) for name in CONDITIONS}
