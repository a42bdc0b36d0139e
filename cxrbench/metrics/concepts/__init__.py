"""Concept matchers: the embedded lexicon, and QuickUMLS over a user's UMLS installation."""

from __future__ import annotations

from cxrbench.core.errors import UnknownNameError
from cxrbench.metrics.concepts.base import ConceptMatcher, Kind, Mention

MATCHERS = ("lexicon", "quickumls")

__all__ = ["MATCHERS", "ConceptMatcher", "Kind", "Mention", "get_concept_matcher"]


def get_concept_matcher(name: str = "lexicon", **options: object) -> ConceptMatcher:
    """A concept matcher by name; what it needs is imported only here.

    Args:
        name: "lexicon" (embedded) or "quickumls" (needs the extra `umls` and `path`, a QuickUMLS index).
        options: Passed on to the matcher's constructor.

    Raises:
        UnknownNameError: No matcher has that name.
        ExtraMissingError: QuickUMLS is not installed.
        DataError: `path` is no QuickUMLS index.
    """
    if name == "lexicon":
        from cxrbench.metrics.concepts.lexicon_matcher import LexiconMatcher

        return LexiconMatcher(**options)
    if name == "quickumls":
        from cxrbench.metrics.concepts.quickumls import QuickUmlsMatcher

        matcher: ConceptMatcher = QuickUmlsMatcher(**options)  # type: ignore[arg-type]
        return matcher
    raise UnknownNameError("concept matcher", name, MATCHERS)
