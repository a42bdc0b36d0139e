"""Films of a batch changed on the device, before they enter the network.

What may change, and how it is drawn, is `cxrbench.datasets.augment.film.changes`; the sides of texts and boxes are
`cxrbench.datasets.augment.laterality`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from cxrbench.datasets.augment.film.changes import NO_AUGMENTATION, AugmentSettings, Change, draw_change
from cxrbench.datasets.augment.laterality.boxes import mirror_boxes
from cxrbench.datasets.augment.laterality.words import swap_sides

__all__ = [
    "NO_AUGMENTATION",
    "AugmentSettings",
    "Change",
    "apply_changes",
    "draw_change",
    "mirror_boxes",
    "swap_sides",
]


def apply_changes(pixels: Tensor, changes: Sequence[Change]) -> Tensor:
    """Change a batch of square films; bilinear, black outside the film.

    Args:
        pixels: uint8 [B, S, S].

    Returns:
        float32 [B, 1, S, S] in [0, 1].
    """
    films = pixels.to(torch.float32)[:, None] / 255.0
    mirrored = torch.tensor([change.mirrored for change in changes])
    if mirrored.any():
        films = torch.where(mirrored[:, None, None, None], films.flip(-1), films)
    # grid_sample asks where each pixel of the result comes from, so the inverse of scale * rotation + shift is
    # needed, in coordinates that run from -1 to 1 over the film (a shift by a fraction f is a shift by 2 f).
    angle = torch.tensor([change.angle for change in changes], dtype=torch.float64).deg2rad()
    scale = torch.tensor([change.scale for change in changes], dtype=torch.float64)
    shift = 2 * torch.tensor([[change.right, change.down] for change in changes], dtype=torch.float64)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    rotation = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    offset = -(rotation @ shift[:, :, None])
    theta = torch.cat([rotation, offset], -1).to(torch.float32)
    grid = F.affine_grid(theta, list(films.shape), align_corners=False)
    films = F.grid_sample(films, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    brightness = torch.tensor([change.brightness for change in changes])[:, None, None, None]
    contrast = torch.tensor([change.contrast for change in changes])[:, None, None, None]
    films = films * brightness
    mean = films.mean((1, 2, 3), keepdim=True)
    return ((films - mean) * contrast + mean).clamp(0.0, 1.0)
