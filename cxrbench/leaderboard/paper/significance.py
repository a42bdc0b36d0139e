"""Is one row better than another: a paired test on the same examples, for single runs and for several seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cxrbench.core.paired_runs import Sample
from cxrbench.metrics.base import FloatArray
from cxrbench.statistics.bootstrap import Measured
from cxrbench.statistics.comparison import compare
from cxrbench.statistics.scoring import group_scorer
from cxrbench.statistics.weights import Groups, group_weights


def difference_p(first: Sequence[Measured], second: Sequence[Measured], sample: Sample, score: str) -> float | None:
    """Two-sided p-value that two rows differ in a score; None where it is undefined.

    Args:
        first, second: The metric of the score with the statistics of each run of the row, all on `sample`.

    Single runs: paired randomisation by group. Several seeds on either side: whole answers cannot be exchanged one
    for one, so the mean over seeds is bootstrapped over groups that all runs share, and p = 2 min(share of
    differences <= 0, share >= 0) with 1 added to both counts (Efron & Tibshirani 1993, section 15.4).
    """
    if len(first) == len(second) == 1:
        found = compare(first, second, sample.groups, resamples=2, trials=sample.resamples, seed=sample.seed)
        return found[score].p
    difference = _replicates(first, sample, score) - _replicates(second, sample, score)
    defined = difference[~np.isnan(difference)]
    if not len(defined):
        return None
    tail = min(int((defined <= 0).sum()), int((defined >= 0).sum()))
    return min(1.0, 2 * (tail + 1) / (len(defined) + 1))


def _replicates(row: Sequence[Measured], sample: Sample, score: str) -> FloatArray:
    """Mean of the score over the runs of a row, per bootstrap replicate. float64 [resamples]."""
    total: FloatArray = np.zeros(sample.resamples)
    for measured in row:
        include = np.ones(len(sample.groups), bool) if measured.include is None else measured.include
        units = Groups.of([sample.groups[place] for place in np.flatnonzero(include).tolist()])
        scorer = group_scorer(measured.metric, measured.statistics, units)
        blocks = [scorer(weights)[score] for weights in group_weights(units.count, sample.resamples, sample.seed)]
        total += np.concatenate(blocks)
    return total / len(row)
