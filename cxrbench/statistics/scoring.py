"""Scores under weights of groups: the one step that intervals, strata and paired tests share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxrbench.metrics.base import GroupScorer, Metric, Statistics
from cxrbench.statistics.weights import Groups

BoolArray = NDArray[np.bool_]


def group_scorer(metric: Metric, statistics: Statistics, groups: Groups) -> GroupScorer:
    """How `metric` scores `statistics` when whole groups are weighted.

    Additive statistics are summed per group once; the others share what they can between weightings.
    """
    if metric.additive:
        summed = Statistics(statistics.columns, groups.sums(statistics.values))
        return lambda weights: metric.aggregate(summed, weights)
    return metric.grouped(statistics, groups.index, groups.count)


def rows_of(statistics: Statistics, kept: BoolArray) -> Statistics:
    """The rows that a bool array [examples] keeps."""
    rows = np.flatnonzero(kept).tolist()
    lists = {name: [column[row] for row in rows] for name, column in statistics.lists.items()}
    return Statistics(statistics.columns, statistics.values[kept], lists)


def stacked(first: Statistics, second: Statistics) -> Statistics:
    """The rows of `first`, then those of `second`, of the same metric."""
    lists = {name: [*column, *second.lists[name]] for name, column in first.lists.items()}
    return Statistics(first.columns, np.vstack([first.values, second.values]), lists)
