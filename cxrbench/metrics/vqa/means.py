"""Scores that are the mean of one value per example."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cxrbench.metrics.base import FloatArray, Statistics


def mean_statistics(columns: tuple[str, ...], *values: Iterable[float]) -> Statistics:
    """Statistics whose first column counts the examples and whose others hold one value per example each."""
    rows = [np.fromiter(column, np.float64) for column in values]
    return Statistics(("n", *columns), np.column_stack([np.ones(len(rows[0])), *rows]))


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient, NaN where the denominator is 0."""
    quotient: FloatArray = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
