"""Whether an answer is of the right semantic type, whatever it says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, get_args

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.concepts import ConceptMatcher, Kind, get_concept_matcher
from cxrbench.metrics.vqa.answers import gold_text, said_text
from cxrbench.metrics.vqa.means import mean_statistics, ratio
from cxrbench.metrics.vqa.normalise import normalise_answer, opens_with_yes_no

SemanticType = Literal[
    "yes/no", "anatomical location", "finding or disease", "device", "measurement", "severity", "other"
]
SEMANTIC_TYPES: Final[tuple[SemanticType, ...]] = get_args(SemanticType)

_DEGREE = (
    r"(?:none|absent|minimal|trace|tiny|subtle|slight|small|mild|moderate|medium|marked|large|severe|massive|extensive|"
    r"minimally|slightly|mildly|moderately|markedly|severely)(?: (?:to|or) )?"
)
_SEVERITY = re.compile(
    rf"(?:.*\b(?:is|are|appears?|remains?|of) )?(?:{_DEGREE} ?)+(?: ?(?:in )?(?:severity|degree|extent|size))?"
)
_UNIT = r"(?:mm|cm|m|(?:milli|centi)met(?:er|re)s?|ml|cc|l|lit(?:er|re)s?|degrees?|percent|years?|months?|days?)"
_NUMBER = r"(?:less than |more than |about |approximately |around )?\d+(?: \d+)*"
_MEASUREMENT = re.compile(rf"{_NUMBER}(?: \w+)?|.*\b\d+ ?{_UNIT}\b.*")
_PERCENT = re.compile(r"\d\s*%")
_LOCATIVE = re.compile(
    r"\b(?:is|are|lies?|sits?|projects?|terminates?|ends?)(?: (?:located|situated|centered|localized|confined))? "
    r"(?:in|at|on|within|near|over|along|above|below|behind|adjacent to|projecting over) "
)
_PRIORITY: tuple[tuple[frozenset[Kind], SemanticType], ...] = (
    (frozenset(("finding", "normal")), "finding or disease"),
    (frozenset(("device",)), "device"),
    (frozenset(("measurement",)), "measurement"),
    (frozenset(("anatomy", "position")), "anatomical location"),
    (frozenset(("severity",)), "severity"),
)


class SemanticTypeAccuracy(AdditiveMetric):
    """Share of the answers whose semantic type is that of the gold text.

    One classifier, `semantic_type`, reads both sides. Counted is every gold text (else answer) with a type, that is,
    with any word in it. An empty or refused answer has no type and is wrong.

    Args:
        matcher: Finds the concepts that the classifier counts on; the embedded lexicon where None.
    """

    name = "semantic_type"

    def __init__(self, matcher: ConceptMatcher | None = None) -> None:
        self.matcher = matcher if matcher is not None else get_concept_matcher()
        self._type = lru_cache(maxsize=1 << 15)(self._classify)

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"semantic_type_accuracy": "higher"}

    def signature(self) -> str:
        types = len(SEMANTIC_TYPES)
        return f"semantic_type_accuracy|types:{types}|{self.matcher.signature()}|aggregation:mean|version:1"

    def usable(self, reference: Reference) -> bool:
        return self._type(gold_text(reference) or "") is not None

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        right = [
            self._type(said_text(prediction)) == self._type(gold_text(reference) or "")
            for reference, prediction in zip(pairs.references, pairs.predictions)
        ]
        return mean_statistics(("correct",), right)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return {"semantic_type_accuracy": ratio(sums[:, 1], sums[:, 0])}

    def why_undefined(self, score: str) -> str:
        return "no gold text of a determinate type"

    def _classify(self, text: str) -> SemanticType | None:
        return semantic_type(text, self.matcher)


def semantic_type(text: str, matcher: ConceptMatcher) -> SemanticType | None:
    """Type of an answer; None for a text without any word. The first rule that holds decides:

    1. yes/no: the text is yes or no, or begins with one of them and a punctuation mark, without the other.
    2. measurement: a number with at most one word behind it, or a number with a unit or per cent sign anywhere.
    3. severity: only words of degree ("mild", "moderate to severe"), or a sentence that ends in them behind a verb.
    4. anatomical location: a sentence that says where something is ("... is in the left lung").
    5. By the concepts named: device where one is named before any finding; else finding or disease (statements of
       normality included), measurement, anatomical location (also a bare side), severity.
    6. other.
    """
    words = normalise_answer(text)
    if not words:
        return None
    if opens_with_yes_no(text):
        return "yes/no"
    if _MEASUREMENT.fullmatch(words) or _PERCENT.search(text):
        return "measurement"
    if _SEVERITY.fullmatch(words):
        return "severity"
    kinds = [mention.kind for mention in matcher.mentions(text)]
    if "anatomy" in kinds and _LOCATIVE.search(words):
        return "anatomical location"
    named = [kind for kind in kinds if kind in ("finding", "device")]
    if named and named[0] == "device":
        return "device"
    for members, found in _PRIORITY:
        if not members.isdisjoint(kinds):
            return found
    return "other"
