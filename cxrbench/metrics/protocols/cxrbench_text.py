"""The default transform: the eight steps of the CheXQuery document (its section on text normalisation).

1 nothing becomes an empty text; 2 lower case; 3 "findings:", "impression:" and "|" removed; 4 Unicode normalised
(NFKC; curly quotes and long dashes are punctuation like the straight ones); 5 punctuation to blanks; 6 blanks
collapsed; 7 NLTK `word_tokenize`; 8 pairs with an empty side. Two readings are ours: step 7 runs with
`preserve_line=True` (no sentence model to download), and step 8 drops a pair for an empty reference only: an empty
hypothesis is a failure of the model, scores 0 and stays in n.
"""

from __future__ import annotations

import re
import string
import sys
import unicodedata
from collections.abc import Sequence
from functools import cache

_PREFIX = re.compile(r"\b(?:findings|impression)\s*:")
_BLANKS = bytes.maketrans(string.punctuation.encode(), b" " * len(string.punctuation))
# After step 5 the rules of word_tokenize can split nothing else in an ASCII text.
_CONTRACTED = re.compile(
    r"\b(can(?=not\b)|gim(?=me\b)|gon(?=na\b)|got(?=ta\b)|lem(?=me\b)|wan(?=na(?:\s|$)))(not|me|na|ta)"
)


def normalise(text: str) -> str:
    """One text as words separated by single blanks; empty if nothing is left."""
    if text.isascii():
        words = _without_prefixes(text.lower()).encode().translate(_BLANKS).decode()
    else:
        words = _without_prefixes(unicodedata.normalize("NFKC", text).lower()).translate(_punctuation())
    words = " ".join(words.split())
    if words.isascii():
        # A word_tokenize of every text would take most of the time of BLEU, and so would a search for every word.
        if "cannot" in words or "mme" in words or "onna" in words or "otta" in words or "anna" in words:
            words = " ".join(_CONTRACTED.sub(r" \1 \2 ", words).split())
        return words
    from nltk.tokenize import word_tokenize

    return " ".join(word_tokenize(words, preserve_line=True))


def _without_prefixes(text: str) -> str:
    return _PREFIX.sub(" ", text) if ":" in text else text


def normalise_all(texts: Sequence[str]) -> list[str]:
    return [normalise(text) for text in texts]


@cache
def _punctuation() -> dict[int, str]:
    """ASCII punctuation and every Unicode character of category P, each to a blank."""
    unicode_marks = (code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "P")
    return dict.fromkeys([*map(ord, string.punctuation), *unicode_marks], " ")
