"""Sentences of a report with what stands between them, so that one can be changed and the rest kept to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cxrbench.metrics.labelers.rules.text import join_wrapped_lines

_BOUNDARY = re.compile(r"(?<=[.!?])\s+|\s*\n\s*")
_LIST_NUMBER = re.compile(r"\d+[.)]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_ABBREVIATIONS = frozenset({"dr.", "vs.", "mr.", "mrs.", "st.", "approx.", "fig.", "e.g.", "i.e.", "cf."})
_LONGEST_ABBREVIATION = 20
PARAGRAPH = "\n\n"
"""Between two sentences of which the first has no final punctuation."""


def split(text: str) -> list[tuple[str, str]]:
    """(sentence, white space behind it) in order; `"".join` of all parts gives the text back.

    A sentence ends at . ! or ? before white space, except after an abbreviation or a list number ("1. "), and at a
    line break, unless the line was only wrapped. White space before the first sentence belongs to it.
    """
    # Joining puts a blank in the place of a newline, so that places in both texts are the same.
    unwrapped = join_wrapped_lines(text) if "\n" in text else text
    found: list[tuple[str, str]] = []
    start = 0
    lead = len(text) - len(text.lstrip())
    for gap in _BOUNDARY.finditer(unwrapped, lead):
        # Its last word decides; cutting the sentence out for every full stop would be quadratic in a list of numbers.
        if "\n" not in gap[0] and not _closed(text[max(start, gap.start() - _LONGEST_ABBREVIATION) : gap.start()]):
            continue
        found.append((text[start : gap.start()], text[gap.start() : gap.end()]))
        start = gap.end()
    if start < len(text):
        found.append((text[start:], ""))
    return found


def sentences(text: str) -> list[str]:
    """The sentences of `split`, with single blanks between their words."""
    return [" ".join(sentence.split()) for sentence, _ in split(text)]


def has_words(sentence: str) -> bool:
    """Whether there is anything to change: a list number or a lone full stop is no statement."""
    return _WORD.search(sentence) is not None


def join(parts: Iterable[str]) -> str:
    """Sentences in a row, so that `sentences` finds the same ones again; empty ones are left out."""
    kept = [part for part in parts if part]
    return "".join(
        part + ("" if index == len(kept) - 1 else " " if _ends(part) else PARAGRAPH)
        for index, part in enumerate(kept)
    )


def put_together(parts: Sequence[tuple[str, str]]) -> str:
    """The inverse of `split`; of a sentence that has become empty, the gap goes too."""
    text = "".join(sentence + gap for sentence, gap in parts if sentence)
    return text if all(sentence for sentence, _ in parts) else text.strip()


def recapitalised(sentence: str) -> str:
    """With a capital first letter, behind a list number too."""
    place = next((match.start() for match in re.finditer(r"[^\W\d_]", sentence)), None)
    return sentence if place is None else sentence[:place] + sentence[place].upper() + sentence[place + 1 :]


def _closed(sentence: str) -> bool:
    last = sentence.rsplit(maxsplit=1)[-1] if sentence.strip() else ""
    return last.lower() not in _ABBREVIATIONS and not _LIST_NUMBER.fullmatch(last)


def _ends(sentence: str) -> bool:
    return sentence[-1] in ".!?" and _closed(sentence)
