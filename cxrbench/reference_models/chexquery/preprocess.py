"""Films to model input: one antialiased resize to a square, then values from -1 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cxrbench.core.errors import DataError

IDENTITY = "grey-uint8|square-bilinear-antialias-pillow|mean:0.5|std:0.5"
"""Names everything below; stored in checkpoints, because weights are only good with the same preprocessing."""


def resize(pixels: NDArray[Any], size: int) -> NDArray[np.uint8]:
    """A film as uint8 [size, size]; the aspect ratio is not kept, as documented.

    Args:
        pixels: Grey values, uint8 [H, W].

    Raises:
        DataError: Another type or number of dimensions, or an empty film.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 2 or 0 in pixels.shape:
        raise DataError(f"a film of type {pixels.dtype} and shape {pixels.shape}", valid="uint8 [height, width]")
    if pixels.shape == (size, size):
        return np.ascontiguousarray(pixels)
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels)).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.uint8)


def normalise(batch: NDArray[np.uint8] | Tensor) -> Tensor:
    """Resized films uint8 [B, S, S] -> float32 [B, 1, S, S] with mean and standard deviation 0.5."""
    tensor = torch.from_numpy(batch) if isinstance(batch, np.ndarray) else batch
    return tensor.unsqueeze(1).float().div_(127.5).sub_(1.0)


def prepare(films: Sequence[NDArray[Any]], size: int) -> Tensor:
    """Films of any sizes -> one batch float32 [B, 1, size, size]."""
    if not films:
        return torch.empty(0, 1, size, size)
    return normalise(np.stack([resize(film, size) for film in films]))
