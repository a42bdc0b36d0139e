"""Accuracy on questions whose gold is a relation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from cxrbench.core.types import Direction, Prediction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.concepts.lexicon import ancestors
from cxrbench.metrics.concepts.lexicon_matcher import LexiconMatcher
from cxrbench.metrics.vqa.answers import given_answer, has_gold_answer, is_right, is_yes_no
from cxrbench.metrics.vqa.exact_match import NORMAL_FORM
from cxrbench.metrics.vqa.means import mean_statistics, ratio
from cxrbench.metrics.vqa.places import SIDES, sides
from cxrbench.metrics.vqa.questions import asks_position, is_relational

_RIVALS = (
    SIDES,
    frozenset(("upper", "middle", "lower")),
    frozenset(("superior", "inferior")),
    frozenset(("anterior", "posterior")),
    frozenset(("medial", "lateral")),
    frozenset(("central", "peripheral")),
)
"""Directions of which naming another than the gold one contradicts it."""
_DIRECTIONS = frozenset().union(*_RIVALS)
_TARGET_KINDS = frozenset(("anatomy", "finding", "device"))


class RelationshipAccuracy(AdditiveMetric):
    """Share of the questions about a relation whose answer names the gold target and no contradicting one.

    Counted are questions marked by their type (`relational*`) and position questions (VQA-RAD POS, SLAKE Position),
    with a gold answer or gold regions. See `names_target` for what is right. Compared is `answer`, else the text,
    else the names of the regions.
    """

    name = "relationship"

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"relationship_accuracy": "higher"}

    def signature(self) -> str:
        return (
            "relationship_accuracy|questions:relational,position|target:named,uncontradicted"
            f"|{LexiconMatcher().signature()}|{NORMAL_FORM}|version:1"
        )

    def usable(self, reference: Reference) -> bool:
        return (is_relational(reference) or asks_position(reference)) and bool(_gold(reference))

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        right = [
            is_right(_gold(reference), _given(prediction))
            if is_yes_no(reference)
            else names_target(_gold(reference), _given(prediction), reference.question or "")
            for reference, prediction in zip(pairs.references, pairs.predictions)
        ]
        return mean_statistics(("correct",), right)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return {"relationship_accuracy": ratio(sums[:, 1], sums[:, 0])}

    def why_undefined(self, score: str) -> str:
        return "no question whose gold is a relation"


@lru_cache(maxsize=1 << 16)
def names_target(gold: str, given: str, question: str = "") -> bool:
    """Whether an answer names every target of the gold answer and none that contradicts it.

    Targets are the structures, findings and devices of the lexicon, and directions (left, right, upper, ...). A
    direction contradicts where the gold names another of its kind. A structure, finding or device contradicts unless
    the gold or the question names it, or it is the whole of which a gold target is a part ("right upper lobe of the
    right lung"). A denied target is not named. Without any target in the gold, exact match decides.
    """
    expected, found = _targets(gold), _targets(given)
    if not expected:
        return is_right(gold, given)
    if not expected <= found:
        return False
    wholes = frozenset().union(*(ancestors(name) for name in expected))
    allowed = expected | wholes | _targets(question)
    for name in found - expected:
        if name in _DIRECTIONS:
            if any(name in rivals and not rivals.isdisjoint(expected) for rivals in _RIVALS):
                return False
        elif name not in allowed:
            return False
    return True


@lru_cache(maxsize=1 << 15)
def _targets(text: str) -> frozenset[str]:
    named = {
        item.concept
        for item in LexiconMatcher().mentions(text)
        if not item.negated and (item.kind in _TARGET_KINDS or item.concept in _DIRECTIONS)
    }
    return frozenset(named | sides(text))


def _gold(reference: Reference) -> str:
    if has_gold_answer(reference):
        return reference.answer or ""
    return ", ".join(reference.regions or ())


def _given(prediction: Prediction) -> str:
    if prediction.status != "ok":
        return ""
    return given_answer(prediction) or ", ".join(prediction.regions or ())
