"""What a concept matcher is: text in, the clinical concepts that it mentions out."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, Protocol, get_args, runtime_checkable

Kind = Literal[
    "finding",
    "normal",
    "anatomy",
    "position",
    "device",
    "severity",
    "change",
    "descriptor",
    "technique",
    "measurement",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
DENIABLE: Final[frozenset[Kind]] = frozenset(("finding", "normal", "device"))
"""Kinds that a text can deny. "No left effusion" denies the effusion; it says nothing against there being a left."""


class Mention(NamedTuple):
    """One place of a text that names a concept.

    Attributes:
        concept: Identifier, unique within the matcher (a name of the lexicon, or a UMLS CUI).
        kind: Semantic type.
        negated: Whether the text denies it; always False for kinds outside `DENIABLE`. Doubt is not denial.
    """

    concept: str
    kind: Kind
    negated: bool


@runtime_checkable
class ConceptMatcher(Protocol):
    """Finds concepts in text.

    Attributes:
        name: "lexicon" or "quickumls"; part of every signature.
    """

    name: str

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Mentions in reading order, sentence by sentence; none for a text without a known word."""
        ...

    def signature(self) -> str:
        """Identity in sacrebleu's manner, `key:value|key:value`; equal signatures give equal mentions."""
        ...
