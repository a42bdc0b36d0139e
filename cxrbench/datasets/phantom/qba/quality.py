"""Quality codes of observations and answers, and the grade that follows from them.

Criteria, values and ratings are documented (MIMIC-Ext-CXR-QBA 1.0.0); the integers behind them and the keys inside
`answer_quality` and `question_quality` are this phantom's: larger is better, as the data set says.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

GRADES: Final = ("D", "C", "B", "A", "A+", "A++")
"""Worst first, so that the place is a rank."""
UNRATED: Final = "U"
BEST: Final = len(GRADES) - 1

Criterion = tuple[tuple[str, str], ...]
"""(value, highest rating it allows), from code 0 up."""
EXTRACTION: Final[dict[str, Criterion]] = {
    "region_extract_quality": (
        ("NO_REGIONS", "B"),
        ("DEFAULT_REGIONS_ONLY", "B"),
        ("CONTAINS_DEFAULT_REGIONS", "A"),
        ("CONTAINS_NON_RESOLVED_REGIONS", "A"),
        ("RESOLVED_REGIONS_ONLY", "A++"),
    ),
    "entity_extract_quality": (
        ("NO_ENTITIES", "B"),
        ("CONTAINS_NON_RESOLVED_ENTITIES", "A"),
        ("RESOLVED_ENTITIES_ONLY", "A++"),
    ),
    "sentence_name_quality": (
        ("CHANGE_IN_SENTENCE_OR_NAME", "B"),
        ("UNDERSCORES_IN_SENTENCE_OR_NAME", "A"),
        ("NO_ISSUES", "A++"),
    ),
    "change_quality": (
        ("CHANGE_SENTENCE_REMOVED", "B"),
        ("UNDERSCORES_IN_CHANGE_SENTENCE", "A"),
        ("CONTAINS_NON_RESOLVED_CHANGES", "A"),
        ("NO_ISSUES", "A++"),
    ),
    "general_issue_level": (
        ("DISCARDED", "D"),
        ("NON_INTERPRETABLE", "C"),
        ("MOSTLY_INTERPRETABLE", "B"),
        ("IGNORABLE", "A"),
        ("FIXABLE", "A+"),
        ("NO_ISSUES", "A++"),
    ),
    "localization_quality": (
        ("NO_LOCALIZATION", "B"),
        ("FALLBACK_LOCALIZATION", "B"),
        ("INCOMPLETE_LOCALIZATION", "A"),
        ("BBOX_LOCALIZATION", "A++"),
        ("BBOX_AND_MASK_LOCALIZATION", "A++"),
    ),
}
ANSWER: Final[dict[str, Criterion]] = {
    "entailment": (
        ("NON_ALIGNED_CONTRADICTING", "D"),
        ("NON_ALIGNED_MISLEADING", "C"),
        ("NON_ALIGNED_NON_INFERABLE", "B"),
        ("ALIGNED_GENERAL_STATEMENT", "A"),
        ("ALIGNED_NEGATIVE_NOT_MENTIONED", "A"),
        ("ALIGNED_INFERABLE", "A++"),
        ("ALIGNED_MENTIONED", "A++"),
    ),
    "relevance": (
        ("IRRELEVANT_INFO", "A"),
        ("REDUNDANT_INFO", "A"),
        ("RELATED_INFO", "A++"),
        ("RELEVANT_MAIN_ANSWER", "A++"),
    ),
    "completeness": (
        ("INCOMPLETE_MISLEADING", "C"),
        ("INCOMPLETE_NON_MISLEADING", "B"),
        ("NOT_ANSWERED", "B"),
        ("DETAILS_MISSING", "A+"),
        ("FULLY_COMPLETE", "A++"),
    ),
    "clarity": (
        ("NOT_UNDERSTANDABLE", "C"),
        ("UNCLEAR_ANSWER", "B"),
        ("GRAMMATICAL_ERRORS", "A"),
        ("UNUSUAL_SENTENCE_STRUCTURE", "A"),
        ("OPTIMAL", "A++"),
    ),
}
"""Of an answer. `relevance` depends on the kind too: a main answer in related information allows A at most, related
information in a main answer or detail A+."""
QUESTION: Final[dict[str, Criterion]] = {
    "clarity": (
        ("UNANSWERABLE", "C"),
        ("UNRELATED_TO_CHEST_XRAY", "B"),
        ("UNCLEAR_QUESTION", "B"),
        ("GRAMMATICAL_ERRORS", "A"),
        ("UNUSUAL_SENTENCE_STRUCTURE", "A"),
        ("OPTIMAL", "A++"),
    ),
}
MAPPING_COLUMNS: Final = ("level", "criterion", "code", "name", "rating")


def ranks(criterion: Criterion) -> tuple[int, ...]:
    """The rank of the highest grade that each code allows."""
    return tuple(GRADES.index(rating) for _, rating in criterion)


EXTRACTION_KEYS: Final = tuple(EXTRACTION)
EXTRACTION_RANKS: Final = tuple(ranks(criterion) for criterion in EXTRACTION.values())
ANSWER_KEYS: Final = tuple(ANSWER)
ANSWER_RANKS: Final = tuple(ranks(criterion) for criterion in ANSWER.values())
QUESTION_RANKS: Final = ranks(QUESTION["clarity"])
RELEVANT_MAIN: Final = 3
RELATED: Final = 2

Codes = tuple[int, int, int, int, int, int]
"""Extraction codes in the order of `EXTRACTION_KEYS`."""
BEST_CODES: Final[Codes] = (4, 2, 2, 3, 5, 4)


def rank_of(codes: Codes) -> int:
    """The rank of the grade that extraction codes allow."""
    return min(ranks[code] for ranks, code in zip(EXTRACTION_RANKS, codes))


class Draw:
    """Draws codes with given shares from uniform numbers.

    Args:
        shares: Code -> share; they need not add up to 1.
    """

    def __init__(self, shares: dict[int, float]) -> None:
        total = sum(shares.values())
        self._codes: Sequence[int] = tuple(shares)
        self._edges = [edge / total for edge in accumulate(shares.values())][:-1]

    def __call__(self, uniform: float) -> int:
        return self._codes[bisect(self._edges, uniform)]


def mapping_rows() -> list[list[str]]:
    """The rows of `quality_mappings.csv` below `MAPPING_COLUMNS`."""
    return [
        [level, criterion, str(code), name, rating]
        for level, criteria in (("extraction", EXTRACTION), ("answer", ANSWER), ("question", QUESTION))
        for criterion, values in criteria.items()
        for code, (name, rating) in enumerate(values)
    ]
