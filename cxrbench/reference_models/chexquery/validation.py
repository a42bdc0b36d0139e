"""Scores that pick checkpoints: label F1 of what is written, AUROC of what the auxiliary head says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.types import Labels


def auroc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float | None:
    """Area under the ROC curve as the Mann-Whitney statistic with mid-ranks (Hanley and McNeil, 1982).

    Args:
        scores: [N].
        positive: [N].

    Returns:
        None when one of the classes is empty.
    """
    from scipy.stats import rankdata

    count = int(positive.sum())
    others = len(positive) - count
    if not count or not others:
        return None
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def macro_auroc(scores: NDArray[np.float64], targets: NDArray[np.float64]) -> float | None:
    """Mean AUROC over the columns [N, C] in which both classes occur; None if there is no such column."""
    values = [auroc(scores[:, column], targets[:, column] > 0.5) for column in range(targets.shape[1])]
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def label_micro_f1(hypotheses: Sequence[Labels], references: Sequence[Labels]) -> float | None:
    """Micro F1 over all fourteen conditions; uncertain counts as positive, not mentioned as negative.

    Returns:
        None when neither side has any positive label.
    """
    true_positive = wrong = 0
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        for name in CONDITIONS:
            said, is_so = _positive(hypothesis, name), _positive(reference, name)
            true_positive += said and is_so
            wrong += said != is_so
    return 2 * true_positive / (2 * true_positive + wrong) if true_positive or wrong else None


def _positive(labels: Labels | Mapping[str, int | None], name: str) -> bool:
    return labels.get(name) in (1, -1)
