"""Kinds of spans that the lexicon marks in a sentence, and the polarity of a mention."""

from __future__ import annotations

from typing import Final, NamedTuple

FINDING: Final = 0
"""A condition's own word: "effusion". The payload is a tuple of condition names."""
SUSPECT: Final = 1
"""Words that make a condition possible without naming it: "blunted costophrenic angle"."""
SUBJECT: Final = 2
"""A structure whose size says something: "heart". The payload is a tuple of condition names, () for a rival."""
BIG: Final = 3
NORMAL: Final = 4
BORDERLINE: Final = 5
NEGATE: Final = 6
"""Negates what follows in its scope."""
NEGATE_BACK: Final = 7
"""Negates what precedes in its clause: "is not seen"."""
NEGATE_EITHER: Final = 8
"""Negates what precedes, or what follows where nothing precedes: "resolved"."""
PROBABLE: Final = 9
POSSIBLE: Final = 10
PROBABLE_BACK: Final = 11
POSSIBLE_BACK: Final = 12
VERSUS: Final = 13
BREAK: Final = 14
"""Ends every scope: "but", "there is"."""
WITH: Final = 15
COMMA: Final = 16
OR: Final = 17
AND: Final = 18
HYPOTHETICAL: Final = 19
"""What follows is asked about or belongs to the past: "history of", "evaluate for"."""
STARTER: Final = 20
"""A word that opens a positive statement after a comma: "small", "stable"."""
CHEST: Final = 21
"""A word of chest anatomy: it makes the sentence a recognised one."""
OTHER: Final = 22
"""An abnormality outside the fourteen conditions; it only blocks No Finding."""
IGNORE: Final = 23
"""A phrase that hides a cue or mention inside it: "no change in", "pericardial effusion"."""
STEADY: Final = 24
"""Stable, unchanged: says nothing of the size, and ends the coordination of structures."""

DIFFERENTIAL: Final = 25
"""Opens a list of possibilities that commas do not end."""

THICKENING: Final = 26
"""The bare word: of the pleura if the sentence speaks of it, else of whatever."""

COLON: Final = 27

# Polarities, ordered so that the strongest statement about a condition is the largest.
ABSENT: Final = 0
DOUBTFUL: Final = 1
"""Grade 2 uncertainty: may, possible, versus, cannot exclude."""
LIKELY: Final = 2
"""Grade 1 uncertainty: probable, likely, suggests."""
PRESENT: Final = 3


class Span(NamedTuple):
    """A tagged phrase: tokens [start, end) of a sentence."""

    kind: int
    conditions: tuple[str, ...]
    start: int
    end: int
