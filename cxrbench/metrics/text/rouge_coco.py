"""ROUGE-L as the COCO caption evaluation defines it (recall-weighted)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxrbench.core.types import Direction
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.text.means import mean_scores
from cxrbench.metrics.text.subsequence import subsequence_lengths
from cxrbench.metrics.text.tokens import token_pairs

_BETA_SQUARED = 1.2**2


class RougeLCoco(AdditiveMetric):
    """Mean ROUGE-L of `pycocoevalcap.rouge.Rouge`: (1 + b^2) P R / (R + b^2 P) with b = 1.2.

    Tokens come from splitting at single blanks, so that a double blank makes an empty token, as in the package. One
    difference: an empty hypothesis always scores 0, where the package gives 1 if the reference is empty too.
    """

    name = "rouge_l_coco"
    protocol: Protocol

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"rouge_l_coco": "higher"}

    def signature(self) -> str:
        return f"rouge_l_coco|{self.protocol.signature_part()}|tokens:blank|beta:1.2|aggregation:mean"

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        tokens = token_pairs(pairs, self.protocol, "blank", _split_at_blanks)
        common = subsequence_lengths(tokens)
        precision = common / np.maximum(tokens.hypotheses.lengths, 1)
        recall = common / np.maximum(tokens.references.lengths, 1)
        total = recall + _BETA_SQUARED * precision
        f = np.divide((1 + _BETA_SQUARED) * precision * recall, total, out=np.zeros(len(tokens)), where=common > 0)
        values = np.column_stack([np.ones(len(tokens)), f])
        return Statistics(("n", "rouge_l_coco"), values)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return mean_scores(self.scores, sums)


def _split_at_blanks(text: str) -> list[str]:
    return text.split(" ") if text else []
