"""The one mechanism behind every score: per-example statistics plus an aggregation.

Unit weights give the point estimate, a 0/1 mask a stratum, group weights the bootstrap. A metric whose
aggregation depends on weighted *sums* only is additive; its statistics are summed per group before
resampling, so that 600,000 questions of 300 patients cost 300 rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import Direction, Prediction, Reference

if TYPE_CHECKING:
    from cxrbench.metrics.protocols.base import Protocol

FloatArray = NDArray[np.float64]
State = Mapping[str, Any]
"""What `Metric.fit` learnt from all references; JSON-serialisable."""
View = TypeVar("View")
GroupScorer = Callable[[FloatArray], dict[str, FloatArray]]
"""Weights of groups, float64 [b, groups] -> score name -> float64 [b]."""
UNDEFINED = "undefined on this set"
"""The reason of a metric that knows no better one."""


class Pairs:
    """References with their scored predictions, aligned by position, and a cache of what metrics derive from them.

    Predictions of status "error" are never part of it; those of status "empty" and "refused" count as empty text.
    """

    def __init__(self, references: Sequence[Reference], predictions: Sequence[Prediction]) -> None:
        if len(references) != len(predictions):
            raise ValueError(f"{len(references)} references but {len(predictions)} predictions")
        self.references = references
        self.predictions = predictions
        self._views: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.references)

    def hypothesis(self, index: int) -> str:
        """The text to be scored; empty unless the status is "ok"."""
        prediction = self.predictions[index]
        return (prediction.text or "") if prediction.status == "ok" else ""

    def view(self, key: str, build: Callable[[Pairs], View]) -> View:
        """`build(self)`, computed once per key: how metrics share a tokenisation or a labelling."""
        if key not in self._views:
            self._views[key] = build(self)
        view: View = self._views[key]
        return view


@dataclass(frozen=True, slots=True)
class Statistics:
    """Per-example statistics of one metric.

    Attributes:
        columns: Names of the columns.
        values: float64 [examples, columns], finite.
        lists: Column name -> one float64 array per example, where a metric is ragged (AUROC, mAP).
    """

    columns: tuple[str, ...]
    values: FloatArray
    lists: Mapping[str, Sequence[FloatArray]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.columns):
            raise ValueError(f"statistics of shape {self.values.shape} do not fit {len(self.columns)} columns")


class Metric(ABC):
    """A family of scores that share their statistics, for example BLEU-1 to BLEU-4.

    Attributes:
        name: Family name; the prefix of its columns in statistics.parquet.
        additive: Whether `aggregate` is a function of weighted column sums.
        protocol: Which texts it compares; None where it reads something else.
    """

    name: str
    protocol: Protocol | None = None
    additive: ClassVar[bool] = True

    @property
    @abstractmethod
    def scores(self) -> Mapping[str, Direction]:
        """Score name -> whether higher or lower is better, in display order."""

    @abstractmethod
    def signature(self) -> str:
        """Identity of every score of this family, in sacrebleu's manner: `key:value|key:value|...`."""

    def usable(self, reference: Reference) -> bool:
        """Whether this reference can be scored by this metric; others are left out of its n."""
        return self.protocol is None or self.protocol.reference_text(reference) is not None

    def fit(self, references: Sequence[Reference]) -> State:
        """One global pass over all references of the task, for what needs a corpus (CIDEr's idf)."""
        return {}

    @abstractmethod
    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Statistics of each pair, in order. Shape of values: [len(pairs), columns]."""

    @abstractmethod
    def aggregate(self, statistics: Statistics, weights: FloatArray) -> dict[str, FloatArray]:
        """Scores under several weightings at once.

        Args:
            statistics: Of n examples (for additive metrics: of n groups).
            weights: float64 [b, n], non-negative; one row per resample.

        Returns:
            Score name -> float64 [b]; NaN where the score is undefined under that weighting.
        """

    def grouped(self, statistics: Statistics, groups: NDArray[np.int64], count: int) -> GroupScorer:
        """`aggregate` for weights of groups; overridden where work can be shared by all weightings.

        Args:
            statistics: Of n examples.
            groups: int64 [n], the group of each example.
            count: Number of groups; the weights have shape [b, count].
        """
        return lambda weights: self.aggregate(statistics, weights[:, groups])

    def why_undefined(self, score: str) -> str:
        """The reason printed beside a null value."""
        return UNDEFINED


class AdditiveMetric(Metric):
    """A metric whose scores are functions of weighted sums of its columns."""

    @abstractmethod
    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        """Scores from summed statistics.

        Args:
            sums: float64 [b, columns].

        Returns:
            Score name -> float64 [b]; NaN where undefined (for example no example at all).
        """

    def aggregate(self, statistics: Statistics, weights: FloatArray) -> dict[str, FloatArray]:
        # A replicate without any eligible example divides 0 by 0; NaN is the documented outcome, not worth a warning.
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.score(weights @ statistics.values)
