"""The protocol of R2Gen (Chen et al., EMNLP 2020; github.com/cuhksz-nlp/R2Gen, `modules/tokenizers.py`).

Nearly all published IU X-ray and MIMIC-CXR tables use it: findings only, an own cleaning that keeps the period as a
token, rare words of the training findings as `<unk>`, and references cut. Each data set has its own settings.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

UNKNOWN = "<unk>"


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between the data sets.

    Attributes:
        min_count: Words that occur fewer times in the training findings become `<unk>`.
        max_tokens: Of a reference: `max_seq_length`, of which one is the start symbol, so one less.
        mimic: Line breaks become blanks, runs of underscores (de-identified text) and of blanks are shortened.
    """

    min_count: int
    max_tokens: int
    mimic: bool


IU_XRAY = Settings(3, 59, False)
MIMIC_CXR = Settings(10, 99, True)

_QUOTES = str.maketrans("", "", "\"/\\'")
# In the published pattern `:-\[` is a range (from colon to bracket), so that the hyphen itself is kept.
_MARKS = str.maketrans("", "", ".,?;*!%^&_+():<=>@[]{}")


def clean(text: str, *, mimic: bool = False) -> str:
    """R2Gen's cleaning of IU X-ray (or MIMIC-CXR) reports, re-joined by single blanks.

    Lower case; list numbers 1 to 5 and punctuation dropped; ` . ` between sentences and at the end. A text without
    content stays empty (the published code never meets one and would make it a lone period).
    """
    if not text.strip():
        return ""
    if mimic:
        text = text.replace("\n", " ")
        for pair, single, passes in (("__", "_", 7), ("  ", " ", 6)):
            for _ in range(passes):
                text = text.replace(pair, single)
    for _ in range(8 if mimic else 3):
        text = text.replace("..", ".")
    text = text.replace("1. ", "")
    for lead in (". ", " "):
        for digit in "2345":
            text = text.replace(f"{lead}{digit}. ", ". ")
    sentences = (
        sentence.translate(_QUOTES).strip().translate(_MARKS) for sentence in text.strip().lower().split(". ")
    )
    return " ".join((" . ".join(sentences) + " .").split())


def clean_all(texts: Sequence[str]) -> list[str]:
    return [clean(text) for text in texts]


def clean_all_mimic(texts: Sequence[str]) -> list[str]:
    return [clean(text, mimic=True) for text in texts]


def training_vocabulary(texts: Iterable[str], settings: Settings = IU_XRAY) -> frozenset[str]:
    """The words that occur often enough in the cleaned training findings."""
    counts = Counter(word for text in texts for word in clean(text, mimic=settings.mimic).split())
    return frozenset(word for word, count in counts.items() if count >= settings.min_count)


def vocabulary_fingerprint(vocabulary: frozenset[str]) -> str:
    """Eight hexadecimal digits that change with the vocabulary."""
    return hashlib.sha256("\n".join(sorted(vocabulary)).encode(errors="replace")).hexdigest()[:8]


def cut_reference(text: str, vocabulary: frozenset[str] | None, settings: Settings = IU_XRAY) -> str:
    """A cleaned reference as R2Gen scores it: cut, unknown words replaced."""
    words = clean(text, mimic=settings.mimic).split()[: settings.max_tokens]
    if vocabulary is None:
        return " ".join(words)
    return " ".join(word if word in vocabulary else UNKNOWN for word in words)
