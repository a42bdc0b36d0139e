"""Cleaning of report text for training targets.

Only what a model is *trained* to say passes through here. References are never cleaned this way: what scores see is
the business of the report protocols.
"""

from __future__ import annotations

import re

TOKEN = "XXXX"
"""Stands where the collection's authors removed identifying text; also inside words ("x-XXXX")."""

_ABBREVIATIONS = frozenset({"dr", "vs", "mr", "mrs", "st", "approx", "fig", "etc", "e.g", "i.e", "a.m", "p.m"})
_BOUNDARY = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z0-9])")
_NUMBER = re.compile(r"\d+[.)]")


def split_sentences(text: str) -> list[str]:
    """Sentences, with their punctuation and any list number ("1. ") kept in front.

    A sentence ends at . ! or ? before white space and a capital letter or digit, except after an abbreviation or a
    list number.
    """
    sentences: list[str] = []
    for piece in _BOUNDARY.split(text.strip()):
        if sentences and _continues(sentences[-1]):
            sentences[-1] = f"{sentences[-1]} {piece}"
        elif piece:
            sentences.append(piece)
    return sentences


def _continues(before: str) -> bool:
    last = before.rsplit(maxsplit=1)[-1]
    abbreviated = last.endswith(".") and last.rstrip(".").lower() in _ABBREVIATIONS
    return abbreviated or bool(_NUMBER.fullmatch(before))


def clean_section(text: str | None) -> str:
    """The documented cleaning of a section: strip, drop every sentence that contains XXXX, normalise white space, fix
    the spacing of sentences ("clear .Heart" becomes "clear. Heart").

    Returns:
        The cleaned text; "" when nothing is left.
    """
    if not text:
        return ""
    text = " ".join(text.split())
    text = re.sub(r"\s+([.,;:!?])", r"\1", text)
    # A sentence that begins right after a full stop; digits ("1.5 cm") and initials ("p.m.") stay together.
    text = re.sub(r"([a-z)]{2})([.!?])(?=[A-Z])", r"\1\2 ", text)
    text = re.sub(r"([.!?;,])\1+", r"\1", text)
    kept = [sentence for sentence in split_sentences(text) if TOKEN not in sentence.upper()]
    return " ".join(kept).strip()


def training_target(findings: str | None, impression: str | None) -> str | None:
    """The text a report model learns to continue after the prompt "Findings:".

    Returns:
        "{findings} | Impression: {impression}", without the second part when the cleaned impression is empty; None
        when the cleaned findings are empty (the study is skipped).
    """
    found, concluded = clean_section(findings), clean_section(impression)
    if not found:
        return None
    return f"{found} | Impression: {concluded}" if concluded else found
