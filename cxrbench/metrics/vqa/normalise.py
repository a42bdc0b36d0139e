"""The normal form in which answers are compared."""

from __future__ import annotations

import re
import string
import unicodedata
from functools import lru_cache
from typing import Literal

YesNo = Literal["yes", "no"]
ARTICLES = frozenset(("a", "an", "the"))

_UNIT_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBERS = {
    **{word: value for value, word in enumerate(_UNIT_WORDS.split())},
    **{word: 10 * value for value, word in enumerate(_TENS_WORDS.split(), start=2)},
}
_SHORT = 512
"""Answers up to this many characters are remembered; longer ones are rare and cost memory."""
_PLAIN = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
_FIRST_YES_NO = re.compile(r"\W*(yes|no)\s*(?:$|[,.;:!-])", re.IGNORECASE)


class _Characters(dict[int, int | str | None]):
    """For `str.translate`: punctuation becomes a blank, invisible marks vanish; filled as characters are met."""

    def __missing__(self, code: int) -> int | str | None:
        character = chr(code)
        category = unicodedata.category(character)
        found: int | str | None = code
        if category == "Cf":
            found = None
        elif category[0] in "PZC" or character in string.punctuation:
            found = " "
        self[code] = found
        return found


_characters = _Characters()


def normalise_answer(text: str) -> str:
    """The form in which two answers are equal or not.

    Unicode NFKC; lower case; punctuation to blanks (categories P* and the symbols of ASCII; other symbols, such as
    emoji, are letters of their words); zero-width and direction marks removed; articles dropped, unless nothing else
    is there; number words up to ninety-nine to digits; blanks collapsed.
    """
    if len(text) > _SHORT:
        return _normalise(text)
    return _remembered(text)


def parse_yes_no(text: str) -> YesNo | None:
    """The one answer that a text gives to a yes/no question, or None where it gives none or both.

    The whole answer, or its first word, is yes or no, and the other does not occur as a word. So "Yes, large" is yes;
    "yes no", "yesno", "It is normal" and "Yes, there is no effusion" are nothing.
    """
    words = normalise_answer(text).split()
    if not words:
        return None
    if words[0] == "yes":
        return None if "no" in words else "yes"
    if words[0] == "no":
        return None if "yes" in words else "no"
    return None


def opens_with_yes_no(text: str) -> bool:
    """Whether the text answers a yes/no question and does not merely begin like a statement ("No effusion.")."""
    return _FIRST_YES_NO.match(unicodedata.normalize("NFKC", text)) is not None and parse_yes_no(text) is not None


def _normalise(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    if not _PLAIN.fullmatch(text):
        text = text.translate(_characters)
    words = text.split()
    if not ARTICLES.isdisjoint(words):
        words = [word for word in words if word not in ARTICLES] or words
    return " ".join(words if _NUMBERS.keys().isdisjoint(words) else _digits(words))


_remembered = lru_cache(maxsize=1 << 16)(_normalise)


def _digits(words: list[str]) -> list[str]:
    found: list[str] = []
    tens = 0
    for word in words:
        value = _NUMBERS.get(word)
        if tens and value is not None and 1 <= value <= 9:
            found[-1] = str(tens + value)
            tens = 0
            continue
        tens = value if value is not None and value >= 20 else 0
        found.append(word if value is None else str(value))
    return found
