"""Scores that are plain means of per-example values."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cxrbench.metrics.base import FloatArray


def mean_scores(names: Iterable[str], sums: FloatArray) -> dict[str, FloatArray]:
    """Column 0 holds how many examples count, the further columns the sums of each named score; NaN for none."""
    n = sums[:, 0]
    return {
        name: np.divide(sums[:, column], n, out=np.full(len(sums), np.nan), where=n > 0)
        for column, name in enumerate(names, start=1)
    }
