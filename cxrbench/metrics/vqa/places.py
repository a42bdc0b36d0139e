"""The sides and structures that an answer names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from cxrbench.metrics.concepts.lexicon_matcher import LexiconMatcher

SIDES = frozenset(("left", "right"))
_BOTH = frozenset(("bilateral", "bilaterally", "both"))


@lru_cache(maxsize=1 << 15)
def sides(text: str) -> frozenset[str]:
    """The sides that a text names: left, right or both of them; none where it says nothing of a side.

    "Both", "bilateral" and "bilaterally" are both sides.
    """
    found: set[str] = set()
    for words in LexiconMatcher().sentences(text):
        found |= SIDES & set(words)
        if not _BOTH.isdisjoint(words):
            found |= SIDES
    return frozenset(found)


def sides_of_regions(regions: Iterable[str] | None) -> frozenset[str]:
    """The sides that the names of regions name."""
    return frozenset().union(*(sides(name) for name in regions or ()))
