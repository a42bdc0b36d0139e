"""Clipped n-gram matches of many pairs at once."""

from __future__ import annotations

import numpy as np

from cxrbench.metrics.base import FloatArray
from cxrbench.metrics.text.tokens import IntArray, TokenPairs, joint_tables, matches

_LARGEST = 2**62


def clipped_matches(pairs: TokenPairs, orders: int) -> FloatArray:
    """Sum over n-grams of min(count in hypothesis, count in reference). float64 [pairs, orders]."""
    counts = np.zeros((len(pairs), orders))
    for where, part in pairs.blocks():
        counts[where] = _matches_of(part, orders)
    return counts


def _matches_of(pairs: TokenPairs, orders: int) -> FloatArray:
    """An n-gram is a number whose digits are the places of its words among the distinct words of its pair.

    A pair has few distinct words, so that pair, n-gram and side fit into one integer, and one sort per order counts.
    """
    n = len(pairs)
    words = np.concatenate([pairs.hypotheses.words, pairs.references.words])
    lengths = np.concatenate([pairs.hypotheses.lengths, pairs.references.lengths])
    text = np.repeat(np.arange(2 * n), lengths)
    pair = text % max(n, 1)
    digit, base = _places(pair, words)
    if 2 * n * base**orders >= _LARGEST:
        return _by_tables(pairs, orders)
    side = (text < n).astype(np.int64)
    room = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(words))
    counts = np.zeros((n, orders))
    position, gram = np.arange(len(words)), np.zeros(len(words), np.int64)
    for order in range(1, orders + 1):
        inside = room[position] >= order
        position = position[inside]
        gram = gram[inside] * base + digit[position + order - 1]
        keys = (pair[position] * base**order + gram) * 2 + side[position]
        keys.sort()
        # Runs of equal keys; where a hypothesis run (odd) follows the reference run of the same n-gram, they match.
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        count = np.diff(starts, append=len(keys))
        key = keys[starts]
        both = np.flatnonzero((key[1:] & 1 == 1) & (key[:-1] == key[1:] - 1))
        clipped = np.minimum(count[both], count[both + 1])
        counts[:, order - 1] = np.bincount(key[both] // (2 * base**order), weights=clipped, minlength=n)
    return counts


def _places(pair: IntArray, words: IntArray) -> tuple[IntArray, int]:
    """Place of each word among the distinct words of its pair, and how many places the fullest pair has."""
    keys = pair * (int(words.max(initial=0)) + 1) + words
    order = np.argsort(keys)
    ranked, owner = keys[order], pair[order]
    distinct = np.cumsum(np.diff(ranked, prepend=-1) != 0) - 1
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    before = np.repeat(distinct[first], np.diff(first, append=len(owner)))
    digit = np.empty(len(words), np.int64)
    digit[order] = distinct - before
    return digit, int(digit.max(initial=0)) + 1


def _by_tables(pairs: TokenPairs, orders: int) -> FloatArray:
    """The same through n-gram tables, which no number of distinct words is too large for."""
    n = len(pairs)
    counts = np.zeros((n, orders))
    for order, table in enumerate(joint_tables(pairs, orders)):
        mine, other = matches(table, n)
        clipped = np.minimum(table.count[mine], table.count[other])
        counts[:, order] = np.bincount(table.text[mine], weights=clipped, minlength=n)
    return counts
