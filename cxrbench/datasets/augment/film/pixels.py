"""A change applied to the pixels of one film on the CPU, and noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxrbench.datasets.augment.film.changes import Change

Film = NDArray[np.float32]
"""Grey values in [0, 1], [height, width]."""


def change_film(film: Film, change: Change) -> Film:
    """Mirror, turn, scale and shift about the film's centre (bilinear, black outside the film), then expose.

    On square films this is what `chexquery.augment.apply_changes` does to a batch, up to rounding.
    """
    from scipy.ndimage import affine_transform

    film = film[:, ::-1] if change.mirrored else film
    if change[:4] != (0.0, 0.0, 0.0, 1.0):
        # affine_transform asks where each pixel of the result comes from: the inverse of the change, (row, column).
        angle = np.deg2rad(change.angle)
        cos, sin = np.cos(angle) / change.scale, np.sin(angle) / change.scale
        inverse = np.array([[cos, sin], [-sin, cos]])
        centre = (np.array(film.shape) - 1) / 2
        shift = np.array([change.down * film.shape[0], change.right * film.shape[1]])
        film = affine_transform(
            film, inverse, centre - inverse @ (centre + shift), order=1, mode="grid-constant", output=np.float32
        )
    film = film * np.float32(change.brightness)
    mean = film.mean(dtype=np.float64).astype(np.float32)
    result: Film = np.clip((film - mean) * np.float32(change.contrast) + mean, 0.0, 1.0)
    return result


def add_noise(film: Film, random: np.random.Generator, sigma: float = 0.01) -> Film:
    """Gaussian noise of standard deviation `sigma`, cut to [0, 1]."""
    noise = random.standard_normal(film.shape, dtype=np.float32)
    result: Film = np.clip(film + np.float32(sigma) * noise, 0.0, 1.0)
    return result
