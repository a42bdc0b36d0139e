"""Agreement of labels in all their values, as the CheXbert paper measures labelers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cxrbench.core.conditions import CONDITIONS, NEGATIVE, NO_FINDING, POSITIVE, UNCERTAIN
from cxrbench.core.types import Direction, Labels
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.diagnostic.confusion import mean_of_defined
from cxrbench.metrics.labelers.base import Labeler
from cxrbench.metrics.labels.scores import LabelScores
from cxrbench.metrics.protocols.base import Protocol

_VALUES = (None, POSITIVE, NEGATIVE, UNCERTAIN)
_NAMES = ("blank", "positive", "negative", "uncertain")
_MENTIONS = (1, 2, 3)


class LabelAgreement(AdditiveMetric):
    """`L_three_way_f1` and `L_kappa` between the labels of two texts (or of a gold file and a labeler).

    Per condition (Smit et al., EMNLP 2020; `src/utils.py` of stanfordmlgroup/CheXbert): three-way F1 is the mean of
    the F1 of "positive", of "negative" and of "uncertain", each against all else, weighted by how often the gold has
    that value, here on the scored set; No Finding knows only "positive". Kappa is Cohen's over the four values blank,
    positive, negative and uncertain. The scores without a condition are plain means over the conditions that are
    defined. Undefined (null): three-way F1 where the gold never mentions the condition; kappa where both sides have
    one and the same value throughout.

    Args:
        labeler: Gives the scores their prefix.
        protocol: Chooses the sections that are compared, as in `LabelScores`.
    """

    def __init__(self, labeler: Labeler, protocol: Protocol | None = None) -> None:
        self.name = f"{labeler.name}_agreement"
        self.prefix = labeler.name
        self.protocol = protocol
        self._texts = LabelScores(labeler, protocol)

    @property
    def scores(self) -> Mapping[str, Direction]:
        kinds = (f"{self.prefix}_three_way_f1", f"{self.prefix}_kappa")
        return dict.fromkeys([*kinds, *(f"{kind}/{name}" for kind in kinds for name in CONDITIONS)], "higher")

    def signature(self) -> str:
        protocol = self.protocol
        texts = f"protocol:{protocol.name}|reference:{protocol.reference}" if protocol else "texts:whole"
        return f"label_agreement|{texts}|{self._texts.labeler.signature()}|values:4|weights:gold-support"

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        references, hypotheses = self._texts.labels(pairs)
        return self.measure_labels(references, hypotheses)

    def measure_labels(self, gold: Sequence[Labels], found: Sequence[Labels]) -> Statistics:
        """One-hot table of gold value x found value for each condition: [n, 14 x 16]."""
        size = len(_VALUES)
        values = np.zeros((len(gold), len(CONDITIONS), size * size))
        for row, (one, other) in enumerate(zip(gold, found, strict=True)):
            for column, name in enumerate(CONDITIONS):
                values[row, column, size * _VALUES.index(one.get(name)) + _VALUES.index(other.get(name))] = 1.0
        columns = tuple(f"{name}/{one}/{other}" for name in CONDITIONS for one in _NAMES for other in _NAMES)
        return Statistics(columns, values.reshape(len(gold), len(columns)))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        tables = sums.reshape(len(sums), len(CONDITIONS), len(_VALUES), len(_VALUES))
        three_way, kappa = _three_way_f1(tables), _kappa(tables)
        found: dict[str, FloatArray] = {}
        single: dict[str, FloatArray] = {}
        for kind, values in (("three_way_f1", three_way), ("kappa", kappa)):
            found[f"{self.prefix}_{kind}"] = mean_of_defined(values)
            for index, name in enumerate(CONDITIONS):
                single[f"{self.prefix}_{kind}/{name}"] = values[:, index]
        return {**found, **single}

    def why_undefined(self, score: str) -> str:
        kind, _, condition = score.partition("/")
        where = f" {condition}" if condition else " any condition"
        if kind.endswith("kappa"):
            return f"both sides give{where} one and the same value throughout"
        return f"the gold never mentions{where}"


def _three_way_f1(tables: FloatArray) -> FloatArray:
    """tables: [..., conditions, gold value, found value] -> [..., conditions]."""
    support, said = tables.sum(axis=-1), tables.sum(axis=-2)
    agreed = np.diagonal(tables, axis1=-2, axis2=-1)
    f1 = np.divide(2 * agreed, support + said, out=np.zeros(agreed.shape), where=support + said > 0)
    weights = support[..., _MENTIONS].copy()
    weights[..., CONDITIONS.index(NO_FINDING), 1:] = 0.0
    f1 = f1[..., _MENTIONS]
    total = weights.sum(axis=-1)
    mean: FloatArray = np.divide(
        (f1 * weights).sum(axis=-1), total, out=np.full(total.shape, np.nan), where=total > 0
    )
    return mean


def _kappa(tables: FloatArray) -> FloatArray:
    n = tables.sum(axis=(-2, -1))
    by_chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    agreed = np.trace(tables, axis1=-2, axis2=-1)
    spread = n * n - by_chance
    kappa: FloatArray = np.divide(agreed * n - by_chance, spread, out=np.full(n.shape, np.nan), where=spread > 0)
    return kappa
