"""AUROC and average precision of label probabilities, per condition and macro."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import FloatArray, Metric, Pairs, State, Statistics
from cxrbench.metrics.diagnostic.confusion import mean_of_defined
from cxrbench.metrics.diagnostic.gold import GoldPolicy, probabilities
from cxrbench.metrics.diagnostic.rank_statistics import Ranked

_SCORES = ("auroc", "average_precision")


class RankScores(Metric):
    """`auroc` and `average_precision` of the predicted probabilities.

    auroc is the probability that a positive study is ranked above a negative one, ties counting half (Mann-Whitney);
    average_precision = sum over thresholds of (R_n - R_(n-1)) P_n, without interpolation. Both equal scikit-learn.
    `macro_*` is the plain mean over the conditions for which the score is defined. Undefined (null) where all gold of
    a condition is of one class, or where no answer gives a probability for the condition. If some answers do, one
    that does not counts as probability 0, like an empty or refused answer: silence is no way out of hard studies.

    Args:
        gold: What uncertain and unmentioned gold counts as.
    """

    name = "ranking"
    additive: ClassVar[bool] = False

    def __init__(self, gold: GoldPolicy | None = None) -> None:
        self.gold = gold or GoldPolicy()

    @property
    def scores(self) -> Mapping[str, Direction]:
        macro = [f"macro_{score}" for score in _SCORES]
        single = [f"{score}/{condition}" for score in _SCORES for condition in self.gold.conditions]
        return dict.fromkeys([*macro, *single], "higher")

    def signature(self) -> str:
        return f"ranking|gold:labels|{self.gold.signature_part()}|ties:half|interpolation:none|missing:0"

    def usable(self, reference: Reference) -> bool:
        return self.gold.usable(reference)

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """List columns, one per condition: label and probability; the label alone where the answer gives none;
        nothing where the gold does not count."""
        gold = self.gold.matrix(pairs.references)
        given = probabilities(pairs, self.gold.conditions)
        refused = np.array([item.status != "ok" for item in pairs.predictions], bool)
        given[refused] = np.nan
        lists: dict[str, list[FloatArray]] = {}
        for index, condition in enumerate(self.gold.conditions):
            rows = np.column_stack([gold[:, index], given[:, index]])
            lists[condition] = [row[~np.isnan(row)] if row[0] == row[0] else np.zeros(0) for row in rows]
        return Statistics((), np.zeros((len(pairs), 0)), lists)

    def aggregate(self, statistics: Statistics, weights: FloatArray) -> dict[str, FloatArray]:
        rows = len(statistics.values)
        return self.grouped(statistics, np.arange(rows), rows)(weights)

    def grouped(
        self, statistics: Statistics, groups: NDArray[np.int64], count: int
    ) -> Callable[[FloatArray], dict[str, FloatArray]]:
        """`aggregate` for weights of groups: ranks and pair counts are found once, for any number of weightings.

        Args:
            statistics: Of n examples.
            groups: int64 [n], the group of each example.
            count: Number of groups; the weights have shape [b, count].
        """
        ranked = [_ranked(statistics.lists[condition], groups, count) for condition in self.gold.conditions]

        def scores(weights: FloatArray) -> dict[str, FloatArray]:
            found: dict[str, FloatArray] = {}
            single: dict[str, FloatArray] = {}
            for score in _SCORES:
                values = np.full((len(weights), len(ranked)), np.nan)
                for index, item in enumerate(ranked):
                    if item is not None:
                        values[:, index] = getattr(item, score)(weights)
                    single[f"{score}/{self.gold.conditions[index]}"] = values[:, index]
                found[f"macro_{score}"] = mean_of_defined(values)
            return {**found, **single}

        return scores

    def why_undefined(self, score: str) -> str:
        _, _, condition = score.partition("/")
        return (
            f"all gold labels of {condition or 'every condition'} are of one class, "
            "or no prediction carries its label_probabilities"
        )


def _ranked(rows: Sequence[FloatArray], groups: NDArray[np.int64], count: int) -> Ranked | None:
    """The labelled examples of one condition; None where no answer gives a probability."""
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    if not (lengths == 2).any():
        return None
    known = np.flatnonzero(lengths)
    labels = np.array([rows[index][0] for index in known.tolist()])
    scores = np.array([rows[index][-1] if len(rows[index]) == 2 else 0.0 for index in known.tolist()])
    return Ranked.of(labels > 0, scores, groups[known], count)
