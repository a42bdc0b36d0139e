"""Both losses, as sums with their counts, so that accumulated and distributed batches can be averaged exactly."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

IGNORE = -100
"""Label of a position that carries no loss (prompt and padding)."""


class LossSum(NamedTuple):
    """A summed loss (scalar, float32) and the number of terms in it (scalar, float32)."""

    total: Tensor
    terms: Tensor

    @property
    def mean(self) -> Tensor:
        """Mean over the terms; 0 when there are none."""
        return self.total / self.terms.clamp_min(1.0)


def token_cross_entropy(logits: Tensor, labels: Tensor, smoothing: float = 0.0, chunk: int = 2048) -> LossSum:
    """Cross-entropy of the next token over positions whose label is not `IGNORE`, computed in float32.

    Args:
        logits: [B, T, V], any float type.
        labels: [B, T] token ids.
        smoothing: Weight e of the uniform distribution: (1 - e) * -log p(y) + e * mean_v -log p(v)
            (Szegedy et al., 2016).
        chunk: Positions converted to float32 at a time.
    """
    kept = labels != IGNORE
    rows, targets = logits[kept], labels[kept]
    total = logits.new_zeros((), dtype=torch.float32)
    for start in range(0, len(targets), chunk):
        log_p = F.log_softmax(rows[start : start + chunk].float(), dim=-1)
        loss = -log_p.gather(-1, targets[start : start + chunk, None]).sum()
        if smoothing:
            loss = (1 - smoothing) * loss - smoothing * log_p.mean(-1).sum()
        total = total + loss
    return LossSum(total, kept.sum().float())


def auxiliary_cross_entropy(
    logits: Tensor, targets: Tensor, *, pos_weight: Tensor | None = None, mask: Tensor | None = None
) -> LossSum:
    """Binary cross-entropy over all cells of [B, C]; a sum over conditions would scale the loss by C.

    Args:
        targets: 0 or 1 (or a probability).
        pos_weight: [C] weights of the positive terms.
        mask: [B, C], False where a label is unknown.
    """
    cells = F.binary_cross_entropy_with_logits(
        logits.float(),
        targets.float(),
        pos_weight=None if pos_weight is None else pos_weight.float(),
        reduction="none",
    )
    weight = torch.ones_like(cells) if mask is None else mask.to(cells.dtype)
    return LossSum((cells * weight).sum(), weight.sum())


def positive_weights(targets: Tensor, ceiling: float = 10.0) -> Tensor:
    """Negatives per positive of each condition in targets [N, C], clipped to [1, ceiling]; 1 without positives."""
    positive = targets.float().sum(0)
    ratio = (targets.shape[0] - positive) / positive.clamp_min(1.0)
    return torch.where(positive > 0, ratio.clamp(1.0, ceiling), torch.ones_like(ratio))
