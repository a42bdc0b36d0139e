"""Severity words of the data set on the scale none, mild, moderate, severe."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

Severity = Literal["none", "mild", "moderate", "severe"]
SCALE: Final[tuple[Severity, ...]] = ("none", "mild", "moderate", "severe")

_WORDS: Final[dict[Severity, str]] = {
    "none": "none no absent",
    "mild": "mild mildly minimal minimally minor small tiny trace slight slightly subtle faint borderline",
    "moderate": "moderate moderately medium intermediate",
    "severe": "severe severely large marked markedly massive extensive extensively substantial substantially "
    "considerable significant significantly gross grossly huge profound pronounced complete",
}
_RANK: Final = {word: SCALE.index(severity) for severity, words in _WORDS.items() for word in words.split()}
SEVERITY_WORDS: Final[dict[str, Severity]] = {word: SCALE[rank] for word, rank in _RANK.items()}
"""Word -> severity. A size is read as a degree: a small effusion is mild, a large one severe."""


@lru_cache(maxsize=1 << 12)
def severity_of(modifiers: tuple[str, ...]) -> Severity | None:
    """The severity that the `severity` modifiers of an answer name; None where they name none.

    A range ("mild to moderate") and several modifiers count as their most severe word.
    """
    words = (word for text in modifiers for word in text.lower().replace("-", " ").replace("/", " ").split())
    ranks = [_RANK[word] for word in words if word in _RANK]
    return SCALE[max(ranks)] if ranks else None
