"""Nearest texts by their words alone: cosine of tf-idf bags of words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
_WORD = re.compile(r"[a-z0-9]+")
_TIE = 1e-9


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words of letters and digits, in order."""
    return tuple(_WORD.findall(text.lower()))


class Wordings:
    """An index of texts. A word weighs ln((1 + n) / (1 + texts with it)) + 1, times how often a text has it."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(words_of(text)) for text in texts]
        frequency = Counter(word for bag in counts for word in bag)
        self.size = len(texts)
        self._idf = {word: math.log((1 + self.size) / (1 + seen)) + 1 for word, seen in frequency.items()}
        postings: dict[str, list[tuple[int, float]]] = {word: [] for word in frequency}
        for row, bag in enumerate(counts):
            length = math.sqrt(sum((seen * self._idf[word]) ** 2 for word, seen in bag.items()))
            for word, seen in bag.items():
                postings[word].append((row, seen * self._idf[word] / length))
        self._postings = {
            word: (np.array([row for row, _ in found], np.int64), np.array([weight for _, weight in found]))
            for word, found in postings.items()
        }

    def nearest(self, text: str, among: IntArray | None = None) -> IntArray:
        """Rows of the most similar texts, several where they tie; none where no text shares a word.

        Args:
            among: Rows to choose from; None for all.
        """
        scores = np.zeros(self.size)
        for word, seen in Counter(words_of(text)).items():
            if word in self._postings:
                rows, weights = self._postings[word]
                scores[rows] += seen * self._idf[word] * weights
        if among is not None:
            inside = np.zeros(self.size)
            inside[among] = scores[among]
            scores = inside
        best = scores.max(initial=0.0)
        return np.flatnonzero(scores >= best * (1 - _TIE)) if best > 0 else np.zeros(0, np.int64)
