"""Texts as arrays of word numbers, and n-gram tables over them: the shared ground of BLEU, ROUGE and CIDEr."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxrbench.metrics.base import FloatArray, Pairs
from cxrbench.metrics.protocols.base import Protocol

IntArray = NDArray[np.int64]
Tokenizer = Callable[[str], list[str]]

BLOCK = 8192
"""Pairs whose n-grams are counted at once: bounds the memory of tables over hundreds of thousands of answers."""


@dataclass(frozen=True)
class Corpus:
    """Word numbers of several texts in one array.

    Attributes:
        words: int64 [total], the numbers, text after text.
        lengths: int64 [texts].
        vocabulary: Word of each number.
    """

    words: IntArray
    lengths: IntArray
    vocabulary: list[str]

    def texts(self) -> list[list[int]]:
        ends = np.cumsum(self.lengths)
        numbers = self.words.tolist()
        return [numbers[end - length : end] for end, length in zip(ends.tolist(), self.lengths.tolist())]

    def slice(self, start: int, stop: int) -> Corpus:
        ends = np.concatenate([[0], np.cumsum(self.lengths)])
        return Corpus(self.words[ends[start] : ends[stop]], self.lengths[start:stop], self.vocabulary)


@dataclass(frozen=True)
class TokenPairs:
    """Hypotheses and references over one vocabulary, aligned."""

    hypotheses: Corpus
    references: Corpus

    def __len__(self) -> int:
        return len(self.references.lengths)

    def blocks(self) -> Iterator[tuple[slice, TokenPairs]]:
        """Parts of at most `BLOCK` pairs with their place among all pairs."""
        for start in range(0, len(self), BLOCK):
            stop = min(start + BLOCK, len(self))
            part = TokenPairs(self.hypotheses.slice(start, stop), self.references.slice(start, stop))
            yield slice(start, stop), part


@dataclass(frozen=True)
class NgramTable:
    """How often each n-gram of one order occurs in each text.

    Attributes:
        text: int64 [entries], number of the text, ascending.
        gram: int64 [entries], number of the n-gram, ascending within a text.
        count: int64 [entries], at least 1.
        first: int64 [grams], a position in the words where the n-gram starts.
    """

    text: IntArray
    gram: IntArray
    count: IntArray
    first: IntArray

    def keys(self) -> IntArray:
        return self.text * len(self.first) + self.gram


def tokenize(texts: Sequence[str], tokenizer: Tokenizer, numbers: dict[str, int]) -> Corpus:
    """Number the words of `texts`; `numbers` is extended with those not seen before."""
    words: list[int] = []
    lengths: list[int] = []
    for text in texts:
        tokens = tokenizer(text)
        lengths.append(len(tokens))
        words.extend([numbers.setdefault(token, len(numbers)) for token in tokens])
    return Corpus(np.array(words, np.int64), np.array(lengths, np.int64), list(numbers))


def token_pairs(pairs: Pairs, protocol: Protocol, name: str, tokenizer: Tokenizer) -> TokenPairs:
    """The transformed texts of `pairs` under a tokeniser, shared between metrics by its `name`."""

    def build(pairs: Pairs) -> TokenPairs:
        texts = protocol.texts(pairs)
        numbers: dict[str, int] = {}
        hypotheses = tokenize(texts.hypotheses, tokenizer, numbers)
        references = tokenize(texts.references, tokenizer, numbers)
        return TokenPairs(Corpus(hypotheses.words, hypotheses.lengths, references.vocabulary), references)

    return pairs.view(f"{protocol.key}/tokens/{name}", build)


def whitespace_pairs(pairs: Pairs, protocol: Protocol) -> TokenPairs:
    """Tokens as pycocoevalcap takes them: the transformed text split at white space."""
    return token_pairs(pairs, protocol, "whitespace", str.split)


def ngram_tables(words: IntArray, lengths: IntArray, orders: int) -> list[NgramTable]:
    """Tables of the n-grams of order 1 to `orders`. n-grams never cross the end of a text."""
    text = np.repeat(np.arange(len(lengths)), lengths)
    room = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(words))
    position = np.arange(len(words))
    base = int(words.max(initial=0)) + 1
    gram = words
    tables = []
    for order in range(1, orders + 1):
        if order > 1:
            inside = room[position] >= order
            position = position[inside]
            gram = gram[inside] * base + words[position + order - 1]
        _, first, gram = np.unique(gram, return_index=True, return_inverse=True)
        key, count = np.unique(text[position] * max(len(first), 1) + gram, return_counts=True)
        tables.append(NgramTable(key // max(len(first), 1), key % max(len(first), 1), count, position[first]))
    return tables


def matches(table: NgramTable, n: int) -> tuple[IntArray, IntArray]:
    """Where hypothesis and reference share an n-gram, for a table whose texts are n hypotheses, then n references.

    Returns:
        Entry numbers of the hypotheses and those of the references, aligned.
    """
    keys = table.keys()
    split = int(np.searchsorted(table.text, n))
    hypothesis, reference = keys[:split], keys[split:] - n * len(table.first)
    place = np.searchsorted(reference, hypothesis)
    found = np.flatnonzero(place < len(reference))
    found = found[reference[place[found]] == hypothesis[found]]
    return found, place[found] + split


def clipped_matches(pairs: TokenPairs, orders: int) -> FloatArray:
    """Sum over n-grams of min(count in hypothesis, count in reference). float64 [pairs, orders]."""
    counts = np.zeros((len(pairs), orders))
    for where, part in pairs.blocks():
        n = len(part)
        for order, table in enumerate(joint_tables(part, orders)):
            mine, other = matches(table, n)
            clipped = np.minimum(table.count[mine], table.count[other])
            counts[where, order] = np.bincount(table.text[mine], weights=clipped, minlength=n)
    return counts


def joint_tables(pairs: TokenPairs, orders: int) -> list[NgramTable]:
    """Tables whose texts are the hypotheses, then the references."""
    words = np.concatenate([pairs.hypotheses.words, pairs.references.words])
    return ngram_tables(words, np.concatenate([pairs.hypotheses.lengths, pairs.references.lengths]), orders)


def longest_common_subsequence(first: Sequence[int], second: Sequence[int]) -> int:
    """Length of the longest common subsequence.

    Bit-parallel over the shorter sequence (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"): Python's
    integers are the bit vectors, whatever the length.
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
