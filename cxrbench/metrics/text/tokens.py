"""Texts as arrays of word numbers, and n-gram tables over them: the shared ground of BLEU, ROUGE and CIDEr."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxrbench.metrics.base import Pairs
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

    def respelt(self, spell: Callable[[str], Sequence[str]]) -> TokenPairs:
        """Every word replaced by any number of words, at the cost of one call per distinct word."""
        numbers = WordNumbers()
        parts = [[numbers[part] for part in spell(word)] for word in self.references.vocabulary]
        widths = np.fromiter(map(len, parts), np.int64, len(parts))
        flat = np.fromiter(itertools.chain.from_iterable(parts), np.int64, int(widths.sum()))
        vocabulary = list(numbers)
        hypotheses, references = (
            Corpus(*_replaced(side, flat, widths), vocabulary) for side in (self.hypotheses, self.references)
        )
        return TokenPairs(hypotheses, references)

    def __len__(self) -> int:
        return len(self.references.lengths)

    def blocks(self) -> Iterator[tuple[slice, TokenPairs]]:
        """Parts of at most `BLOCK` pairs with their place among all pairs."""
        for start in range(0, len(self), BLOCK):
            stop = min(start + BLOCK, len(self))
            part = TokenPairs(self.hypotheses.slice(start, stop), self.references.slice(start, stop))
            yield slice(start, stop), part


def _replaced(corpus: Corpus, flat: IntArray, widths: IntArray) -> tuple[IntArray, IntArray]:
    """Words and lengths after word w became the next `widths[w]` numbers of `flat`."""
    begins = np.cumsum(widths) - widths
    width = widths[corpus.words]
    ends = np.concatenate([[0], np.cumsum(width)])
    source = np.repeat(begins[corpus.words] - ends[:-1], width) + np.arange(ends[-1])
    texts = np.concatenate([[0], np.cumsum(corpus.lengths)])
    return flat[source], np.diff(ends[texts])


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


class WordNumbers(dict[str, int]):
    """Word -> number, in the order in which words are looked up first."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


def tokenize(texts: Sequence[str], tokenizer: Tokenizer, numbers: WordNumbers) -> Corpus:
    """Number the words of `texts`; `numbers` is extended with those not seen before."""
    lengths = np.zeros(len(texts), np.int64)
    parts = [np.zeros(0, np.int64)]
    for start in range(0, len(texts), BLOCK):
        tokens = [tokenizer(text) for text in texts[start : start + BLOCK]]
        counts = lengths[start : start + BLOCK]
        counts[:] = np.fromiter(map(len, tokens), np.int64, len(tokens))
        numbered = map(numbers.__getitem__, itertools.chain.from_iterable(tokens))
        parts.append(np.fromiter(numbered, np.int64, int(counts.sum())))
    return Corpus(np.concatenate(parts), lengths, list(numbers))


def token_pairs(pairs: Pairs, protocol: Protocol, name: str, tokenizer: Tokenizer) -> TokenPairs:
    """The transformed texts of `pairs` under a tokeniser, shared between metrics by its `name`."""

    def build(pairs: Pairs) -> TokenPairs:
        texts = protocol.texts(pairs)
        numbers = WordNumbers()
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


def joint_tables(pairs: TokenPairs, orders: int) -> list[NgramTable]:
    """Tables whose texts are the hypotheses, then the references."""
    words = np.concatenate([pairs.hypotheses.words, pairs.references.words])
    return ngram_tables(words, np.concatenate([pairs.hypotheses.lengths, pairs.references.lengths]), orders)
