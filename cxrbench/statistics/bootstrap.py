"""Point estimates with clustered percentile bootstrap intervals, for many scores and strata over shared replicates.

Groups (patients) are drawn with replacement, not examples: examples of one patient are correlated, and an interval
that ignores it is too narrow. Additive statistics are summed per group first, so that a replicate costs one row of a
matrix product: all the replicates of corpus BLEU cost less than computing it once more from the texts.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from cxrbench.metrics.base import UNDEFINED, FloatArray, GroupScorer, Metric, Statistics
from cxrbench.statistics.scoring import BoolArray, group_scorer, rows_of
from cxrbench.statistics.weights import Groups, group_weights

Key = TypeVar("Key", bound=Hashable)

RESAMPLES = 10_000
PERCENTILES = (0.025, 0.975)
MAX_UNDEFINED = 0.05
"""Share of undefined replicates beyond which no interval is given."""
_REPLICATE_BYTES = 1 << 28


@dataclass(frozen=True)
class Estimate:
    """One score on one set of examples.

    Attributes:
        value: Point estimate; None where undefined.
        ci95: Percentile bootstrap interval; None where there is none.
        n: Examples that the score was computed on.
        reason: Why the value is None.
        interval_reason: Why the interval is None.
        replicates: float64 [resamples], NaN where undefined; kept on request.
    """

    value: float | None
    ci95: tuple[float, float] | None
    n: int
    reason: str | None = None
    interval_reason: str | None = None
    replicates: FloatArray | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Measured:
    """A metric with its statistics of some set of examples.

    Attributes:
        include: bool [all examples], which examples the rows of `statistics` belong to, in order (a protocol may
            have no usable reference for the others); None for all.
    """

    metric: Metric
    statistics: Statistics
    include: BoolArray | None = None


def estimate(
    measured: Sequence[Measured],
    groups: Sequence[str],
    masks: Mapping[Key, BoolArray],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    keep_replicates: bool = False,
) -> dict[Key, dict[str, Estimate]]:
    """Every score of every metric on every subset, with its interval.

    Args:
        measured: Metrics with statistics of the same examples.
        groups: Group name of each example.
        masks: Name of a subset -> bool [examples]; all True for the whole set. A replicate draws groups from the
            whole set, so that the size of a subset varies as it would in another sample of patients.
        resamples: Replicates; 0 for point estimates alone.
        seed: The same seed gives the same replicates for every metric, subset and model on the same groups.
        keep_replicates: Keep the replicates on each estimate (8 bytes x resamples per score).

    Returns:
        Subset -> score name -> estimate, in the order given.
    """
    units = Groups.of(groups)
    subsets = [_Subset(mask, measured, units) for mask in masks.values()]
    estimates: list[dict[str, Estimate]] = []
    for chunk in _chunks(subsets, resamples):
        replicates = [_Replicates(subset, resamples) for subset in chunk]
        if any(len(subset.groups) > 1 for subset in chunk):
            start = 0
            for weights in group_weights(units.count, resamples, seed):
                for item in replicates:
                    item.add(weights, start)
                start += len(weights)
        estimates.extend(item.estimates(keep_replicates) for item in replicates)
    return dict(zip(masks, estimates, strict=True))


def bootstrap(
    metric: Metric, statistics: Statistics, groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """`estimate` for one metric on the whole set, with the replicates."""
    everything = np.ones(len(groups), bool)
    measured = [Measured(metric, statistics)]
    return estimate(measured, groups, {"": everything}, resamples=resamples, seed=seed, keep_replicates=True)[""]


def percentile_interval(replicates: FloatArray) -> tuple[tuple[float, float] | None, str | None]:
    """The central 95 % of the defined replicates, or None and the reason."""
    defined = replicates[~np.isnan(replicates)]
    undefined = 1 - len(defined) / len(replicates) if len(replicates) else 1.0
    if not len(replicates):
        return None, "no resampling was asked for"
    if undefined > MAX_UNDEFINED:
        return None, f"undefined in {undefined:.0%} of the resamples"
    low, high = np.quantile(defined, PERCENTILES)
    return (float(low), float(high)), None


class _Subset:
    """One mask with what each metric needs to score it under group weights."""

    def __init__(self, mask: BoolArray, measured: Sequence[Measured], units: Groups) -> None:
        if mask.shape != units.index.shape:
            raise ValueError(f"a mask has shape {mask.shape} for {len(units.index)} examples")
        self.groups = np.unique(units.index[mask])
        """The groups with an example here; the columns of a weight block that count."""
        self.whole = len(self.groups) == units.count
        self.scorers: list[GroupScorer] = []
        self.metrics = [item.metric for item in measured]
        self.counts: list[int] = []
        for item in measured:
            include = np.ones(len(mask), bool) if item.include is None else item.include
            if len(item.statistics.values) != int(include.sum()):
                rows = f"{len(item.statistics.values)} rows of statistics"
                raise ValueError(f"{item.metric.name}: {rows} for {include.sum()} examples")
            kept = mask[include]
            self.counts.append(int(kept.sum()))
            local = np.searchsorted(self.groups, units.index[include & mask])
            statistics = rows_of(item.statistics, kept)
            self.scorers.append(group_scorer(item.metric, statistics, Groups(len(self.groups), local)))

    @property
    def series(self) -> int:
        return sum(len(metric.scores) for metric in self.metrics)


class _Replicates:
    """Collects the replicates of one subset block by block."""

    def __init__(self, subset: _Subset, resamples: int) -> None:
        self.subset = subset
        self.values = [
            {name: np.full(resamples, np.nan) for name in metric.scores} if len(subset.groups) > 1 else {}
            for metric in subset.metrics
        ]

    def add(self, weights: FloatArray, start: int) -> None:
        if len(self.subset.groups) < 2:
            return
        if not self.subset.whole:
            weights = np.ascontiguousarray(weights[:, self.subset.groups])
        for scorer, n, values in zip(self.subset.scorers, self.subset.counts, self.values):
            if n:
                for name, scores in scorer(weights).items():
                    values[name][start : start + len(weights)] = scores

    def estimates(self, keep: bool) -> dict[str, Estimate]:
        subset = self.subset
        unit = np.ones((1, len(subset.groups)))
        result = {}
        for metric, scorer, n, replicates in zip(subset.metrics, subset.scorers, subset.counts, self.values):
            point = scorer(unit) if n else {}
            for name in metric.scores:
                value = float(point[name][0]) if n else math.nan
                result[name] = _estimate(metric, name, value, n, len(subset.groups), replicates.get(name), keep)
        return result


def _estimate(
    metric: Metric, name: str, value: float, n: int, groups: int, replicates: FloatArray | None, keep: bool
) -> Estimate:
    if not math.isfinite(value):
        why = metric.why_undefined(name)
        if not n and why == UNDEFINED:
            why = "no example"
        return Estimate(None, None, n, why, why)
    if replicates is None:
        return Estimate(value, None, n, None, f"only {groups} group: no resampling")
    interval, reason = percentile_interval(replicates)
    return Estimate(value, interval, n, None, reason, replicates if keep else None)


def _chunks(subsets: Sequence[_Subset], resamples: int) -> Iterator[list[_Subset]]:
    """Subsets whose replicates fit in memory together; each chunk draws the same weights again."""
    chunk: list[_Subset] = []
    size = 0
    for subset in subsets:
        cost = 8 * resamples * subset.series
        if chunk and size + cost > _REPLICATE_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(subset)
        size += cost
    if chunk:
        yield chunk
