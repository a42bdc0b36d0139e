"""Groups of terms that may take each other's places, and where they occur in a text.

The embedded groups are `synonyms.txt`. Over a user's UMLS, QuickUMLS decides which terms are one concept: it can tell
the concept (CUI) of a term, though not list the terms of a concept, so the terms to choose from are given; by default
they are those of `synonyms.txt` and the phrases of the embedded lexicon for findings and devices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

from cxrbench.datasets.augment.laterality.words import sides_in
from cxrbench.metrics.concepts import get_concept_matcher
from cxrbench.metrics.concepts.base import ConceptMatcher
from cxrbench.metrics.concepts.lexicon import concepts
from cxrbench.metrics.labelers.rules.matcher import expand

_KINDS: Final = ("finding", "device")


class Term(NamedTuple):
    """A place of a text, [start, end), and what may stand there instead."""

    start: int
    end: int
    others: tuple[str, ...]


class Thesaurus:
    """Finds the terms of its groups, in any case and with a plural s; the longest term of a place counts.

    Args:
        groups: Terms that may take each other's places; no term may be in two groups.
    """

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        self._others = {
            term.lower(): tuple(other for other in group if other != term)
            for group in groups
            if len(group) > 1
            for term in group
        }
        longest = sorted(self._others, key=lambda term: (-len(term), term))
        terms = "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in longest) or "(?!)"
        self._pattern = re.compile(rf"(?<![\w-])({terms})(s?)(?![\w-])", re.IGNORECASE)

    def terms(self, text: str) -> list[Term]:
        """Terms that have synonyms, in order, not overlapping."""
        found = []
        for match in self._pattern.finditer(text):
            term, ending = match[1], "s" if match[2] else ""
            others = self._others[" ".join(term.lower().split())]
            found.append(Term(*match.span(), tuple(_cased(other, term) + ending for other in others)))
        return found


@cache
def embedded_thesaurus() -> Thesaurus:
    """The groups of `synonyms.txt`."""
    return Thesaurus(embedded_groups())


@cache
def embedded_groups() -> tuple[tuple[str, ...], ...]:
    """The groups of `synonyms.txt`, as they are written."""
    lines = (files(__package__) / "synonyms.txt").read_text(encoding="utf-8").splitlines()
    return tuple(
        tuple(term.strip() for term in line.split(";")) for line in lines if line and not line.startswith("#")
    )


def thesaurus_by_concept(matcher: ConceptMatcher, terms: Iterable[str]) -> Thesaurus:
    """Groups of the terms that a matcher reads as one and the same concept and nothing else.

    Terms with a side in them are left out.
    """
    groups: dict[str, list[str]] = {}
    for term in dict.fromkeys(terms):
        mentions = matcher.mentions(term)
        if len(mentions) == 1 and not mentions[0].negated and not sides_in(term):
            groups.setdefault(mentions[0].concept, []).append(term)
    return Thesaurus(groups.values())


def umls_thesaurus(path: str | Path, *, threshold: float = 0.7, terms: Iterable[str] | None = None) -> Thesaurus:
    """Groups of the terms that a user's UMLS installation takes for one concept.

    Args:
        path: A QuickUMLS index.
        terms: To choose from; None for those that the package knows.

    Raises:
        ExtraMissingError: QuickUMLS is not installed.
        DataError: `path` is no QuickUMLS index.
    """
    matcher = get_concept_matcher("quickumls", path=path, threshold=threshold)
    return thesaurus_by_concept(matcher, known_terms() if terms is None else terms)


def known_terms() -> tuple[str, ...]:
    """The terms of `synonyms.txt`, and every phrase of the embedded lexicon for a finding or a device."""
    phrases = (
        " ".join(words)
        for concept in concepts().values()
        if concept.kind in _KINDS
        for pattern in concept.patterns
        for words in expand(pattern)
    )
    return tuple(dict.fromkeys((*(term for group in embedded_groups() for term in group), *phrases)))


def _cased(term: str, like: str) -> str:
    return term[0].upper() + term[1:] if like[0].isupper() and like[1:2].islower() else term
