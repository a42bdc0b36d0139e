"""Queries look at patches: two post-norm layers of cross-attention and feed-forward."""

from __future__ import annotations

from torch import Tensor, nn

from cxrbench.reference_models.chexquery.layers import MultiHeadAttention, mlp


class CrossAttentionLayer(nn.Module):
    """Q = LN(Q + MHA(Q, P, P)); Q = LN(Q + FFN(Q)), optionally after Q = LN(Q + MHA(Q, Q, Q))."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float, self_attention: bool) -> None:
        super().__init__()
        if self_attention:
            self.self_attention = MultiHeadAttention(width, heads, dropout)
            self.self_norm = nn.LayerNorm(width)
        self.has_self_attention = self_attention
        self.attention = MultiHeadAttention(width, heads, dropout)
        self.attention_norm = nn.LayerNorm(width)
        self.ffn = mlp(width, hidden, dropout=dropout)
        self.ffn_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, queries: Tensor, patches: Tensor, need_weights: bool) -> tuple[Tensor, Tensor | None]:
        if self.has_self_attention:
            queries = self.self_norm(queries + self.dropout(self.self_attention(queries, queries)[0]))
        attended, weights = self.attention(queries, patches, need_weights)
        queries = self.attention_norm(queries + self.dropout(attended))
        return self.ffn_norm(queries + self.dropout(self.ffn(queries))), weights


class QueryCrossAttention(nn.Module):
    """A stack of `CrossAttentionLayer`."""

    def __init__(
        self, layers: int, width: int, heads: int, hidden: int, dropout: float = 0.0, self_attention: bool = False
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            CrossAttentionLayer(width, heads, hidden, dropout, self_attention) for _ in range(layers)
        )

    def forward(self, queries: Tensor, patches: Tensor, need_weights: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Attend from queries [B, Q, D] to patches [B, N, D].

        Returns:
            Attended queries [B, Q, D], and per layer the attention weights [B, heads, Q, N] when asked for (else an
            empty list; the fused kernel gives none).
        """
        maps: list[Tensor] = []
        for layer in self.layers:
            queries, weights = layer(queries, patches, need_weights)
            if weights is not None:
                maps.append(weights)
        return queries, maps
