"""Augmentation that leaves a chest film a chest film: small affine changes, small changes of exposure.

After the CheXQuery document: rotation by up to 5 degrees, shift by up to 3 %, scale .97 to 1.03, brightness and
contrast by up to 5 %. Rotation, shift and scale are one affine transform, so that a film is resampled once.
A vertical flip is not offered. A horizontal flip is off by default: it puts the heart on the wrong side, which
swapping the words does not make right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cxrbench.core.errors import UsageError
from cxrbench.core.types import Box


@dataclass(frozen=True, slots=True)
class AugmentSettings:
    """Limits of the random changes.

    Attributes:
        degrees: Rotation either way.
        translate: Shift either way along each axis, as a fraction of the side.
        scale: Smallest and largest factor.
        brightness, contrast: Deviation of the factors from 1.
        hflip: Mirror half of the films left to right, with the sides in their reports.
    """

    degrees: float = 5.0
    translate: float = 0.03
    scale: tuple[float, float] = (0.97, 1.03)
    brightness: float = 0.05
    contrast: float = 0.05
    hflip: bool = False

    def __post_init__(self) -> None:
        if not (0 <= self.degrees < 45 and 0 <= self.translate < 0.5 and 0 < self.scale[0] <= self.scale[1]):
            raise UsageError(
                f"impossible augmentation {self}", valid="degrees in [0, 45), translate in [0, .5), positive scales"
            )


NO_AUGMENTATION = AugmentSettings(degrees=0, translate=0, scale=(1, 1), brightness=0, contrast=0)


class Change(NamedTuple):
    """The change of one film: angle in degrees, counter-clockwise as displayed; shift as fractions of the side,
    right and down; factors; whether it is mirrored (before everything else)."""

    angle: float = 0.0
    right: float = 0.0
    down: float = 0.0
    scale: float = 1.0
    brightness: float = 1.0
    contrast: float = 1.0
    mirrored: bool = False


def draw_change(settings: AugmentSettings, random: np.random.Generator) -> Change:
    """Draw a change; the same generator state gives the same change."""
    u = random.uniform(-1.0, 1.0, size=7)
    low, high = settings.scale
    return Change(
        angle=float(u[0]) * settings.degrees,
        right=float(u[1]) * settings.translate,
        down=float(u[2]) * settings.translate,
        scale=low + (high - low) * (float(u[3]) + 1) / 2,
        brightness=1 + float(u[4]) * settings.brightness,
        contrast=1 + float(u[5]) * settings.contrast,
        mirrored=settings.hflip and bool(u[6] > 0),
    )


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


_SIDE = re.compile(
    r"(?<![A-Za-z])(?:(left|right)(?=(?:wards?|most|sided)?(?![A-Za-z]))|([LR])(?=[UL]L(?![A-Za-z])))", re.IGNORECASE
)
_OTHER = {"left": "right", "right": "left", "l": "r", "r": "l"}


def swap_sides(text: str) -> str:
    """Exchange left and right in a report or a name: words, joined forms ("left-sided", "leftward", "left_lung")
    and the lobes LUL, RUL, LLL, RLL. Case is kept; applied twice it gives the text back."""

    def other(match: re.Match[str]) -> str:
        word = match.group(0)
        swapped = _OTHER[word.lower()]
        if word.isupper():
            return swapped.upper()
        return swapped.capitalize() if word[0].isupper() else swapped

    return _SIDE.sub(other, text)


def mirror_boxes(boxes: Sequence[Box], width: float) -> tuple[Box, ...]:
    """Boxes of a film of `width` pixels after a horizontal flip, their labels with sides exchanged."""
    return tuple(
        replace(
            box,
            x1=width - box.x2,
            x2=width - box.x1,
            label=None if box.label is None else swap_sides(box.label),
        )
        for box in boxes
    )
