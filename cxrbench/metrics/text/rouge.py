"""ROUGE-1, ROUGE-2 and ROUGE-L as the rouge-score package defines them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from cxrbench.core.types import Direction
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.text.means import mean_scores
from cxrbench.metrics.text.overlap import clipped_matches
from cxrbench.metrics.text.subsequence import subsequence_lengths
from cxrbench.metrics.text.tokens import whitespace_pairs

_WORD = re.compile("[a-z0-9]+")


class Rouge(AdditiveMetric):
    """Mean ROUGE F1 (Lin 2004) as rouge-score 0.1.2 computes it, and the recall of ROUGE-L.

    Words are runs of a-z and 0-9 of the lower-cased text, stemmed by NLTK's Porter stemmer where longer than three
    letters (as in RadEval). F1 = 2PR/(P + R) per pair, 0 where either side is empty; `rouge_l_recall` is the length
    of the longest common subsequence over that of the reference. The scores are means over pairs.
    """

    name = "rouge"
    protocol: Protocol

    def __init__(self, protocol: Protocol, *, stemmer: bool = True) -> None:
        self.protocol = protocol
        self.stemmer = stemmer

    @property
    def scores(self) -> Mapping[str, Direction]:
        return dict.fromkeys(("rouge_1", "rouge_2", "rouge_l", "rouge_l_recall"), "higher")

    def signature(self) -> str:
        stemmer = "porter" if self.stemmer else "none"
        return f"rouge|{self.protocol.signature_part()}|tokens:rouge-score-0.1.2|stemmer:{stemmer}|aggregation:mean"

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        spell = _stems if self.stemmer else _words
        tokens = pairs.view(
            f"{self.protocol.key}/tokens/rouge/{spell.__name__}",
            # No word of rouge-score reaches across white space, so each distinct piece is cut up and stemmed once.
            lambda pairs: whitespace_pairs(pairs, self.protocol).respelt(spell),
        )
        lengths = (tokens.hypotheses.lengths.astype(float), tokens.references.lengths.astype(float))
        overlap = clipped_matches(tokens, 2)
        common = subsequence_lengths(tokens)
        f1 = [_f1(overlap[:, k], *(np.maximum(length - k, 0) for length in lengths)) for k in (0, 1)]
        recall = common / np.maximum(lengths[1], 1)
        values = np.column_stack([np.ones(len(tokens)), *f1, _f1(common, *lengths), recall])
        return Statistics(("n", *self.scores), values)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return mean_scores(self.scores, sums)


def _f1(common: FloatArray, hypothesis: FloatArray, reference: FloatArray) -> FloatArray:
    precision, recall = common / np.maximum(hypothesis, 1), common / np.maximum(reference, 1)
    total = precision + recall
    return np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _stems(text: str) -> list[str]:
    # The rules of the stemmer are about endings, and none of them ends in a digit.
    return [_porter().stem(word) if len(word) > 3 and not word[-1].isdigit() else word for word in _words(text)]


@cache
def _porter() -> Any:
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()
