"""Whether a model says yes where it is yes, and no where it is no: what "always yes" cannot do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.vqa.answers import is_yes_no, right_answers
from cxrbench.metrics.vqa.means import ratio
from cxrbench.metrics.vqa.normalise import normalise_answer


class YesNoScores(AdditiveMetric):
    """`yes_no_sensitivity`, `yes_no_specificity` and their mean, `yes_no_balanced_accuracy`.

    Counted are the questions whose gold answer is yes or no. Sensitivity is the share of the gold "yes" that were
    answered yes, specificity that of the gold "no" that were answered no, by the grammar of `parse_yes_no`; an
    unparsable, empty or refused answer is wrong. The balanced accuracy of a constant answer is 0.5 whatever the share
    of "yes" in the data set; it is undefined where one of the two never is the gold answer.
    """

    name = "yes_no"

    @property
    def scores(self) -> Mapping[str, Direction]:
        return dict.fromkeys(
            ("yes_no_balanced_accuracy", "yes_no_sensitivity", "yes_no_specificity"),
            "higher",
        )

    def signature(self) -> str:
        return "yes_no|questions:gold_yes_or_no|positive:yes|yesno:first_word,unparsable_wrong|version:1"

    def usable(self, reference: Reference) -> bool:
        return is_yes_no(reference)

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        right = np.array(right_answers(pairs), bool)
        yes = np.array([normalise_answer(item.answer or "") == "yes" for item in pairs.references], bool)
        columns = [yes, yes & right, ~yes, ~yes & right]
        return Statistics(("yes", "right_yes", "no", "right_no"), np.column_stack(columns).astype(np.float64))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        sensitivity, specificity = ratio(sums[:, 1], sums[:, 0]), ratio(sums[:, 3], sums[:, 2])
        return {
            "yes_no_balanced_accuracy": (sensitivity + specificity) / 2,
            "yes_no_sensitivity": sensitivity,
            "yes_no_specificity": specificity,
        }

    def why_undefined(self, score: str) -> str:
        which = {"yes_no_sensitivity": "yes", "yes_no_specificity": "no"}.get(score, "yes, or none of no")
        return f"no question whose gold answer is {which}"
