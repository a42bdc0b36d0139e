"""A T5 decoder (Raffel et al., 2020; the v1.1 / Flan variant) that reads visual tokens in place of an encoder.

An own implementation rather than transformers' because T5Config in transformers 5 always ties the output layer,
which Flan-T5 does not, and because generation here needs a cache without per-step bookkeeping. Loads Flan-T5's
weights by name (`t5_weights.py`) and agrees with T5ForConditionalGeneration to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cxrbench.core.errors import UsageError
from cxrbench.reference_models.chexquery.config import DecoderConfig
from cxrbench.reference_models.chexquery.layers import RMSNorm

KeyValue = tuple[Tensor, Tensor]


@dataclass(slots=True)
class DecoderCache:
    """What the decoder keeps between steps.

    Attributes:
        cross: Per layer, keys and values of the visual tokens [images, heads, M, head width]; beams share them.
        own: Per layer, keys and values of the tokens so far [rows, heads, capacity, head width].
        length: Tokens held.
    """

    cross: list[KeyValue]
    own: list[KeyValue]
    length: int = 0

    def select_rows(self, rows: Tensor) -> None:
        """Reorder (or drop) beams: row i becomes the former row rows[i]."""
        self.own = [(k.index_select(0, rows), v.index_select(0, rows)) for k, v in self.own]

    def select_images(self, images: Tensor) -> None:
        """Keep the visual tokens of these images."""
        self.cross = [(k.index_select(0, images), v.index_select(0, images)) for k, v in self.cross]


class T5Attention(nn.Module):
    """Unscaled attention without biases; the scale is folded into the initialisation of q."""

    def __init__(self, width: int, heads: int, head_width: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        inner = heads * head_width
        self.q = nn.Linear(width, inner, bias=False)
        self.k = nn.Linear(width, inner, bias=False)
        self.v = nn.Linear(width, inner, bias=False)
        self.o = nn.Linear(inner, width, bias=False)
        nn.init.normal_(self.q.weight, std=(width * head_width) ** -0.5)
        nn.init.normal_(self.k.weight, std=width**-0.5)
        nn.init.normal_(self.v.weight, std=width**-0.5)
        nn.init.normal_(self.o.weight, std=inner**-0.5)

    def split(self, x: Tensor) -> Tensor:
        """[B, T, heads * head width] -> [B, heads, T, head width]."""
        return x.view(*x.shape[:-1], self.heads, -1).transpose(1, 2)

    def key_value(self, x: Tensor) -> KeyValue:
        return self.split(self.k(x)), self.split(self.v(x))

    def forward(self, x: Tensor, key_value: KeyValue, bias: Tensor | None) -> Tensor:
        """Attend from x [R, T, D] to keys and values of R rows, or of R / n images whose n rows are adjacent."""
        key, value = key_value
        query = self.split(self.q(x))
        shape = query.shape
        shared = shape[0] // key.shape[0]
        if shared > 1:
            query = query.reshape(-1, shared, *shape[1:]).transpose(1, 2).flatten(2, 3)
        mixed = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=None if bias is None else bias.to(query.dtype),
            dropout_p=self.dropout if self.training else 0.0,
            scale=1.0,
        )
        if shared > 1:
            mixed = mixed.reshape(-1, shape[1], shared, *shape[2:]).transpose(1, 2).flatten(0, 1)
        out: Tensor = self.o(mixed.transpose(1, 2).flatten(2))
        return out


class GatedFeedForward(nn.Module):
    """wo(gelu(wi_0 x) * wi_1 x) with the tanh approximation of GELU (Shazeer, 2020)."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.wi_0 = nn.Linear(width, hidden, bias=False)
        self.wi_1 = nn.Linear(width, hidden, bias=False)
        self.wo = nn.Linear(hidden, width, bias=False)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.wi_0.weight, std=width**-0.5)
        nn.init.normal_(self.wi_1.weight, std=width**-0.5)
        nn.init.normal_(self.wo.weight, std=hidden**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.wo(self.dropout(F.gelu(self.wi_0(x), approximate="tanh") * self.wi_1(x)))
        return out


class T5Block(nn.Module):
    """Pre-norm causal self-attention, cross-attention and feed-forward, each with a residual."""

    def __init__(self, width: int, config: DecoderConfig) -> None:
        super().__init__()
        self.self_norm = RMSNorm(width)
        self.self_attention = T5Attention(width, config.heads, config.head_width, config.dropout)
        self.cross_norm = RMSNorm(width)
        self.cross_attention = T5Attention(width, config.heads, config.head_width, config.dropout)
        self.ff_norm = RMSNorm(width)
        self.feed_forward = GatedFeedForward(width, config.ff_width, config.dropout)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, cross: KeyValue, bias: Tensor, own: KeyValue | None, start: int) -> Tensor:
        y = self.self_norm(x)
        key, value = self.self_attention.key_value(y)
        if own is not None:
            stop = start + key.shape[2]
            own[0][:, :, start:stop], own[1][:, :, start:stop] = key, value
            key, value = own[0][:, :, :stop], own[1][:, :, :stop]
        x = x + self.dropout(self.self_attention(y, (key, value), bias))
        x = x + self.dropout(self.cross_attention(self.cross_norm(x), cross, None))
        out: Tensor = x + self.dropout(self.feed_forward(self.ff_norm(x)))
        return out


