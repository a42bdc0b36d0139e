"""Accuracy on questions that chain two or more relations."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import lru_cache

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.concepts.lexicon_matcher import Found, LexiconMatcher
from cxrbench.metrics.vqa.answers import has_gold_answer, right_answers
from cxrbench.metrics.vqa.exact_match import NORMAL_FORM
from cxrbench.metrics.vqa.means import mean_statistics, ratio
from cxrbench.metrics.vqa.questions import is_marked_multi_hop

_THING_WORDS = (
    "region regions area areas structure structures organ organs part side space zone zones finding findings "
    "pathology pathologies abnormality abnormalities disease diseases device devices object objects something"
)
_LINK_WORDS = (
    "in within inside at on near beside behind above below beneath under underneath over overlying abutting between "
    "adjacent next close left right superior inferior anterior posterior medial lateral with containing touching "
    "compared relative connected causing caused associated opposite"
)
_THINGS = frozenset(_THING_WORDS.split())
_LINKS = frozenset(_LINK_WORDS.split())
_ENTITY_KINDS = frozenset(("finding", "device", "anatomy"))
_OF = "of"
_LARGEST_GAP = 5
"""Words between two entities beyond which nothing links them."""
_CLAUSE_ENDS = frozenset((",", "and", "or", "but", ";", "("))


class MultiHopAccuracy(AdditiveMetric):
    """Share of the questions that chain relations that were answered exactly.

    Counted are questions with a gold answer that are marked by their type (`multi_hop*`) or whose words chain two
    links (`chains_relations`). Right by exact match.
    """

    name = "multi_hop"

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"multi_hop_accuracy": "higher"}

    def signature(self) -> str:
        return f"multi_hop_accuracy|questions:marked,pattern_rules|links:2_or_more|{NORMAL_FORM}|version:1"

    def usable(self, reference: Reference) -> bool:
        if not has_gold_answer(reference):
            return False
        return is_marked_multi_hop(reference) or chains_relations(reference.question or "")

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        return mean_statistics(("correct",), right_answers(pairs))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return {"multi_hop_accuracy": ratio(sums[:, 1], sums[:, 0])}

    def why_undefined(self, score: str) -> str:
        return "no question that chains two or more relations"


@lru_cache(maxsize=1 << 15)
def chains_relations(question: str) -> bool:
    """Whether the words of a question chain two links: entity, link, entity, link, entity.

    Entities are concepts of the lexicon (findings, devices, structures) and general words for them ("region",
    "structure", "pathology"). A link is a preposition or a relation ("in", "adjacent to", "compared to", "causing")
    among at most five words between two neighbouring entities, no comma or conjunction being there. "Of" links an
    entity to a structure unless both are structures: "upper lobe of the right lung" is one place. The rule needs no
    parser, so that the same questions count on every machine.
    """
    matcher = LexiconMatcher()
    return any(_longest_chain(tokens, matcher.places(tokens)) >= 2 for tokens in matcher.sentences(question))


def _longest_chain(tokens: list[str], places: list[Found]) -> int:
    entities = _entities(tokens, places)
    longest = chain = 0
    for before, after in itertools.pairwise(entities):
        chain = chain + 1 if _linked(tokens, before, after) else 0
        longest = max(longest, chain)
    return longest


def _entities(tokens: list[str], places: list[Found]) -> list[tuple[int, int, bool]]:
    """(start, end, whether it is a structure) of the entities of a question, in order."""
    found = [(item.start, item.end, item.kind == "anatomy") for item in places if item.kind in _ENTITY_KINDS]
    taken = {index for start, end, _ in found for index in range(start, end)}
    found += [
        (index, index + 1, False) for index, token in enumerate(tokens) if token in _THINGS and index not in taken
    ]
    return sorted(found)


def _linked(tokens: list[str], before: tuple[int, int, bool], after: tuple[int, int, bool]) -> bool:
    between = tokens[before[1] : after[0]]
    if not between or len(between) > _LARGEST_GAP or not _CLAUSE_ENDS.isdisjoint(between):
        return False
    if not _LINKS.isdisjoint(between):
        return True
    return _OF in between and not (before[2] and after[2])
