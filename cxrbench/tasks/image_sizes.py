"""Sizes of the images of a task, read from their files when a metric asks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

from cxrbench.core.errors import DataError
from cxrbench.core.types import Reference
from cxrbench.datasets.images import load_image
from cxrbench.tasks.base import TaskData


def image_sizes(data: TaskData) -> Callable[[Reference], tuple[float, float] | None]:
    """Reference -> (width, height) of the first image of its request; None without a readable image."""

    @cache
    def paths() -> dict[str, Path]:
        return {item.id: item.request.images[0].path for item in data.examples if item.request.images}

    def size(reference: Reference) -> tuple[float, float] | None:
        path = paths().get(reference.id)
        return None if path is None else _size(path)

    return size


@cache
def _size(path: Path) -> tuple[float, float] | None:
    from PIL import Image

    with warnings.catch_warnings():
        # Only the header is read: no number of pixels can hurt.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as image:
                return float(image.width), float(image.height)
        except (OSError, Image.DecompressionBombError):
            return _decoded_size(path)


def _decoded_size(path: Path) -> tuple[float, float] | None:
    try:
        height, width = load_image(path).shape
    except DataError:
        return None
    return float(width), float(height)