class T5Decoder(nn.Module):
    """The decoder with token embedding and output layer."""

    def __init__(self, width: int, config: DecoderConfig) -> None:
        super().__init__()
        if config.vocab_size < 1:
            raise UsageError(
                "the decoder's vocabulary is empty",
                valid="vocab_size of at least 1",
                hint="train the tokenizer first and use config.with_vocabulary(tokenizer.vocab_size)",
            )
        self.settings = config
        self.width = width
        self.embedding = nn.Embedding(config.vocab_size, width)
        self.relative_bias = nn.Embedding(config.buckets, config.heads)
        self.blocks = nn.ModuleList(T5Block(width, config) for _ in range(config.layers))
        self.final_norm = RMSNorm(width)
        self.dropout = nn.Dropout(config.dropout)
        nn.init.normal_(self.relative_bias.weight, std=width**-0.5)
        if not config.tied:
            self.lm_head = nn.Linear(width, config.vocab_size, bias=False)
            nn.init.normal_(self.lm_head.weight, std=width**-0.5)

    def forward(self, ids: Tensor, memory: Tensor) -> Tensor:
        """Logits [B, T, V] of the next token after each of ids [B, T], given visual tokens [B, M, D]."""
        cross = [block.cross_attention.key_value(memory) for block in self.blocks]  # type: ignore[operator, union-attr]
        hidden = self._run(ids, cross, None, 0)
        return self.project(hidden)

    def new_cache(self, memory: Tensor, rows: int, capacity: int) -> DecoderCache:
        """An empty cache for `rows` sequences of up to `capacity` tokens that read visual tokens [images, M, D]."""
        cross = [block.cross_attention.key_value(memory) for block in self.blocks]  # type: ignore[operator, union-attr]
        shape = (rows, self.settings.heads, capacity, self.settings.head_width)
        own = [(k.new_zeros(shape), v.new_zeros(shape)) for k, v in cross]
        return DecoderCache(cross, own)

    def step(self, ids: Tensor, cache: DecoderCache) -> Tensor:
        """Logits [R, V] after the last of the new ids [R, T]; the cache grows by T."""
        hidden = self._run(ids, cache.cross, cache.own, cache.length)
        cache.length += ids.shape[1]
        return self.project(hidden[:, -1])

    def project(self, hidden: Tensor) -> Tensor:
        """The output layer: [..., D] -> [..., V]."""
        if self.settings.tied:
            return F.linear(hidden * self.width**-0.5, self.embedding.weight)
        logits: Tensor = self.lm_head(hidden)
        return logits

    def _run(self, ids: Tensor, cross: list[KeyValue], own: list[KeyValue] | None, start: int) -> Tensor:
        x = self.dropout(self.embedding(ids))
        bias = self._bias(start, start + ids.shape[1])
        for index, block in enumerate(self.blocks):
            x = block(x, cross[index], bias, None if own is None else own[index], start)
        out: Tensor = self.dropout(self.final_norm(x))
        return out

    def _bias(self, start: int, stop: int) -> Tensor:
        """Causal relative position bias [1, heads, stop - start, stop]: -inf for the future."""
        device = self.relative_bias.weight.device
        keys = torch.arange(stop, device=device)
        distance = torch.arange(start, stop, device=device)[:, None] - keys[None, :]
        buckets = relative_bucket(distance.clamp_min(0), self.settings.buckets, self.settings.max_distance)
        bias = self.relative_bias(buckets).permute(2, 0, 1)[None]
        causal: Tensor = bias.masked_fill(distance < 0, float("-inf"))
        return causal


def relative_bucket(distance: Tensor, buckets: int, max_distance: int) -> Tensor:
    """Bucket of a distance to an earlier token: exact for the first half, then logarithmic (Raffel et al., 2020).

    Args:
        distance: Non-negative integers, any shape.
        buckets: Number of buckets.
        max_distance: All distances from here on share the last bucket.
    """
    exact = buckets // 2
    ratio = torch.log(distance.clamp_min(1).float() / exact) / math.log(max_distance / exact)
    far = exact + (ratio * (buckets - exact)).to(torch.long)
    return torch.where(distance < exact, distance, far.clamp_max(buckets - 1))
