"""Layers that several parts of the model share."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RMSNorm(nn.Module):
    """Root mean square normalisation without a bias (Zhang and Sennrich, 2019), computed in float32 as T5 does."""

    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        scaled = x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + self.eps)
        return (self.weight.float() * scaled).to(x.dtype)


class MultiHeadAttention(nn.Module):
    """Scaled dot-product attention with biases; each head is scaled by the square root of its own width."""

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)
        for layer in (self.q_proj, self.k_proj, self.v_proj, self.out_proj):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, query: Tensor, context: Tensor, need_weights: bool = False) -> tuple[Tensor, Tensor | None]:
        """Attend from `query` [B, Q, D] to `context` [B, N, D].

        Returns:
            The result [B, Q, D], and the weights [B, heads, Q, N] before dropout when asked for.
        """
        q, k, v = (
            project(x).view(*x.shape[:-1], self.heads, -1).transpose(1, 2)
            for project, x in ((self.q_proj, query), (self.k_proj, context), (self.v_proj, context))
        )
        rate = self.dropout if self.training else 0.0
        weights: Tensor | None = None
        if need_weights:
            weights = (q.float() @ k.float().transpose(-1, -2) / math.sqrt(q.shape[-1])).softmax(-1)
            mixed = F.dropout(weights, rate).to(v.dtype) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, dropout_p=rate)
        return self.out_proj(mixed.transpose(1, 2).flatten(2)), weights


def mlp(width: int, hidden: int, out: int | None = None, dropout: float = 0.0) -> nn.Sequential:
    """Linear, GELU, dropout, Linear."""
    return nn.Sequential(
        nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, width if out is None else out)
    )
