"""How far a severity is from the gold one, on the scale none, mild, moderate, severe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cxrbench.core.errors import DataError
from cxrbench.core.types import Direction, Prediction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.vqa.means import mean_statistics, ratio

SEVERITIES: Final = ("none", "mild", "moderate", "severe")
_LARGEST: Final = len(SEVERITIES) - 1


class SeverityScores(AdditiveMetric):
    """Mean of 1 - |i - j| / 3 (`ordinal_accuracy`) and of |i - j| (`severity_mae`) over ranks 0 to 3.

    A missing severity, one outside the scale, and an empty or refused answer count as the largest error, 3, whatever
    the gold is: saying nothing must not beat a guess.

    Raises:
        DataError: A gold severity is not on the scale (in `measure`).
    """

    name = "severity"

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"ordinal_accuracy": "higher", "severity_mae": "lower"}

    def signature(self) -> str:
        return f"severity|scale:{','.join(SEVERITIES)}|missing:largest_error|aggregation:mean|version:1"

    def usable(self, reference: Reference) -> bool:
        return reference.severity is not None

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        errors = [_error(gold, given) for gold, given in zip(pairs.references, pairs.predictions)]
        return mean_statistics(("ordinal", "error"), (1 - error / _LARGEST for error in errors), errors)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return {
            "ordinal_accuracy": ratio(sums[:, 1], sums[:, 0]),
            "severity_mae": ratio(sums[:, 2], sums[:, 0]),
        }

    def why_undefined(self, score: str) -> str:
        return "no question with a gold severity"


def severity_rank(severity: str | None) -> int | None:
    """Place on the scale, 0 to 3; None for anything else."""
    word = (severity or "").strip().lower()
    return SEVERITIES.index(word) if word in SEVERITIES else None


def _error(reference: Reference, prediction: Prediction) -> int:
    gold = severity_rank(reference.severity)
    if gold is None:
        raise DataError(
            f"severity {reference.severity!r} is not on the scale",
            where=f"reference {reference.id!r}",
            valid=", ".join(SEVERITIES),
            hint="map the data set's words to the scale when the example is built",
        )
    given = severity_rank(prediction.severity) if prediction.status == "ok" else None
    return _LARGEST if given is None else abs(gold - given)
