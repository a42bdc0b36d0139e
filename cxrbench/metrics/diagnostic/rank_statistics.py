"""AUROC and average precision of one ranking under many weightings of its groups at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxrbench.metrics.base import FloatArray

_CELLS = 1 << 21
_PAIR_CELLS_PER_EXAMPLE = 64
"""Half of what pays for many weightings: a cell of the matrix product costs about 1/130 to 1/160 of an example in the
cumulative sums, but the matrix has to be made first."""
_MAX_PAIR_CELLS = 1 << 22


@dataclass(frozen=True)
class Ranked:
    """Labelled examples by falling score.

    Attributes:
        positive: bool [n].
        scores: float64 [n], falling.
        groups: int64 [n], the group of each example.
        count: Number of groups.
        pairs: Groups with positives, groups with negatives, and how many pairs of a positive of the one and a
            negative of the other are ranked rightly (ties count half); None where the matrix would not pay.
    """

    positive: NDArray[np.bool_]
    scores: FloatArray
    groups: NDArray[np.int64]
    count: int
    pairs: tuple[NDArray[np.int64], NDArray[np.int64], FloatArray] | None

    @classmethod
    def of(cls, positive: NDArray[np.bool_], scores: FloatArray, groups: NDArray[np.int64], count: int) -> Ranked:
        """Sort the examples. positive: bool [n]; scores: float64 [n]; groups: int64 [n], each below `count`."""
        order = np.argsort(-scores, kind="stable")
        positive, scores, groups = positive[order], scores[order], groups[order]
        above, below = np.unique(groups[positive]), np.unique(groups[~positive])
        cells = len(above) * len(below)
        pays = cells <= min(_MAX_PAIR_CELLS, _PAIR_CELLS_PER_EXAMPLE * len(scores))
        pairs = (above, below, _pair_counts(positive, scores, groups, above, below)) if pays else None
        return cls(positive, scores, groups, count, pairs)

    def auroc(self, weights: FloatArray) -> FloatArray:
        """[b, groups] -> [b]; NaN where either class has no weight.

        With the matrix of pair counts M a weighting costs w' M w, however many examples a group holds.
        """
        positives = weights @ np.bincount(self.groups[self.positive], minlength=self.count)
        negatives = weights @ np.bincount(self.groups[~self.positive], minlength=self.count)
        if self.pairs is not None:
            above, below, counts = self.pairs
            right = np.einsum("bj,bj->b", weights[:, above] @ counts, weights[:, below])
        else:
            right = self._right_pairs(weights)
        total = positives * negatives
        result: FloatArray = np.divide(right, total, out=np.full(len(weights), np.nan), where=total > 0)
        return result

    def average_precision(self, weights: FloatArray) -> FloatArray:
        """[b, groups] -> [b]; NaN where either class has no weight.

        A threshold lies below each distinct score; examples of equal score enter together.
        """
        hits = np.flatnonzero(self.positive)
        last = np.searchsorted(-self.scores, -self.scores[hits], side="right") - 1
        ends, level = np.unique(last, return_inverse=True)
        closing = np.flatnonzero(np.diff(level, append=len(ends)))
        result = np.full(len(weights), np.nan)
        for start, part in _parts(weights, len(self.scores)):
            seen = np.cumsum(np.take(part, self.groups, axis=1), axis=1)
            found = np.cumsum(np.take(part, self.groups[hits], axis=1), axis=1)[:, closing]
            everything = seen[:, -1] if seen.shape[1] else np.zeros(len(part))
            total = found[:, -1] if found.shape[1] else np.zeros(len(part))
            called = np.take(seen, ends, axis=1)
            precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
            area = (np.diff(found, axis=1, prepend=0.0) * precision).sum(axis=1)
            defined = (total > 0) & (everything > total)
            result[start : start + len(part)] = np.divide(area, total, out=np.full(len(part), np.nan), where=defined)
        return result

    def _right_pairs(self, weights: FloatArray) -> FloatArray:
        """Weighted pairs ranked rightly, ties half: [b, groups] -> [b]."""
        negatives = -self.scores[~self.positive]
        hits = -self.scores[self.positive]
        after = np.searchsorted(negatives, hits, side="right")
        at_or_after = np.searchsorted(negatives, hits, side="left")
        result = np.zeros(len(weights))
        for start, part in _parts(weights, len(self.scores)):
            ahead = np.zeros((len(part), len(negatives) + 1))
            np.cumsum(np.take(part, self.groups[~self.positive], axis=1), axis=1, out=ahead[:, 1:])
            beaten = ahead[:, -1:] - (np.take(ahead, after, axis=1) + np.take(ahead, at_or_after, axis=1)) / 2
            result[start : start + len(part)] = np.einsum(
                "bi,bi->b", np.take(part, self.groups[self.positive], axis=1), beaten
            )
        return result


def _parts(weights: FloatArray, examples: int) -> list[tuple[int, FloatArray]]:
    """Blocks of weightings whose weights of all examples fit in a cache-friendly piece of memory."""
    step = max(1, _CELLS // max(1, examples))
    return [(start, weights[start : start + step]) for start in range(0, len(weights), step)]


def _pair_counts(
    positive: NDArray[np.bool_],
    scores: FloatArray,
    groups: NDArray[np.int64],
    above: NDArray[np.int64],
    below: NDArray[np.int64],
) -> FloatArray:
    """Right pairs of each group with positives (row) and each group with negatives (column)."""
    hits, owners = -scores[positive], np.searchsorted(above, groups[positive])
    order = np.argsort(groups[~positive], kind="stable")
    negatives, owned = -scores[~positive][order], groups[~positive][order]
    starts = np.searchsorted(owned, below, side="left")
    ends = np.searchsorted(owned, below, side="right")
    counts = np.zeros((len(above), len(below)))
    for column, (start, end) in enumerate(zip(starts.tolist(), ends.tolist())):
        mine = negatives[start:end]
        ahead = np.searchsorted(mine, hits, side="left") + np.searchsorted(mine, hits, side="right")
        counts[:, column] = np.bincount(owners, len(mine) - ahead / 2, minlength=len(above))
    return counts
