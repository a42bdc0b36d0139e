"""CIDEr-D with the inverse document frequencies of the whole reference set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.text.means import mean_scores
from cxrbench.metrics.text.tokens import (
    Corpus,
    IntArray,
    NgramTable,
    TokenPairs,
    WordNumbers,
    joint_tables,
    matches,
    ngram_tables,
    tokenize,
    whitespace_pairs,
)

ORDERS = 4
_SIGMA = 6.0


class Cider(AdditiveMetric):
    """Mean CIDEr-D (Vedantam et al., CVPR 2015) as `pycocoevalcap.cider.Cider()` computes it, scale 0 to 10.

    tf-idf vectors of the 1- to 4-grams, clipped cosine, Gaussian length penalty with sigma 6 (over the number of
    bigrams, as in the package), mean over the orders, times 10. idf = log(references) - log(max(1, document
    frequency)) over *all* usable references of the task, so that a stratum or a resample is judged by the same
    vectors. One reference alone has idf 0 throughout: undefined.
    """

    name = "cider"
    protocol: Protocol

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"cider": "higher"}

    def signature(self) -> str:
        return f"cider|{self.protocol.signature_part()}|tokens:whitespace|idf:all-references|sigma:6|aggregation:mean"

    def why_undefined(self, score: str) -> str:
        return "CIDEr needs at least two references: the idf of a single one is log(1) = 0"

    def fit(self, references: Sequence[Reference]) -> State:
        """How many references there are, and in how many each n-gram occurs (words joined by blanks)."""
        texts = self.protocol.transformed_references(references)
        corpus = tokenize(texts, str.split, WordNumbers())
        frequency: dict[str, int] = {}
        for order, table in enumerate(ngram_tables(corpus.words, corpus.lengths, ORDERS), start=1):
            counts = np.bincount(table.gram, minlength=len(table.first)).tolist()
            frequency.update(zip(_spelt(corpus, corpus.words, table, order), counts, strict=True))
        return {"references": len(texts), "document_frequency": frequency}

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        tokens = whitespace_pairs(pairs, self.protocol)
        values = np.zeros((len(tokens), 2))
        if state["references"] > 1:
            values[:, 0] = 1
            for where, part in tokens.blocks():
                values[where, 1] = _cider(part, state["references"], state["document_frequency"])
        return Statistics(("n", "cider"), values)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return mean_scores(self.scores, sums)


def _cider(pairs: TokenPairs, references: int, frequency: Mapping[str, int]) -> FloatArray:
    n = len(pairs)
    words = np.concatenate([pairs.hypotheses.words, pairs.references.words])
    total = np.zeros(n)
    for order, table in enumerate(joint_tables(pairs, ORDERS), start=1):
        grams = _spelt(pairs.references, words, table, order)
        found = np.fromiter((frequency.get(gram, 0) for gram in grams), float, len(grams))
        idf = np.log(float(references)) - np.log(np.maximum(1.0, found))
        weight = table.count * idf[table.gram]
        norm = np.sqrt(_sums(table.text, weight**2, 2 * n))
        mine, other = matches(table, n)
        products = np.minimum(weight[mine], weight[other]) * weight[other]
        similarity = _sums(table.text[mine], products, n)
        scale = norm[:n] * norm[n:]
        total += np.divide(similarity, scale, out=np.zeros(n), where=scale > 0)
    bigrams = [np.maximum(corpus.lengths - 1, 0) for corpus in (pairs.hypotheses, pairs.references)]
    return 10.0 * total / ORDERS * np.exp(-((bigrams[0] - bigrams[1]) ** 2) / (2 * _SIGMA**2))


def _sums(text: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Sum of the values of each text, smallest first: the last bit does not depend on how n-grams are numbered."""
    order = np.lexsort((values, text))
    return np.asarray(np.bincount(text[order], weights=values[order], minlength=count), np.float64)


def _spelt(corpus: Corpus, words: IntArray, table: NgramTable, order: int) -> list[str]:
    """Each n-gram of the table as its words joined by blanks."""
    spelling = np.array(corpus.vocabulary, object)
    parts = [spelling[words[table.first + offset]] for offset in range(order)]
    grams = parts[0] if len(table.first) else np.array([], object)
    for part in parts[1:]:
        grams = grams + " " + part
    result: list[str] = grams.tolist()
    return result
