"""The auxiliary head: is the condition that a query stands for present?"""

from __future__ import annotations

from torch import Tensor, nn

from cxrbench.reference_models.chexquery.layers import mlp


class AuxiliaryHead(nn.Module):
    """One small network shared by all conditions; each reads its own attended query."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.net = mlp(width, hidden, 1, dropout)

    def forward(self, condition_queries: Tensor) -> Tensor:
        """Logits [B, C] from attended condition queries [B, C, D]."""
        logits: Tensor = self.net(condition_queries).squeeze(-1)
        return logits
