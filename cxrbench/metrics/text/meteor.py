"""METEOR 1.5 as a function of additive statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.text.meteor_process import COLUMNS, shared_meteor

_ALPHA, _BETA, _GAMMA, _DELTA = 0.85, 0.2, 0.6, 0.75
_STAGE_WEIGHTS = np.array([1.0, 0.6, 0.8, 0.6])
"""English ranking parameters of METEOR 1.5; stages exact, stem, synonym, paraphrase."""
_CHUNKS = 20
MAX_WORDS = 1000
"""Words per text that the aligner sees: its memory grows with the square of the repeated words of a pair."""


class Meteor(AdditiveMetric):
    """Corpus METEOR 1.5 (Denkowski & Lavie, WMT 2014): the Java program, `-l en -norm`, as pycocoevalcap runs it.

    The program's `SCORE` line gives 23 numbers per segment (`COLUMNS`); the corpus value is an exact function of
    their sums, so that it bootstraps like BLEU. Per stage s with weight w: P = sum w (d content + (1-d) function)
    / (d content words + (1-d) function words) of the hypothesis, R likewise of the reference;
    F = P R / (a P + (1-a) R); penalty g (chunks / matches)^b; score (1 - penalty) F. A segment matched whole in
    one chunk counts no chunk. A zero denominator scores 0. Of a text of more than `MAX_WORDS` words the rest is not
    aligned but counted as content words without a match.
    """

    name = "meteor"
    protocol: Protocol

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"meteor": "higher"}

    def signature(self) -> str:
        settings = f"version:java-1.5|language:en|normalise:yes|words:{MAX_WORDS}|aggregation:corpus"
        return f"meteor|{self.protocol.signature_part()}|{settings}"

    def fit(self, references: Sequence[Reference]) -> State:
        """Nothing is learnt; the program is started, so that it loads its tables while other metrics work."""
        shared_meteor()
        return {}

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        texts = self.protocol.texts(pairs)
        values = np.ones((len(texts), 1 + len(COLUMNS)))
        hypotheses, references = (_cut(side) for side in (texts.hypotheses, texts.references))
        values[:, 1:] = shared_meteor().statistics(hypotheses[0], references[0])
        hypothesis, reference, chunks, mine, other = (values[:, 1 + i] for i in (0, 1, _CHUNKS, 21, 22))
        values[(mine == hypothesis) & (other == reference) & (chunks == 1), 1 + _CHUNKS] = 0
        values[:, 1] += hypotheses[1]
        values[:, 2] += references[1]
        return Statistics(("n", *COLUMNS), values)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        n, columns = sums[:, 0], sums[:, 1:]
        # [b, 4 stages, (content hypothesis, content reference, function hypothesis, function reference)]
        stages = columns[:, 4:20].reshape(-1, 4, 4)
        weighted = np.einsum("s,bsk->bk", _STAGE_WEIGHTS, stages)
        precision = _ratio(
            _mixed(weighted[:, 0], weighted[:, 2]), _mixed(columns[:, 0] - columns[:, 2], columns[:, 2])
        )
        recall = _ratio(_mixed(weighted[:, 1], weighted[:, 3]), _mixed(columns[:, 1] - columns[:, 3], columns[:, 3]))
        f_mean = _ratio(precision * recall, _ALPHA * precision + (1 - _ALPHA) * recall)
        matched = (columns[:, 21] + columns[:, 22]) / 2
        penalty = _GAMMA * _ratio(columns[:, _CHUNKS], matched) ** _BETA
        return {"meteor": np.where(n > 0, (1 - penalty) * f_mean, np.nan)}


def _cut(texts: Sequence[str]) -> tuple[list[str], FloatArray]:
    """The texts up to `MAX_WORDS` words, and how many words of each were left out."""
    kept, rest = list(texts), np.zeros(len(texts))
    for place, text in enumerate(texts):
        # A text of few characters cannot have many words: most need no splitting.
        if len(text) > 2 * MAX_WORDS:
            words = text.split()
            if len(words) > MAX_WORDS:
                kept[place], rest[place] = " ".join(words[:MAX_WORDS]), len(words) - MAX_WORDS
    return kept, rest


def _mixed(content: FloatArray, function: FloatArray) -> FloatArray:
    return _DELTA * content + (1 - _DELTA) * function


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
