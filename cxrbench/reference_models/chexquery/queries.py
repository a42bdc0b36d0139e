"""The learned queries: one per condition (what to look for), one per anatomical region (where to look)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class QueryBank(nn.Module):
    """Condition and anatomical queries, addressed by name through the configuration's order.

    Both start with rows of standard deviation 1. That scale decides whether small findings are ever learnt: at
    0.05 the softmax over patches stays flat. Condition rows may later be replaced by language-model vectors
    (`biobert.py`); anatomical rows are Xavier-uniform, rescaled.
    """

    def __init__(self, conditions: int, regions: int, width: int) -> None:
        super().__init__()
        self.condition = nn.Parameter(torch.randn(conditions, width))
        self.anatomical = nn.Parameter(unit_rows(nn.init.xavier_uniform_(torch.empty(regions, width))))

    def forward(self, batch: int) -> Tensor:
        """All queries, conditions first: [batch, conditions + regions, D]."""
        return torch.cat((self.condition, self.anatomical)).expand(batch, -1, -1)


def unit_rows(rows: Tensor) -> Tensor:
    """Rows [N, D] rescaled to zero mean and unit variance each."""
    if rows.is_meta:
        return rows
    centred = rows - rows.mean(-1, keepdim=True)
    return centred / centred.std(-1, keepdim=True, correction=0).clamp_min(1e-12)
