"""Terms replaced by synonyms, as long as a concept matcher reads the same before and after."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from cxrbench.datasets.augment.laterality.words import sides_in
from cxrbench.datasets.augment.text.thesaurus import Term, Thesaurus
from cxrbench.metrics.concepts.base import ConceptMatcher

RATE: Final = 0.3
_ARTICLE: Final = re.compile(r"\b(an?)(\s+)$", re.IGNORECASE)


def replace_terms(
    text: str, thesaurus: Thesaurus, matcher: ConceptMatcher, random: np.random.Generator, rate: float = RATE
) -> str:
    """The text with some of its terms replaced.

    Args:
        matcher: Reads the text before and after; a replacement that changes what it reads is not made.
        rate: Probability that a term is replaced, each by itself.
    """
    # From the end, so that the places of the terms before stay what they were.
    for term in reversed(thesaurus.terms(text)):
        chosen = random.random() < rate
        other = term.others[int(random.integers(len(term.others)))]
        if not chosen:
            continue
        changed = _put(text, term, other)
        if says_the_same(text, changed, matcher):
            text = changed
    return text


def says_the_same(before: str, after: str, matcher: ConceptMatcher) -> bool:
    """Whether two texts mention the same concepts, asserted or denied alike, and the same sides, in one order."""
    return sides_in(before) == sides_in(after) and matcher.mentions(before) == matcher.mentions(after)


def _put(text: str, term: Term, other: str) -> str:
    """The text with another term in place of one, and the article before it made to fit."""
    before = text[: term.start]
    article = _ARTICLE.search(before)
    if article:
        fitting = "an" if _sounds_like_a_vowel(other) else "a"
        fitting = fitting.capitalize() if article[1][0].isupper() else fitting
        before = before[: article.start()] + fitting + article[2]
    return before + other + text[term.end :]


def _sounds_like_a_vowel(term: str) -> bool:
    """Of abbreviations the name of the first letter counts: an ET tube, an NG tube."""
    first = term.split()[0]
    return first[0] in "AEFHILMNORSX" if len(first) < 4 and first.isupper() else first[0].lower() in "aeiou"
