"""Diagnostic performance of present-or-absent decisions, per condition, macro and micro."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxrbench.core.errors import UsageError
from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.diagnostic.confusion import MEASURES, confusion_measures, mean_of_defined
from cxrbench.metrics.diagnostic.gold import GoldPolicy, TextLabels, probabilities
from cxrbench.metrics.labels.positives import UNCERTAIN_POLICIES, Uncertain

_COUNTS = ("tp", "fp", "tn", "fn")


class DiagnosticScores(AdditiveMetric):
    """`sensitivity`, `specificity`, `ppv`, `npv`, `mcc` and `kappa` against gold labels.

    A condition counts as predicted where its probability is at least the threshold; where the answer gives no
    probability for it, where the labels of the answer's text say so; where there is no labeler either, the study is
    left out of that condition. An empty or refused answer asserts nothing: every condition predicted absent.

    `<measure>/<Condition>` per condition; `macro_<measure>` is the plain mean over the conditions for which it is
    defined; `micro_<measure>` pools the counts of all conditions. A measure is undefined (null) where its denominator
    is 0: sensitivity without a positive study, specificity without a negative one, mcc and kappa where gold or
    prediction is constant (kappa: both) - unlike scikit-learn, which says 0.

    Args:
        gold: What uncertain and unmentioned gold counts as.
        threshold: Declared before the test, in (0, 1].
        text_labels: Labels of texts, for answers without probabilities.
        text_labels_name: Identifies them in the signature.
        text_uncertain: What an uncertain label of the text counts as.

    Raises:
        UsageError: The threshold or a policy has another value.
    """

    name = "diagnostic"

    def __init__(
        self,
        gold: GoldPolicy | None = None,
        *,
        threshold: float = 0.5,
        text_labels: TextLabels | None = None,
        text_labels_name: str = "given",
        text_uncertain: Uncertain = "positive",
    ) -> None:
        if not 0 < threshold <= 1:
            raise UsageError(f"diagnostic scores: the threshold is {threshold!r}", valid="a number in (0, 1]")
        if text_uncertain not in UNCERTAIN_POLICIES:
            raise UsageError(
                f"diagnostic scores: text_uncertain is {text_uncertain!r}", valid=", ".join(UNCERTAIN_POLICIES)
            )
        self.gold = gold or GoldPolicy()
        self.threshold = threshold
        self.text_labels = text_labels
        self.text_labels_name = text_labels_name
        self.text_uncertain: Uncertain = text_uncertain

    @property
    def scores(self) -> Mapping[str, Direction]:
        averages = [f"{average}_{measure}" for average in ("macro", "micro") for measure in MEASURES]
        single = [f"{measure}/{condition}" for measure in MEASURES for condition in self.gold.conditions]
        return dict.fromkeys([*averages, *single], "higher")

    def signature(self) -> str:
        texts = (
            f"else-labels-of-text:{self.text_labels_name}|text_uncertain:{self.text_uncertain}"
            if self.text_labels
            else "else-labels-of-text:no"
        )
        return f"diagnostic|gold:labels|{self.gold.signature_part()}|threshold:{self.threshold:g}|{texts}"

    def usable(self, reference: Reference) -> bool:
        return self.gold.usable(reference)

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Columns: tp, fp, tn and fn of each condition."""
        gold = self.gold.matrix(pairs.references)
        found = self._decisions(pairs)
        known = ~np.isnan(gold) & ~np.isnan(found)
        positive, predicted = gold == 1, found == 1
        counts = [positive & predicted, ~positive & predicted, ~positive & ~predicted, positive & ~predicted]
        columns = tuple(f"{kind}/{condition}" for kind in _COUNTS for condition in self.gold.conditions)
        return Statistics(columns, np.concatenate([known & count for count in counts], axis=1).astype(np.float64))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        counts = sums.reshape(len(sums), len(_COUNTS), len(self.gold.conditions)).transpose(1, 0, 2)
        single = confusion_measures(*counts)
        pooled = confusion_measures(*counts.sum(axis=2))
        found = {f"macro_{measure}": mean_of_defined(single[measure]) for measure in MEASURES}
        found |= {f"micro_{measure}": pooled[measure] for measure in MEASURES}
        for measure in MEASURES:
            for index, condition in enumerate(self.gold.conditions):
                found[f"{measure}/{condition}"] = single[measure][:, index]
        return found

    def why_undefined(self, score: str) -> str:
        measure, _, condition = score.partition("/")
        return undefined_reason(measure.removeprefix("macro_").removeprefix("micro_"), condition)

    def _decisions(self, pairs: Pairs) -> FloatArray:
        """1, 0 or NaN (the answer says nothing about it): float64 [pairs, conditions]."""
        given = probabilities(pairs, self.gold.conditions)
        decided = np.where(np.isnan(given), np.nan, given >= self.threshold)
        rows = np.flatnonzero(np.isnan(decided).any(axis=1))
        if self.text_labels is None or not len(rows):
            return decided
        counted = (1, -1) if self.text_uncertain == "positive" else (1,)
        texts = [pairs.hypothesis(row) for row in rows.tolist()]
        for row, labels in zip(rows.tolist(), self.text_labels(texts), strict=True):
            said = [float(labels.get(condition) in counted) for condition in self.gold.conditions]
            decided[row] = np.where(np.isnan(decided[row]), said, decided[row])
        return decided


def undefined_reason(measure: str, condition: str) -> str:
    """Why a measure of decisions is null."""
    where = f" for {condition}" if condition else ""
    reasons = {
        "sensitivity": "no study with the condition",
        "specificity": "no study without the condition",
        "ppv": "nothing was predicted present",
        "npv": "nothing was predicted absent",
        "mcc": "gold or prediction is constant",
        "kappa": "gold and prediction are constant and equal",
    }
    return f"{reasons[measure]}{where}, or no study with both a definite gold label and a decision"
