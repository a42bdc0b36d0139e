"""Which models are told apart by a score, and the ranks that follow, from bootstrap replicates that all models share.

A pair of models is told apart where its difference, divided by its bootstrap standard error, exceeds what the largest
such ratio of *all* pairs does in 95 % of the replicates (max-t, stepped down: Romano & Wolf, Econometrica 2005). All
verdicts then hold together with 95 % confidence, however many models there are. The rank of a model is one more than
the number of models better than it; the interval [1 + better, models - worse] contains its true rank (Mogstad,
Romano, Shaikh & Wilhelm, Review of Economic Studies 2024). Percentiles of the rank within each replicate would be
easier to compute, but do not cover the true rank where models are close, which is where they are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxrbench.metrics.base import FloatArray

LEVEL = 0.05
_CELLS = 20_000_000
"""Pairs x replicates that the critical value is computed from; many models use fewer replicates (1,000 for 200)."""
_EQUAL = 1e-12
_CANCELLED = 1e-6


@dataclass(frozen=True)
class Verdicts:
    """What is known of every pair of models.

    Attributes:
        better: bool [models, models]; better[i, j] says that i is better than j.
        errors: float64 [models, models], standard error of each difference over the replicates.
        critical: Ratio of a difference to its standard error beyond which the last pairs were told apart; None where
            no pair varies.
    """

    better: NDArray[np.bool_]
    errors: FloatArray
    critical: float | None


@dataclass(frozen=True)
class Rank:
    """Where a model stands.

    Attributes:
        rank: One more than the number of models shown to be better.
        high: The last rank that is not excluded.
        of: How many models are ranked.
        tied: Places of the models that are not told apart from it.
    """

    rank: int
    high: int
    of: int
    tied: tuple[int, ...]


def verdicts(points: FloatArray, replicates: FloatArray, *, higher: bool, level: float = LEVEL) -> Verdicts:
    """Which model is better than which.

    Args:
        points: The score of each model. float64 [models].
        replicates: On the same resamples for all models, all finite. float64 [models, resamples].
        higher: Whether higher is better.
    """
    models = len(points)
    sign = 1.0 if higher else -1.0
    first, second = np.triu_indices(models, 1)
    centred = replicates - points[:, None]
    errors = _errors(replicates)
    some = centred[:, : max(1, _CELLS // max(len(first), 1))]
    ratios = np.zeros((len(first), some.shape[1]), np.float32)
    start = 0
    for model in range(models - 1):
        rows = ratios[start : start + models - 1 - model]
        spread = errors[model, model + 1 :, None]
        np.divide(np.abs(some[model] - some[model + 1 :]), spread, out=rows, where=spread > 0, casting="same_kind")
        start += len(rows)
    difference = sign * (points[first] - points[second])
    spread = errors[first, second]
    varies = spread > 0
    ratio = np.divide(np.abs(difference), spread, out=np.zeros(len(first)), where=varies)
    found, critical = _stepped_down(ratio, ratios, varies, level)
    # Models that differ by the same amount in every resample differ for certain.
    found |= ~varies & (np.abs(difference) > _EQUAL)
    better = np.zeros((models, models), bool)
    better[first, second] = found & (difference > 0)
    better[second, first] = found & (difference < 0)
    return Verdicts(better, errors, critical)


def _errors(replicates: FloatArray) -> FloatArray:
    """Standard deviation over the replicates of the difference of each pair. float64 [models, models]."""
    resamples = replicates.shape[1]
    apart = replicates - replicates.mean(axis=1, keepdims=True)
    products = apart @ apart.T / max(resamples - 1, 1)
    spread = np.diag(products)
    total = spread[:, None] + spread
    variances = total - 2 * products
    # What is left of two nearly equal numbers has no digits: these pairs, few, are computed one by one.
    for one, other in np.argwhere(np.triu(variances < _CANCELLED * total, 1)).tolist():
        value = float((replicates[one] - replicates[other]).var(ddof=1)) if resamples > 1 else 0.0
        variances[one, other] = variances[other, one] = value if value > _EQUAL**2 else 0.0
    np.fill_diagonal(variances, 0.0)
    errors: FloatArray = np.sqrt(np.maximum(variances, 0.0))
    return errors


def _stepped_down(
    ratio: FloatArray, ratios: NDArray[np.float32], open_pairs: NDArray[np.bool_], level: float
) -> tuple[NDArray[np.bool_], float | None]:
    """Pairs whose ratio exceeds the critical value; each round leaves out the pairs that are already told apart."""
    found = np.zeros(len(ratio), bool)
    remaining = open_pairs.copy()
    critical: float | None = None
    while remaining.any():
        largest = ratios[remaining].max(axis=0)
        critical = float(np.quantile(largest, 1 - level, method="higher"))
        fresh = remaining & (ratio > critical)
        if not fresh.any():
            break
        found |= fresh
        remaining &= ~fresh
    return found, critical


def ranks(better: NDArray[np.bool_], chosen: Sequence[int]) -> dict[int, Rank]:
    """Ranks among the chosen models (the others, baselines say, take part in the verdicts alone)."""
    found = {}
    for model in chosen:
        above = [other for other in chosen if better[other, model]]
        below = [other for other in chosen if better[model, other]]
        tied = tuple(other for other in chosen if other != model and other not in above and other not in below)
        found[model] = Rank(1 + len(above), len(chosen) - len(below), len(chosen), tied)
    return found
