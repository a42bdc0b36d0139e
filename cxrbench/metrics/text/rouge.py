"""ROUGE-1, ROUGE-2 and ROUGE-L as the rouge-score package defines them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from cxrbench.core.types import Direction
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.text.means import mean_scores
from cxrbench.metrics.text.tokens import clipped_matches, longest_common_subsequence, token_pairs

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
        name = "rouge-stemmed" if self.stemmer else "rouge"
        tokens = token_pairs(pairs, self.protocol, name, _stemmed_words if self.stemmer else _words)
        lengths = (tokens.hypotheses.lengths.astype(float), tokens.references.lengths.astype(float))
        overlap = clipped_matches(tokens, 2)
        common = np.array(
            [
                longest_common_subsequence(hypothesis, reference)
                for hypothesis, reference in zip(tokens.hypotheses.texts(), tokens.references.texts())
            ],
            float,
        )
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


def _stemmed_words(text: str) -> list[str]:
    stem = _stemmer()
    return [stem(word) for word in _words(text)]


@cache
def _stemmer() -> Callable[[str], str]:
    """NLTK's Porter stemmer with a memory of the words it has seen."""
    from nltk.stem.porter import PorterStemmer

    stemmer = PorterStemmer()

    class Stems(dict[str, str]):
        def __missing__(self, word: str) -> str:
            stem: str = stemmer.stem(word) if len(word) > 3 else word
            self[word] = stem
            return stem

    return Stems().__getitem__
