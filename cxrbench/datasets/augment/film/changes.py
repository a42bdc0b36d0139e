"""Which small changes a film may undergo, and one drawn at random.

After the CheXQuery document: rotation by up to 5 degrees, shift by up to 3 %, scale .97 to 1.03, brightness and
contrast by up to 5 %. After the SSG-VQA document (`SSG_VQA`): rotation by up to 5 degrees, brightness and contrast by
up to 10 %. Rotation, shift and scale are one affine transform, so that a film is resampled once. A vertical flip is
not offered. A horizontal flip is off by default: it puts the heart on the wrong side, which swapping the words does
not make right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from cxrbench.core.errors import UsageError


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


NO_AUGMENTATION: Final = AugmentSettings(degrees=0, translate=0, scale=(1, 1), brightness=0, contrast=0)
SSG_VQA: Final = AugmentSettings(translate=0, scale=(1, 1), brightness=0.10, contrast=0.10)


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
