"""Left and right exchanged in text: which words are sides, which only look like sides, and which forbid a flip.

Every pattern is written for both sides alike. So what is exchanged on the way there is exchanged on the way back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from cxrbench.core.errors import DataError

_BEFORE: Final = r"(?<![^\W\d_])"
_AFTER: Final = r"(?![^\W\d_])"
_CURVES: Final = "scolio|rotoscolio|rotoconvex|convex|concav|curv|cardia|posit|posed|rotat|vers|vert|rotary"
_SIDE: Final = re.compile(
    rf"{_BEFORE}(?:"
    rf"(left|right)(?=(?:s|most|wards?|wardly|sided|sidedness|handed|handedness)?{_AFTER})"
    rf"|((?-i:[Ll]t|[Rr]t)){_AFTER}"
    rf"|([LR])(?=[UML]Ls?{_AFTER})"
    rf"|(dextro|levo)(?=[-\s]?(?:{_CURVES}))"
    r")",
    re.IGNORECASE,
)
_OTHER: Final = {
    side: other
    for one, two in (("left", "right"), ("lt", "rt"), ("l", "r"), ("levo", "dextro"))
    for side, other in ((one, two), (two, one))
}
_NOT_A_PLACE: Final = (
    rf"(?<!\bthe )(?:left|right)\s+(?:away|now|in\s+place|in\s+situ|behind|alone|untreated|the){_AFTER}"
    rf"|(?:all|quite)\s+(?:left|right)(?=\s*(?:[,.;!?]|$))"
    rf"|(?:left|right)[-\s]angled?{_AFTER}"
    rf"|(?:that|this|it)(?:\s+is|'s)\s+(?:left|right)\s*[.?!]"
)
_IDIOM: Final = re.compile(f"{_BEFORE}(?:{_NOT_A_PLACE})", re.IGNORECASE)
_ONE_SIDED: Final = re.compile(
    rf"{_BEFORE}(?:(?:middle|mid)\s+(?:\w+\s+){{0,2}}lobes?|[LR]MLs?|lingul(?:a|ae|as|ar)|(?:bronchus\s+)?intermedius"
    r"|(?<!left )(?<!right )(?:retro[-\s]?(?:cardiac|heart)|behind\s+the\s+heart)|situs|laevo\w*|[lr][-\s]sided"
    rf"|o'clock){_AFTER}",
    re.IGNORECASE,
)
_LETTERS: Final = re.compile(
    r"(?<![^\W_])(?:[LR]|LT|RT"
    r"|[LR](?:A|V|AA|AD|AE|AO|BBB|CA|CX|CP|CPA|HD|IJ|IJV|IMA|LD|LDECUB|MB|MSB|PA|PO|SC|SCV|VAD|VE|VEF|VH|VOT))"
    r"(?![^\W_])"
)
_JOINED: Final = re.compile(r"(?:[Ll]eft|[Rr]ight)(?=[A-Z])|(?<=[a-z])(?:Left|Right)(?![a-z])")
_CASES: Final[tuple[Callable[[str], str], ...]] = (str.lower, str.upper, str.capitalize)


class NoMirrorImage(DataError):
    """A text or name that a horizontal flip would make wrong; the example stays as it is."""


def swap_sides(text: str) -> str:
    """Exchange left and right in a text or a name; case is kept.

    Exchanged are `left` and `right` as whole words and in their joined forms ("left-sided", "leftward", "leftmost",
    "left_lung"), the lobes LUL, LLL, RUL, RLL, the abbreviations "lt" and "rt" unless they are capitals, and "levo"
    and "dextro" of curvature, position and rotation ("levoscoliosis"). Not exchanged are words that merely contain
    one ("leftover", "upright", "alright", "bright"), words of both sides ("bilateral"), drugs and sugars
    ("levofloxacin", "dextrose"), and phrases in which the word is no place ("was left in place", "right away").

    Exchanging twice gives the text back. What this cannot make right, `unmirrorable` names.
    """
    idioms = [found.span() for found in _IDIOM.finditer(text)]

    def other(match: re.Match[str]) -> str:
        word = match[0]
        if any(start <= match.start() < end for start, end in idioms):
            return word
        as_written = next((case for case in _CASES if case(word) == word), None)
        return as_written(_OTHER[word.lower()]) if as_written else word

    return _SIDE.sub(other, text)


def unmirrorable(text: str) -> str | None:
    """The first words of a text that a flip would make wrong, or whose meaning is doubtful; None if there are none.

    A structure that only one side has (middle lobe, RML, lingula, bronchus intermedius), or that is on the left
    unless a side stands before it (retrocardiac, behind the heart); "situs", clock positions; a single L or R and
    capital abbreviations that begin with it (LV, RIJ, RT: ventricle, or radiotherapy?); phrases in which "left" or
    "right" may be no place ("left in place" after anything but "the"); a side in odd case ("LeFt", "LeftLung").
    """
    found = [match for pattern in (_ONE_SIDED, _LETTERS, _JOINED, _IDIOM) if (match := pattern.search(text))]
    found += [match for match in _SIDE.finditer(text) if match[0] not in {case(match[0]) for case in _CASES}]
    return min(found, key=lambda match: match.start())[0] if found else None


def mirror_text(text: str) -> str:
    """The text that belongs to the mirrored film.

    Raises:
        NoMirrorImage: `unmirrorable` finds something.
    """
    reason = unmirrorable(text)
    if reason is not None:
        raise NoMirrorImage(
            f"{reason!r} has no mirror image",
            where=repr(text if len(text) <= 80 else text[:77] + "..."),
            valid="text whose sides are plain words; see docs/data/sampling.md",
        )
    return swap_sides(text)


def sides_in(text: str) -> tuple[str, ...]:
    """The side words of a text in reading order, as "left" and "right"; "levo" counts as left."""
    names = {"left": "left", "lt": "left", "l": "left", "levo": "left"}
    idioms = [found.span() for found in _IDIOM.finditer(text)]
    return tuple(
        names.get(match[0].lower(), "right")
        for match in _SIDE.finditer(text)
        if not any(start <= match.start() < end for start, end in idioms)
    )
