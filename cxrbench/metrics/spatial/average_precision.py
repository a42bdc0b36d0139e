"""Interpolated average precision of one class under many weightings at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxrbench.metrics.base import FloatArray

RECALLS: int = 101
_CELLS = 1 << 21
_MANY_HITS = 500
"""From here on it is cheaper to look up each recall level among the hits than each hit among the levels."""


@dataclass(frozen=True)
class Detections:
    """The detections of one class by falling score, and how much gold there is.

    Attributes:
        owner: int64 [n], the group of each detection.
        matched: Per IoU threshold, bool [n].
        gold: float64 [groups], gold boxes of each group.
    """

    owner: NDArray[np.int64]
    matched: Sequence[NDArray[np.bool_]]
    gold: FloatArray

    def average_precision(self, weights: FloatArray) -> FloatArray:
        """[b, groups] -> [thresholds, b]; NaN where no gold has a weight.

        A weight of k equals k copies of the group: precision only falls where recall stands still, so the envelope
        has its corners at the matched detections alone, and each of them stands for the recall levels that it is the
        first to reach.
        """
        result = np.full((len(self.matched), len(weights)), np.nan)
        step = max(1, _CELLS // max(1, len(self.owner)))
        for start in range(0, len(weights), step):
            part = weights[start : start + step]
            gold = part @ self.gold
            seen = np.cumsum(np.take(part, self.owner, axis=1), axis=1)
            for index, matched in enumerate(self.matched):
                hits = np.flatnonzero(matched)
                found = _interpolated(
                    np.cumsum(np.take(part, self.owner[hits], axis=1), axis=1), np.take(seen, hits, axis=1), gold
                )
                result[index, start : start + step] = np.where(gold > 0, found, np.nan)
        return result


def _interpolated(hits: FloatArray, seen: FloatArray, gold: FloatArray) -> FloatArray:
    """hits: true positives so far at each of them; seen: detections so far. [b, hits], [b, hits], [b] -> [b]."""
    precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = np.divide(hits, gold[:, None], out=np.zeros_like(hits), where=gold[:, None] > 0)
    levels = np.linspace(0.0, 1.0, RECALLS)
    if hits.shape[1] > _MANY_HITS:
        first = np.stack([np.searchsorted(row, levels) for row in recall])
        reached = first < hits.shape[1]
        found = np.take_along_axis(envelope, np.where(reached, first, 0), axis=1)
        total: FloatArray = np.where(reached, found, 0.0).sum(axis=1) / RECALLS
        return total
    new = np.diff(np.searchsorted(levels, recall, side="right"), axis=1, prepend=0)
    total = (envelope * new).sum(axis=1) / RECALLS
    return total
