"""What a question asks, by the data set's type where there is one, else by documented rules on its words.

Types: those of MIMIC-Ext-CXR-QBA with or without their prefix (`D03_where_is_finding`, `where_is_finding`); the heads
of VQA-RAD, also as a comma list (`POS`, `ABN, POS`); the content types of SLAKE (`Position`). A type that starts with
`relational` or `multi_hop` marks questions written for that purpose.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cxrbench.core.types import Reference
from cxrbench.metrics.vqa.normalise import normalise_answer

_PREFIX = re.compile(r"^[A-Z]\d*_(?=[a-z])")
_RELATION = (
    r"(?:to )?(?:left|right) of|above|below|(?:super|infer|anter|poster)ior to|(?:medial|lateral|adjacent|next|"
    r"close|proximal|distal) to|beneath|under|underneath|behind|in front of|between|near|beside|abutting|overlying|"
    r"superimposed (?:on|over)|crossing|across from|on top of"
)
_EITHER = (
    r"left (?:side )?or (?:on )?right|right (?:side )?or (?:on )?left|(?:super|infer|anter|poster)ior (?:to )?or "
    r"(?:super|infer|anter|poster)ior|above or below|below or above|medial or lateral|lateral or medial|"
    r"upper or lower|lower or upper"
)
# "Is it near normal?", "shown in the image below" and "above average" relate nothing to a second thing.
_NO_THING = (
    r"(?:normal|complete|average|image|images|picture|film|scan|x ray|xray|radiograph|patient|limits|age|time)\b"
)
_BETWEEN_TWO = re.compile(rf"\b(?:{_RELATION}) (?!{_NO_THING})\w+")
_ALTERNATIVE = re.compile(rf"\b(?:{_EITHER})\b")


@lru_cache(maxsize=1 << 10)
def type_names(question_type: str | None) -> tuple[str, ...]:
    """The types of a question, lower case and without the prefix of QBA; several for a comma list."""
    if not question_type:
        return ()
    return tuple(_PREFIX.sub("", part.strip()).lower() for part in question_type.split(",") if part.strip())


def asks_position(reference: Reference) -> bool:
    """A position question of VQA-RAD (POS) or SLAKE (Position)."""
    return any(name in ("pos", "position") for name in type_names(reference.question_type))


def asks_where(reference: Reference) -> bool:
    """A QBA question for the place of a finding or device."""
    return any(name.startswith("where_is_") for name in type_names(reference.question_type))


def asks_to_describe(reference: Reference) -> bool:
    """A QBA question that asks for a description."""
    return any(name.startswith("describe_") for name in type_names(reference.question_type))


def is_relational(reference: Reference) -> bool:
    """A question marked as one whose gold is a relation."""
    return any(name.startswith("relational") for name in type_names(reference.question_type))


def is_marked_multi_hop(reference: Reference) -> bool:
    """A question marked as one that chains relations."""
    return any(name.startswith("multi_hop") for name in type_names(reference.question_type))


def names_spatial_relation(question: str | None) -> bool:
    """Whether the words of a question relate two things in space.

    Either a relation ("superior to", "adjacent to", "left of", "below", "between", ...) stands between words, and
    what follows is a thing (not "normal", "average", "image", ...), or two directions are offered ("left or right").
    """
    return bool(question) and _names_relation(question or "")


@lru_cache(maxsize=1 << 15)
def _names_relation(question: str) -> bool:
    words = normalise_answer(question)
    relates = any(match.start() > 0 for match in _BETWEEN_TWO.finditer(words))
    return relates or _ALTERNATIVE.search(words) is not None
