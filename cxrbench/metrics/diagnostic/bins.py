"""Probabilities in equal bins, as sums that can be added up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxrbench.metrics.base import FloatArray

BINS = 15


def bin_index(probabilities: FloatArray, bins: int = BINS) -> NDArray[np.int64]:
    """Bin of each probability: bin k holds (k / bins, (k + 1) / bins], the first one also 0."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.clip(np.searchsorted(edges, probabilities, side="left") - 1, 0, bins - 1).astype(np.int64)


def bin_sums(
    probabilities: FloatArray, outcomes: FloatArray, counted: NDArray[np.bool_], bins: int = BINS
) -> FloatArray:
    """One row per example: count, probability and outcome in the columns of its bin, 0 elsewhere.

    Args:
        probabilities: float64 [n] in [0, 1].
        outcomes: float64 [n], 1 or 0.
        counted: bool [n]; the others are rows of zeros.

    Returns:
        float64 [n, 3 x bins]: counts, then probabilities, then outcomes.
    """
    rows = np.flatnonzero(counted)
    places = bin_index(probabilities, bins)[rows]
    result = np.zeros((len(probabilities), 3 * bins))
    result[rows, places] = 1.0
    result[rows, bins + places] = probabilities[rows]
    result[rows, 2 * bins + places] = outcomes[rows]
    return result


def calibration_error(sums: FloatArray) -> FloatArray:
    """Expected calibration error from summed rows of `bin_sums`: [..., 3 x bins] -> [...]; NaN for no example.

    The share of a bin times |accuracy - confidence| is |outcomes - probabilities| / n of its sums.
    """
    bins = sums.shape[-1] // 3
    n = sums[..., :bins].sum(axis=-1)
    gaps = np.abs(sums[..., 2 * bins :] - sums[..., bins : 2 * bins]).sum(axis=-1)
    error: FloatArray = np.divide(gaps, n, out=np.full(n.shape, np.nan), where=n > 0)
    return error
