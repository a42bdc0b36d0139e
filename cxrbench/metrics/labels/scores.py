"""Precision, recall and F1 over the fourteen conditions, and over the five that papers call CheXbert-5."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxrbench.core.conditions import CONDITIONS, FIVE_CONDITIONS
from cxrbench.core.errors import UsageError
from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.labelers.base import ConditionLabels, Labeler
from cxrbench.metrics.labels.cache import label_texts
from cxrbench.metrics.labels.positives import UNCERTAIN_POLICIES, Uncertain, positive_matrix
from cxrbench.metrics.protocols.base import Protocol, TextPairs

SETS: dict[int, tuple[int, ...]] = {
    14: tuple(range(len(CONDITIONS))),
    5: tuple(CONDITIONS.index(name) for name in FIVE_CONDITIONS),
}
"""Size of a set of conditions -> their places in `CONDITIONS`."""
MEASURES = ("precision", "recall", "f1")
_COUNTS = ("tp", "fp", "fn")


class LabelScores(AdditiveMetric):
    """Agreement of two texts on what is present, as a labeler reads them.

    For each pair and condition: tp, fp, fn of "counts as present". micro pools the counts of all conditions and
    examples; macro is the plain mean over conditions; example is the plain mean over examples (the "samples" average
    of scikit-learn). All equal `sklearn.metrics.precision_recall_fscore_support` with the same zero_division.
    `L_f1/<Condition>` is undefined (null) where a condition is on neither side; the averages put zero_division there.
    No Finding is one of the fourteen. An empty or refused hypothesis has no label at all, not even No Finding.

    Args:
        labeler: Gives the scores their prefix: `rules_*` or `chexbert_*`.
        protocol: Chooses the sections that are compared, untransformed; None compares all of a hypothesis with
            findings and impression (else the text) of its reference.
        uncertain: What -1 counts as, on both sides.
        zero_division: 0 or 1, the value of 0/0 in macro, example and micro averages. It decides the example average:
            with 1, two texts without any finding agree perfectly.
        cache: Whether texts labelled before in this process are remembered.

    Raises:
        UsageError: An option has another value.
    """

    def __init__(
        self,
        labeler: Labeler,
        protocol: Protocol | None = None,
        *,
        uncertain: Uncertain = "positive",
        zero_division: int = 0,
        cache: bool = True,
    ) -> None:
        if uncertain not in UNCERTAIN_POLICIES:
            raise UsageError(f"label scores: uncertain {uncertain!r} is unknown", valid=", ".join(UNCERTAIN_POLICIES))
        if zero_division not in (0, 1):
            raise UsageError(f"label scores: zero_division is {zero_division!r}", valid="0 or 1")
        self.name = labeler.name
        self.labeler = labeler
        self.protocol = protocol
        self.uncertain: Uncertain = uncertain
        self.zero_division = zero_division
        self.cache = cache

    @property
    def scores(self) -> Mapping[str, Direction]:
        prefix = self.labeler.name
        names = [
            f"{prefix}_{average}_{measure}_{size}"
            for size in SETS
            for average in ("micro", "macro", "example")
            for measure in MEASURES
        ]
        return dict.fromkeys([*names, *(f"{prefix}_f1/{condition}" for condition in CONDITIONS)], "higher")

    def signature(self) -> str:
        texts = (
            f"protocol:{self.protocol.name}|reference:{self.protocol.reference}" if self.protocol else "texts:whole"
        )
        return (
            f"{self.labeler.name}_labels|{texts}|{self.labeler.signature()}"
            f"|uncertain:{self.uncertain}|zero_division:{self.zero_division}|no_finding:counted"
        )

    def labels(self, pairs: Pairs) -> tuple[list[ConditionLabels], list[ConditionLabels]]:
        """Labels of the references and of the hypotheses, in order; computed once per pairs and labeler."""
        section = self.protocol.reference if self.protocol else "whole"
        return pairs.view(f"labels/{self.labeler.signature()}/{section}/{self.cache}", self._label)

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        references, hypotheses = self.labels(pairs)
        return self.measure_labels(references, hypotheses)

    def measure_labels(self, references: list[ConditionLabels], hypotheses: list[ConditionLabels]) -> Statistics:
        """Statistics from labels that are already there (a gold standard, or another labeler's file).

        Columns: n; tp, fp and fn of each condition; precision, recall and F1 of the example over 14 and 5 conditions.
        """
        gold = positive_matrix(references, self.uncertain)
        found = positive_matrix(hypotheses, self.uncertain)
        counts = [(gold & found), (~gold & found), (gold & ~found)]
        columns = ["n", *(f"{kind}/{name}" for kind in _COUNTS for name in CONDITIONS)]
        values: list[FloatArray] = [np.ones((len(gold), 1)), *(count.astype(np.float64) for count in counts)]
        for size, chosen in SETS.items():
            tp, fp, fn = (count[:, chosen].sum(axis=1).astype(np.float64) for count in counts)
            columns += [f"example_{measure}_{size}" for measure in MEASURES]
            values += [part[:, None] for part in _ratios(tp, fp, fn, float(self.zero_division))]
        return Statistics(tuple(columns), np.concatenate(values, axis=1))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        prefix, zero, width = self.labeler.name, float(self.zero_division), len(CONDITIONS)
        n = sums[:, 0]
        tp, fp, fn = (sums[:, 1 + k * width : 1 + (k + 1) * width] for k in range(len(_COUNTS)))
        example = 1 + len(_COUNTS) * width
        found: dict[str, FloatArray] = {}
        for place, (size, chosen) in enumerate(SETS.items()):
            a, b, c = tp[:, chosen], fp[:, chosen], fn[:, chosen]
            micro = _ratios(a.sum(axis=1), b.sum(axis=1), c.sum(axis=1), zero)
            macro = [part.mean(axis=1) for part in _ratios(a, b, c, zero)]
            start = example + place * len(MEASURES)
            means = [_divide(sums[:, start + k], n, np.nan) for k in range(len(MEASURES))]
            for average, parts in (("micro", micro), ("macro", macro), ("example", means)):
                for measure, value in zip(MEASURES, parts):
                    found[f"{prefix}_{average}_{measure}_{size}"] = np.where(n > 0, value, np.nan)
        f1 = _ratios(tp, fp, fn, np.nan)[2]
        for index, condition in enumerate(CONDITIONS):
            found[f"{prefix}_f1/{condition}"] = f1[:, index]
        return found

    def why_undefined(self, score: str) -> str:
        _, _, condition = score.partition("/")
        return f"{condition} is present in no reference and no hypothesis" if condition else "no example"

    def _label(self, pairs: Pairs) -> tuple[list[ConditionLabels], list[ConditionLabels]]:
        texts = self.protocol.untransformed(pairs) if self.protocol else _whole_texts(pairs)
        both = label_texts(self.labeler, [*texts.references, *texts.hypotheses], cache=self.cache)
        return both[: len(pairs)], both[len(pairs) :]


def _whole_texts(pairs: Pairs) -> TextPairs:
    return TextPairs(
        [pairs.hypothesis(index) for index in range(len(pairs))],
        [report_text(reference) for reference in pairs.references],
    )


def report_text(reference: Reference) -> str:
    """Findings and impression as two paragraphs; the text where there are no sections."""
    parts = [part for part in (reference.findings, reference.impression) if part]
    return "\n\n".join(parts) if parts else (reference.text or "")


def _ratios(tp: FloatArray, fp: FloatArray, fn: FloatArray, zero: float) -> list[FloatArray]:
    return [_divide(tp, tp + fp, zero), _divide(tp, tp + fn, zero), _divide(2 * tp, 2 * tp + fp + fn, zero)]


def _divide(numerator: FloatArray, denominator: FloatArray, zero: float) -> FloatArray:
    quotient: FloatArray = np.full(numerator.shape, zero)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
