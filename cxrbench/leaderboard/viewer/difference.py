"""Which words of two texts differ."""

from __future__ import annotations

import re
import string
from difflib import SequenceMatcher

_WORD = re.compile(r"\s*\S+|\s+$")
_EDGES = string.punctuation + "–—…“”‘’"
_MOST = 1_000_000
"""Product of the numbers of words beyond which no comparison is made: two texts of a thousand words each."""

Parts = list[str]
"""A text in pieces that are in turn common to both texts and only in this one; the first may be empty."""


def difference(reference: str, answer: str) -> tuple[Parts, Parts] | None:
    """Both texts in pieces; each joined is the text as it was. None where they are too long to compare.

    Words are equal regardless of case and of punctuation around them. The longest common runs of words are kept
    (difflib, without its shortcut for frequent words); a single common word between two differences is none, unless
    it is a heading, because texts that share only "the" and "is" share nothing.
    """
    first, second = _WORD.findall(reference), _WORD.findall(answer)
    if len(first) * len(second) > _MOST:
        return None
    matcher = SequenceMatcher(None, [_key(word) for word in first], [_key(word) for word in second], autojunk=False)
    parts: tuple[Parts, Parts] = ([""], [""])
    codes = matcher.get_opcodes()
    for place, (kind, low, high, other_low, other_high) in enumerate(codes):
        common = kind == "equal"
        if common and high - low == 1 and 0 < place < len(codes) - 1:
            common = first[low].endswith(":")
        _append(parts[0], "".join(first[low:high]), common=common)
        _append(parts[1], "".join(second[other_low:other_high]), common=common)
    return parts


def _append(parts: Parts, text: str, *, common: bool) -> None:
    # An odd number of pieces ends with a common one. Blanks before a difference are no part of it.
    ends_common = len(parts) % 2 == 1
    if ends_common and not common:
        bare = text.lstrip()
        parts[-1] += text[: len(text) - len(bare)]
        text = bare
    if not text:
        return
    if ends_common == common:
        parts[-1] += text
    else:
        parts.append(text)


def _key(word: str) -> str:
    bare = word.strip()
    return bare.casefold().strip(_EDGES) or bare
