"""Overlap of the words of two answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.vqa.answers import gold_text, said_text
from cxrbench.metrics.vqa.exact_match import NORMAL_FORM
from cxrbench.metrics.vqa.means import mean_statistics, ratio
from cxrbench.metrics.vqa.normalise import normalise_answer


def token_f1(gold: str, said: str) -> float:
    """F1 of the bags of normalised words (the F1 of SQuAD, Rajpurkar et al. 2016).

    Both empty: 1; one empty: 0.
    """
    first, second = normalise_answer(gold), normalise_answer(said)
    if first == second:
        return 1.0
    expected, found = first.split(), second.split()
    distinct, other = set(expected), set(found)
    if len(distinct) == len(expected) or len(other) == len(found):
        # Where no word of one side is repeated, the clipped counts are all one: no counting needed.
        common = len(distinct & other)
    else:
        common = (Counter(expected) & Counter(found)).total()
    return 2 * common / (len(expected) + len(found))


class TokenF1(AdditiveMetric):
    """Mean of `token_f1` over the questions with a gold text (else a gold answer)."""

    name = "token_f1"

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"token_f1": "higher"}

    def signature(self) -> str:
        return f"token_f1|{NORMAL_FORM}|bag:counts|both_empty:1|aggregation:mean|version:1"

    def usable(self, reference: Reference) -> bool:
        return gold_text(reference) is not None

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        known: dict[tuple[str, str], float] = {}
        found: list[float] = []
        for reference, prediction in zip(pairs.references, pairs.predictions):
            key = (gold_text(reference) or "", said_text(prediction))
            value = known.get(key)
            if value is None:
                value = known[key] = token_f1(*key)
            found.append(value)
        return mean_statistics(("f1",), found)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return {"token_f1": ratio(sums[:, 1], sums[:, 0])}

    def why_undefined(self, score: str) -> str:
        return "no question with a gold text"
