"""Throw-away parts of phase 0, for presets that start without pretrained weights.

The documented phase 1 freezes vision and decoder, which presumes that both already know something. Phase 0a teaches
the vision encoder to see (auxiliary labels through the queries, through a linear head on the global token, and
through a head that reads the patches directly, which is what finds small findings within a dozen epochs); phase 0b
teaches the decoder to write, from label states in place of an image.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cxrbench.reference_models.chexquery.layers import RMSNorm


class PatchHead(nn.Module):
    """Label logits [B, C] from patches [B, N, D]: each condition has its own attention over the patches, and all of
    them see every condition's mean and largest value."""

    def __init__(self, conditions: int, width: int) -> None:
        super().__init__()
        self.attend = nn.Linear(width, conditions)
        self.value = nn.Linear(width, conditions)
        self.mix = nn.Linear(2 * conditions, conditions)

    def forward(self, patches: Tensor) -> Tensor:
        values = self.value(patches)
        attended = (self.attend(patches).softmax(1) * values).sum(1)
        mixed: Tensor = attended + self.mix(torch.cat((values.mean(1), values.amax(1)), dim=-1))
        return mixed


class WarmUp(nn.Module):
    """The global and the patch head of phase 0a and the label memory of phase 0b; dropped after phase 0."""

    def __init__(self, conditions: int, width: int) -> None:
        super().__init__()
        self.global_head = nn.Linear(width, conditions)
        self.patch_head = PatchHead(conditions, width)
        self.states = nn.Parameter(torch.randn(conditions, 2, width))
        self.norm = RMSNorm(width)

    def memory(self, labels: Tensor) -> Tensor:
        """One token per condition [B, C, D] in place of visual tokens: its "absent" or its "present" state.

        Args:
            labels: [B, C], 0 or 1; a probability mixes the two states.
        """
        present = labels[..., None].to(self.states.dtype)
        mixed: Tensor = self.norm(self.states[:, 0] * (1 - present) + self.states[:, 1] * present)
        return mixed
