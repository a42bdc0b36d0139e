"""Gated fusion: the global token and the attended queries become the visual tokens that the decoder reads."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from cxrbench.reference_models.chexquery.layers import MultiHeadAttention, RMSNorm, mlp
from cxrbench.reference_models.chexquery.queries import unit_rows


class Fused(NamedTuple):
    """Visual tokens [B, 1 + pool queries, D] and the gate [B, 1] in (0, 1), the weight of the global token."""

    memory: Tensor
    gate: Tensor


class GatedFusion(nn.Module):
    """Pools the queries and weighs them against the global token.

    The gate acts after the normalisation, on both branches: a scalar before a normalisation is erased by it. The pool
    queries start with rows of standard deviation 1, as the others do: nearly equal rows would all pool the same mean.
    """

    def __init__(self, width: int, heads: int, pool_queries: int, gate_width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.gate = mlp(2 * width, gate_width, 1)
        self.pool_queries = nn.Parameter(unit_rows(nn.init.xavier_uniform_(torch.empty(pool_queries, width))))
        self.pool = MultiHeadAttention(width, heads, dropout)
        self.pool_norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, width)
        self.norm = RMSNorm(width)

    def forward(self, pooled: Tensor, queries: Tensor) -> Fused:
        """Fuse the global token [B, D] with attended queries [B, Q, D]."""
        gate = torch.sigmoid(self.gate(torch.cat((pooled, queries.mean(1)), dim=-1)))
        probes = self.pool_queries.expand(queries.shape[0], -1, -1)
        local = self.pool_norm(probes + self.pool(probes, queries)[0])
        tokens = self.norm(self.project(torch.cat((pooled[:, None], local), dim=1)))
        weight = gate[:, None]
        return Fused(torch.cat((weight * tokens[:, :1], (1 - weight) * tokens[:, 1:]), dim=1), gate)
