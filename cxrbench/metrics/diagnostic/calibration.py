"""Whether a confidence of 0.8 means right in 80 % of the cases: expected calibration error and Brier score."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.diagnostic.bins import BINS, bin_sums, calibration_error

Outcome = Callable[[Pairs], FloatArray]
"""1 right, 0 wrong, NaN no outcome, of each pair: float64 [pairs]."""


def _always(reference: Reference) -> bool:
    return True


class Calibration(AdditiveMetric):
    """`ece` and `brier` of the confidence in an answer.

    ece = sum over bins of (share of examples in the bin) x |accuracy - mean confidence|, 15 equal bins of [0, 1],
    each including its upper end (Naeini et al., AAAI 2015; Guo et al., ICML 2017). brier = mean of (confidence -
    correct)^2. Both count only examples with an outcome and a confidence; `confidence_rate` is the share of examples
    with an outcome that carry a confidence, so that a model that is silent where it is unsure is seen.

    Args:
        outcome: Says of each pair whether it is right (exact match, IoU > 0.5).
        prefix: Put before the names of the scores.
        outcome_name: Identifies the outcome in the signature.
        eligible: Which references can have an outcome.
    """

    def __init__(
        self,
        outcome: Outcome,
        *,
        prefix: str = "",
        outcome_name: str = "exact_match",
        eligible: Callable[[Reference], bool] = _always,
    ) -> None:
        self.name = f"{prefix}calibration"
        self.outcome = outcome
        self.prefix = prefix
        self.outcome_name = outcome_name
        self.eligible = eligible

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {
            f"{self.prefix}ece": "lower",
            f"{self.prefix}brier": "lower",
            f"{self.prefix}confidence_rate": "higher",
        }

    def signature(self) -> str:
        return f"calibration|outcome:{self.outcome_name}|bins:{BINS}-equal|bin:upper-end-included|aggregation:corpus"

    def usable(self, reference: Reference) -> bool:
        return self.eligible(reference)

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Columns: pairs with an outcome, of these with a confidence, squared error; count, confidence and outcome
        of each bin."""
        outcome = np.asarray(self.outcome(pairs), np.float64)
        confidence = np.array(
            [np.nan if item.confidence is None else item.confidence for item in pairs.predictions], np.float64
        )
        known = ~np.isnan(outcome)
        scored = known & ~np.isnan(confidence)
        error = np.where(scored, (confidence - outcome) ** 2, 0.0)
        bins = bin_sums(np.where(scored, confidence, 0.0), np.where(scored, outcome, 0.0), scored)
        columns = [
            "outcomes",
            "scored",
            "squared_error",
            *(f"{kind}/{k}" for kind in ("count", "confidence", "correct") for k in range(BINS)),
        ]
        return Statistics(tuple(columns), np.column_stack([known, scored, error, bins]).astype(np.float64))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        known, scored, error = sums[:, 0], sums[:, 1], sums[:, 2]
        missing = np.full(len(sums), np.nan)
        return {
            f"{self.prefix}ece": calibration_error(sums[:, 3:]),
            f"{self.prefix}brier": np.divide(error, scored, out=missing.copy(), where=scored > 0),
            f"{self.prefix}confidence_rate": np.divide(scored, known, out=missing.copy(), where=known > 0),
        }

    def why_undefined(self, score: str) -> str:
        return "no example with an outcome" if score.endswith("rate") else "no prediction carries a confidence"
