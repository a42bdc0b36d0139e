"""Bands in which the SSG-VQA evaluation framework reads plausibility and entropy.

The framework ties its bands to clinical suitability; nothing measured here supports such a claim, so the bands carry
plain names.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxrbench.metrics.base import FloatArray

PLAUSIBILITY_BANDS = ("misaligned", "weak", "partial", "aligned")
PLAUSIBILITY_FROM = (0.35, 0.5, 0.65)
"""Where weak, partial and aligned begin; the bounds belong to the better band."""
ENTROPY_BANDS = ("focused", "medium", "diffuse")
ENTROPY_MEDIUM = (2.0, 4.0)
"""Medium from the one to the other, both included; nats, of a map with 16 x 16 cells."""


def plausibility_band(value: float) -> str:
    """The band of an attention-box IoU in [0, 1]."""
    return PLAUSIBILITY_BANDS[int(plausibility_bands(np.array([value]))[0])]


def entropy_band(value: float) -> str:
    """The band of the entropy (nats) of a map resampled to 16 x 16; of another size it means something else."""
    return ENTROPY_BANDS[int(entropy_bands(np.array([value]))[0])]


def plausibility_bands(values: FloatArray) -> NDArray[np.int64]:
    """Places in `PLAUSIBILITY_BANDS`."""
    return np.searchsorted(np.array(PLAUSIBILITY_FROM), values, side="right")


def entropy_bands(values: FloatArray) -> NDArray[np.int64]:
    """Places in `ENTROPY_BANDS`."""
    low, high = ENTROPY_MEDIUM
    return (values >= low).astype(np.int64) + (values > high)


def shares(bands: NDArray[np.int64], counted: NDArray[np.bool_], size: int) -> FloatArray:
    """One-hot rows, zero where not counted: [n] -> [n, size]."""
    return np.eye(size)[bands] * counted[:, None]
