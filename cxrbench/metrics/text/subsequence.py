"""Longest common subsequences, bit-parallel (Hyyrö 2004, "Bit-parallel LCS-length computation revisited")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.metrics.base import FloatArray
from cxrbench.metrics.text.tokens import BLOCK, Corpus, IntArray, TokenPairs

_WIDTHS = (8, 16, 32, 64)
"""Bits of a vector: the shorter text of a pair has at most so many words."""
_LONGEST = 256
"""Words of the longer text up to which pairs are worked on together."""


def subsequence_lengths(pairs: TokenPairs) -> FloatArray:
    """Length of the longest common subsequence of each pair. float64 [pairs].

    Pairs whose shorter text has up to 64 words advance together, one word of the longer texts a step, each with its
    bit vector in one machine word; the others are done one by one.
    """
    mine, other = _Side.of(pairs.hypotheses), _Side.of(pairs.references)
    shorter, longer = np.minimum(mine.lengths, other.lengths), np.maximum(mine.lengths, other.lengths)
    together = (shorter <= _WIDTHS[-1]) & (longer <= _LONGEST)
    found = np.zeros(len(pairs))
    for low, width in zip((0, *_WIDTHS), _WIDTHS):
        rows = np.flatnonzero(together & (shorter > low) & (shorter <= width))
        # Texts of similar length in one block: few steps are made for the sake of a single long text.
        rows = rows[np.argsort(longer[rows], kind="stable")]
        for start in range(0, len(rows), BLOCK):
            part = rows[start : start + BLOCK]
            swap = mine.lengths[part] > other.lengths[part]
            for chosen, short, long in ((part[~swap], mine, other), (part[swap], other, mine)):
                if len(chosen):
                    found[chosen] = _together(short.padded(chosen, width, -1), long.padded(chosen, None, -2))
    for row in np.flatnonzero(~together).tolist():
        found[row] = longest_common_subsequence(mine.text(row), other.text(row))
    return found


def longest_common_subsequence(first: Sequence[int], second: Sequence[int]) -> int:
    """Length of the longest common subsequence of two texts of any length.

    Python's integers are the bit vectors, over the shorter text.
    """
    if len(first) > len(second):
        first, second = second, first
    places: dict[int, int] = {}
    for position, word in enumerate(first):
        places[word] = places.get(word, 0) | (1 << position)
    mask = (1 << len(first)) - 1
    free = mask
    for word in second:
        hit = places.get(word)
        if hit is not None:
            matched = free & hit
            free = ((free + matched) | (free - matched)) & mask
    return len(first) - free.bit_count()


@dataclass(frozen=True)
class _Side:
    """One side of the pairs, with where each text begins."""

    words: NDArray[np.int32]
    lengths: IntArray
    begins: IntArray

    @classmethod
    def of(cls, corpus: Corpus) -> _Side:
        return cls(corpus.words.astype(np.int32), corpus.lengths, np.cumsum(corpus.lengths) - corpus.lengths)

    def text(self, row: int) -> list[int]:
        words: list[int] = self.words[self.begins[row] : self.begins[row] + self.lengths[row]].tolist()
        return words

    def padded(self, rows: IntArray, width: int | None, filler: int) -> NDArray[np.int32]:
        """The texts of some rows as a matrix, int32 [rows, width or the longest of them], filled up with `filler`."""
        lengths = self.lengths[rows]
        columns = np.arange(int(lengths.max()) if width is None else width)
        inside = columns < lengths[:, None]
        matrix = np.full(inside.shape, filler, np.int32)
        matrix[inside] = self.words[(self.begins[rows, None] + columns)[inside]]
        return matrix


def _together(short: NDArray[np.int32], long: NDArray[np.int32]) -> IntArray:
    """Lengths for aligned rows whose padding differs. short: [rows, 8, 16, 32 or 64]; long: [rows, any]."""
    kind = np.dtype(f"<u{short.shape[1] // 8}")
    mask = _bits(short >= 0, kind)
    free = mask.copy()
    for word in long.T:
        matched = free & _bits(short == word[:, None], kind)
        free = ((free + matched) | (free - matched)) & mask
    left = np.unpackbits(free[:, None].view(np.uint8), axis=1).sum(axis=1, dtype=np.int64)
    found: IntArray = (short >= 0).sum(axis=1) - left
    return found


def _bits(matrix: NDArray[np.bool_], kind: np.dtype[Any]) -> NDArray[Any]:
    """Each row as one integer whose lowest bit is the first column."""
    vectors: NDArray[Any] = np.packbits(matrix, axis=1, bitorder="little").view(kind)[:, 0]
    return vectors
