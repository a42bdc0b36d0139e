"""Corpus BLEU-1 to BLEU-4 with the constants of pycocoevalcap."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxrbench.core.types import Direction
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.text.overlap import clipped_matches
from cxrbench.metrics.text.tokens import whitespace_pairs

ORDERS = 4
_SMALL = 1e-9
_TINY = 1e-15


class Bleu(AdditiveMetric):
    """Corpus BLEU (Papineni et al., ACL 2002) as `pycocoevalcap.bleu.Bleu(4)` computes it.

    BLEU-n is the geometric mean over k = 1..n of (sum correct_k + 1e-15) / (sum guess_k + 1e-9), times the brevity
    penalty exp(1 - 1/ratio) where ratio = (hypothesis words + 1e-15) / (reference words + 1e-9) is below 1.
    Tokens are the white-space tokens of the transformed text. No smoothing, no mean over sentences.
    """

    name = "bleu"
    protocol: Protocol

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {f"bleu_{order}": "higher" for order in range(1, ORDERS + 1)}

    def signature(self) -> str:
        return (
            f"bleu|{self.protocol.signature_part()}|tokens:whitespace|aggregation:corpus|reflen:closest|smooth:none"
        )

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        tokens = whitespace_pairs(pairs, self.protocol)
        length = tokens.hypotheses.lengths.astype(float)
        guess = [np.maximum(length - order, 0) for order in range(ORDERS)]
        columns = ["n", "hypothesis_length", "reference_length"]
        columns += [f"{kind}_{order}" for kind in ("correct", "guess") for order in range(1, ORDERS + 1)]
        values = np.column_stack(
            [np.ones(len(tokens)), length, tokens.references.lengths, clipped_matches(tokens, ORDERS), *guess]
        )
        return Statistics(tuple(columns), values)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        n, hypothesis, reference = sums[:, 0], sums[:, 1], sums[:, 2]
        correct, guess = sums[:, 3 : 3 + ORDERS], sums[:, 3 + ORDERS :]
        precision = np.cumprod((correct + _TINY) / (guess + _SMALL), axis=1)
        ratio = (hypothesis + _TINY) / (reference + _SMALL)
        penalty = np.where(ratio < 1, np.exp(1 - 1 / np.minimum(ratio, 1)), 1.0)
        return {
            f"bleu_{order}": np.where(n > 0, precision[:, order - 1] ** (1 / order) * penalty, np.nan)
            for order in range(1, ORDERS + 1)
        }
