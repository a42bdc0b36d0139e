"""Accuracy on questions about a spatial relation."""

from __future__ import annotations

from collections.abc import Mapping

from cxrbench.core.types import Direction, Prediction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.vqa.answers import given_answer, gold_text, has_gold_answer, right_answers
from cxrbench.metrics.vqa.exact_match import NORMAL_FORM
from cxrbench.metrics.vqa.means import mean_statistics, ratio
from cxrbench.metrics.vqa.places import sides, sides_of_regions
from cxrbench.metrics.vqa.questions import asks_position, asks_where, names_spatial_relation


class SpatialRelationAccuracy(AdditiveMetric):
    """Share of the questions about a spatial relation that were answered rightly.

    Counted are: position questions (VQA-RAD POS, SLAKE Position) with a gold answer; closed questions whose words
    name a spatial relation between two things (`names_spatial_relation`); and `where_is_*` questions whose gold names
    a side. The first two are right by exact match; the last where the sides (left, right or both) are the gold ones:
    the gold's by its regions, else its answer or text; the prediction's by its answer, else its regions.
    """

    name = "spatial_relation"

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"spatial_relation_accuracy": "higher"}

    def signature(self) -> str:
        questions = "position_types,closed_by_words,where_laterality"
        return f"spatial_relation_accuracy|questions:{questions}|{NORMAL_FORM}|version:1"

    def usable(self, reference: Reference) -> bool:
        if asks_where(reference):
            return bool(_gold_sides(reference))
        if not has_gold_answer(reference):
            return False
        return asks_position(reference) or (reference.closed is True and names_spatial_relation(reference.question))

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        exact = right_answers(pairs)
        right = [
            _given_sides(prediction) == _gold_sides(reference) if asks_where(reference) else equal
            for reference, prediction, equal in zip(pairs.references, pairs.predictions, exact)
        ]
        return mean_statistics(("correct",), right)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return {"spatial_relation_accuracy": ratio(sums[:, 1], sums[:, 0])}

    def why_undefined(self, score: str) -> str:
        return "no question about a spatial relation"


def _gold_sides(reference: Reference) -> frozenset[str]:
    return sides_of_regions(reference.regions) or sides(reference.answer or gold_text(reference) or "")


def _given_sides(prediction: Prediction) -> frozenset[str]:
    if prediction.status != "ok":
        return frozenset()
    return sides(given_answer(prediction)) or sides_of_regions(prediction.regions)
