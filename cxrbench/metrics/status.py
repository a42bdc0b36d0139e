"""Rates of answers that say nothing: empty and refused."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxrbench.core.types import Direction
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics


class StatusRates(AdditiveMetric):
    """Share of empty and of refused answers among all scored ones (those of status "error" are unscored)."""

    name = "status"

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"empty_rate": "lower", "refused_rate": "lower"}

    def signature(self) -> str:
        return "rate|of:scored|version:1"

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        rows = [[item.status == "empty", item.status == "refused", True] for item in pairs.predictions]
        return Statistics(("empty", "refused", "count"), np.asarray(rows, np.float64).reshape(-1, 3))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return {"empty_rate": sums[:, 0] / sums[:, 2], "refused_rate": sums[:, 1] / sums[:, 2]}
