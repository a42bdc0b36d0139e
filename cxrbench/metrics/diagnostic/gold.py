"""Gold labels as numbers: which studies count for which condition, and what the model said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cxrbench.core.conditions import CONDITIONS, NEGATIVE, POSITIVE, UNCERTAIN
from cxrbench.core.errors import DataError, UnknownNameError, UsageError
from cxrbench.core.types import Labels, Reference
from cxrbench.metrics.base import FloatArray, Pairs

Policy = Literal["exclude", "positive", "negative"]
POLICIES: tuple[Policy, ...] = ("exclude", "positive", "negative")
TextLabels = Callable[[Sequence[str]], Sequence[Labels]]
"""Texts -> labels of each, for example `Labeler.label`."""


@dataclass(frozen=True)
class GoldPolicy:
    """What uncertain and unmentioned gold counts as.

    The default leaves uncertain studies out and counts a condition that is not mentioned as absent, the reading of
    most papers (R2Gen, CheXbert evaluations). `blank="exclude"` keeps only explicit statements, which leaves out
    nearly every healthy study where the gold comes from reports.

    Attributes:
        uncertain: What -1 counts as.
        blank: What a condition without a label counts as, in a reference that has labels at all.
        conditions: The conditions that are scored, in order.
    """

    uncertain: Policy = "exclude"
    blank: Policy = "negative"
    conditions: tuple[str, ...] = CONDITIONS

    def __post_init__(self) -> None:
        for name in ("uncertain", "blank"):
            if getattr(self, name) not in POLICIES:
                raise UsageError(f"gold labels: {name} counts as {getattr(self, name)!r}", valid=", ".join(POLICIES))
        if not self.conditions:
            raise UsageError("gold labels: no condition to score", valid=", ".join(CONDITIONS))
        for condition in self.conditions:
            if condition not in CONDITIONS:
                raise UnknownNameError("condition", condition, CONDITIONS)

    def signature_part(self) -> str:
        """`uncertain:…|blank:…|conditions:N`, the conditions by name where they are not all fourteen."""
        chosen = str(len(self.conditions)) if self.conditions == CONDITIONS else "+".join(self.conditions)
        return f"uncertain:{self.uncertain}|blank:{self.blank}|conditions:{chosen}"

    def values(self, labels: Labels) -> list[float]:
        """1, 0 or NaN (not counted) of each condition.

        Raises:
            DataError: A label is none of 1, 0, -1 and None.
        """
        meaning = {"exclude": np.nan, "positive": 1.0, "negative": 0.0}
        codes = {
            POSITIVE: 1.0,
            NEGATIVE: 0.0,
            UNCERTAIN: meaning[self.uncertain],
            None: meaning[self.blank],
        }
        found = [labels.get(condition) for condition in self.conditions]
        for condition, label in zip(self.conditions, found):
            if label not in codes:
                raise DataError(f"the gold label of {condition} is {label!r}", valid="1, 0, -1 or null")
        return [codes[label] for label in found]

    def usable(self, reference: Reference) -> bool:
        """Whether some condition of the reference counts."""
        return reference.labels is not None and not np.isnan(self.values(reference.labels)).all()

    def matrix(self, references: Sequence[Reference]) -> FloatArray:
        """1, 0 or NaN: float64 [references, conditions]."""
        rows = [self.values(reference.labels or {}) for reference in references]
        return np.array(rows, np.float64).reshape(len(references), len(self.conditions))


def probabilities(pairs: Pairs, conditions: Sequence[str]) -> FloatArray:
    """Predicted probabilities, float64 [pairs, conditions]; NaN where an answer gives none.

    An empty or refused answer asserts nothing: probability 0 throughout. NaN, infinity and numbers outside [0, 1]
    cannot occur here, because no `Prediction` can hold them.
    """
    result = np.full((len(pairs), len(conditions)), np.nan)
    for row, prediction in enumerate(pairs.predictions):
        if prediction.status != "ok":
            result[row] = 0.0
        elif prediction.label_probabilities is not None:
            given = prediction.label_probabilities
            result[row] = [given.get(condition, np.nan) for condition in conditions]
    return result
