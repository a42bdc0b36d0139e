"""Calibration of the label probabilities, per condition and macro."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.diagnostic.bins import BINS, bin_sums, calibration_error
from cxrbench.metrics.diagnostic.confusion import mean_of_defined
from cxrbench.metrics.diagnostic.gold import GoldPolicy, probabilities

_WIDTH = 2 + 3 * BINS
_SCORES = ("label_ece", "label_brier")


class LabelCalibration(AdditiveMetric):
    """`label_ece` and `label_brier` of each condition, and their plain means over conditions (`macro_*`).

    The same formulas as `ece` and `brier`, with the probability of the condition and its gold label in place of
    confidence and correctness. Only answers of status "ok" that give a probability count: an empty answer makes no
    claim that could be calibrated.

    Args:
        gold: What uncertain and unmentioned gold counts as.
    """

    name = "label_calibration"

    def __init__(self, gold: GoldPolicy | None = None) -> None:
        self.gold = gold or GoldPolicy()

    @property
    def scores(self) -> Mapping[str, Direction]:
        macro = [f"macro_{score}" for score in _SCORES]
        single = [f"{score}/{condition}" for score in _SCORES for condition in self.gold.conditions]
        return dict.fromkeys([*macro, *single], "lower")

    def signature(self) -> str:
        return f"label_calibration|gold:labels|{self.gold.signature_part()}|bins:{BINS}-equal|bin:upper-end-included"

    def usable(self, reference: Reference) -> bool:
        return self.gold.usable(reference)

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Columns of each condition: n, squared error; count, probability and label of each bin."""
        gold = self.gold.matrix(pairs.references)
        given = probabilities(pairs, self.gold.conditions)
        said = np.array([item.status == "ok" for item in pairs.predictions], bool)[:, None]
        counted = said & ~np.isnan(given) & ~np.isnan(gold)
        given, gold = np.where(counted, given, 0.0), np.where(counted, gold, 0.0)
        columns: list[str] = []
        parts: list[FloatArray] = []
        for index, condition in enumerate(self.gold.conditions):
            bins = bin_sums(given[:, index], gold[:, index], counted[:, index])
            error = (given[:, index] - gold[:, index]) ** 2
            parts.append(np.column_stack([counted[:, index], error, bins]).astype(np.float64))
            names = [
                "n",
                "squared_error",
                *(f"{kind}/{k}" for kind in ("count", "sum", "positive") for k in range(BINS)),
            ]
            columns += [f"{condition}/{name}" for name in names]
        return Statistics(tuple(columns), np.concatenate(parts, axis=1))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        blocks = sums.reshape(len(sums), len(self.gold.conditions), _WIDTH)
        n, error = blocks[..., 0], blocks[..., 1]
        brier = np.divide(error, n, out=np.full(n.shape, np.nan), where=n > 0)
        found: dict[str, FloatArray] = {}
        single: dict[str, FloatArray] = {}
        for score, values in zip(_SCORES, (calibration_error(blocks[..., 2:]), brier)):
            found[f"macro_{score}"] = mean_of_defined(values)
            for index, condition in enumerate(self.gold.conditions):
                single[f"{score}/{condition}"] = values[:, index]
        return {**found, **single}

    def why_undefined(self, score: str) -> str:
        _, _, condition = score.partition("/")
        where = f" for {condition}" if condition else ""
        return f"no study with both a definite gold label and a probability{where}"
