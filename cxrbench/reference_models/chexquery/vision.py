"""Image encoders: patch tokens and one pooled token per film.

SigLIP has no CLS token; its attention-pooling head (one learned probe, "MAP head") gives the global token.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cxrbench.reference_models.chexquery.config import VisionConfig
from cxrbench.reference_models.chexquery.layers import MultiHeadAttention, mlp


class VisionFeatures(NamedTuple):
    """What an image encoder sees: patches [B, grid * grid, D] in row order, pooled [B, D]."""

    patches: Tensor
    pooled: Tensor


class SiglipEncoder(nn.Module):
    """SigLIP's vision tower (Zhai et al., 2023) as transformers implements it."""

    def __init__(self, width: int, config: VisionConfig) -> None:
        super().__init__()
        from transformers import SiglipVisionConfig, SiglipVisionModel

        self.siglip = SiglipVisionModel(
            SiglipVisionConfig(
                hidden_size=width,
                intermediate_size=config.mlp_width,
                num_hidden_layers=config.layers,
                num_attention_heads=config.heads,
                image_size=config.image_size,
                patch_size=config.patch_size,
            )
        )

    def forward(self, images: Tensor) -> VisionFeatures:
        """Encode normalised images [B, 1 or 3, S, S]; a single grey channel is repeated."""
        output = self.siglip(pixel_values=images.expand(-1, 3, -1, -1))
        return VisionFeatures(output.last_hidden_state, output.pooler_output)


class ConvStage(nn.Sequential):
    """Two 3 x 3 convolutions with batch normalisation; the first halves the resolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class ViTBlock(nn.Module):
    """A pre-norm transformer block (Dosovitskiy et al., 2021)."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.self_attn = MultiHeadAttention(width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = mlp(width, hidden)

    def forward(self, x: Tensor) -> Tensor:
        y = self.attention_norm(x)
        x = x + self.self_attn(y, y)[0]
        out: Tensor = x + self.mlp(self.mlp_norm(x))
        return out


class AttentionPool(nn.Module):
    """One learned probe attends to all patches, followed by a residual MLP: SigLIP's MAP head."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.probe = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.attention = MultiHeadAttention(width, heads)
        self.norm = nn.LayerNorm(width)
        self.mlp = mlp(width, hidden)

    def forward(self, patches: Tensor) -> Tensor:
        pooled, _ = self.attention(self.probe.expand(patches.shape[0], -1, -1), patches)
        out: Tensor = (pooled + self.mlp(self.norm(pooled)))[:, 0]
        return out


class ConvEncoder(nn.Module):
    """Convolutional stages, then transformer blocks, then the attention pool; one grey channel.

    Learns from a thousand films what a patch embedding cannot; used where no pretrained weights are.
    """

    def __init__(self, width: int, config: VisionConfig) -> None:
        super().__init__()
        channels = (1, *config.stages)
        self.stages = nn.Sequential(*(ConvStage(i, o) for i, o in pairwise(channels)))
        self.project = nn.Sequential(
            nn.Conv2d(channels[-1], width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.position = nn.Parameter(torch.randn(1, config.grid**2, width) * 0.02)
        self.blocks = nn.Sequential(*(ViTBlock(width, config.heads, config.mlp_width) for _ in range(config.layers)))
        self.norm = nn.LayerNorm(width)
        self.head = AttentionPool(width, config.heads, config.mlp_width)

    def forward(self, images: Tensor) -> VisionFeatures:
        """Encode normalised images [B, 1 or 3, S, S]; colour channels are averaged."""
        x = self.project(self.stages(images.mean(1, keepdim=True)))
        x = self.norm(self.blocks(x.flatten(2).transpose(1, 2) + self.position))
        return VisionFeatures(x, self.head(x))


def build_vision(width: int, config: VisionConfig) -> nn.Module:
    """The encoder that the configuration names, with random weights."""
    return SiglipEncoder(width, config) if config.kind == "siglip" else ConvEncoder(width, config)
