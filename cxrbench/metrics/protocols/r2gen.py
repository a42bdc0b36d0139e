"""The protocol of R2Gen (Chen et al., EMNLP 2020; github.com/cuhksz-nlp/R2Gen, `modules/tokenizers.py`).

Nearly all published IU X-ray tables use it: findings only, an own cleaning that keeps the period as a token, every
word that occurs fewer than three times in the training findings as `<unk>`, and references cut to 59 tokens
(`max_seq_length` 60, of which one is the start symbol).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

UNKNOWN = "<unk>"
MIN_COUNT = 3
MAX_TOKENS = 59

_QUOTES = str.maketrans("", "", "\"/\\'")
# In the published pattern `:-\[` is a range (from colon to bracket), so that the hyphen itself is kept.
_MARKS = str.maketrans("", "", ".,?;*!%^&_+():<=>@[]{}")


def clean(text: str) -> str:
    """R2Gen's cleaning of IU X-ray reports, re-joined by single blanks.

    Lower case; list numbers 1 to 5 and punctuation dropped; ` . ` between sentences and at the end. A text without
    content stays empty (the published code never meets one and would make it a lone period).
    """
    if not text.strip():
        return ""
    for _ in range(3):
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


def training_vocabulary(texts: Iterable[str], min_count: int = MIN_COUNT) -> frozenset[str]:
    """The words that occur at least `min_count` times in the cleaned training findings."""
    counts = Counter(word for text in texts for word in clean(text).split())
    return frozenset(word for word, count in counts.items() if count >= min_count)


def vocabulary_fingerprint(vocabulary: frozenset[str]) -> str:
    """Eight hexadecimal digits that change with the vocabulary."""
    return hashlib.sha256("\n".join(sorted(vocabulary)).encode(errors="replace")).hexdigest()[:8]


def cut_reference(text: str, vocabulary: frozenset[str] | None) -> str:
    """A cleaned reference as R2Gen scores it: unknown words replaced, at most 59 tokens."""
    words = clean(text).split()[:MAX_TOKENS]
    if vocabulary is None:
        return " ".join(words)
    return " ".join(word if word in vocabulary else UNKNOWN for word in words)
