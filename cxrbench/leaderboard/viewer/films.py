"""The films of an example: linked to where they lie on this machine, or small copies inside the page."""

from __future__ import annotations

import base64
import io
import os
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from cxrbench.core.errors import DataError
from cxrbench.core.types import Image
from cxrbench.datasets.images import load_image

Films = Literal["link", "embed", "none"]
_SHOWN_BY_BROWSERS = frozenset((".png", ".jpg", ".jpeg"))
_QUALITY = 72


@dataclass(frozen=True, slots=True)
class Film:
    """A film as the page shows it.

    Attributes:
        source: Relative address or data address; empty where it cannot be shown.
        width, height: Of the original in pixels, in which boxes are measured; 0 where unknown.
        reason: Why it cannot be shown.
    """

    view: str
    when: str
    source: str
    width: int
    height: int
    reason: str = ""


def show_film(image: Image, folder: Path, films: Films, side: int) -> Film:
    """One film.

    Args:
        folder: Where the page will lie; links are relative to it.
        side: Longer side of an embedded copy, in pixels.
    """
    if films == "embed":
        source, width, height, reason = _embedded(image.path, side)
    else:
        source, width, height, reason = _linked(image.path, folder)
    return Film(image.view, image.when, source, width, height, reason)


def _linked(path: Path, folder: Path) -> tuple[str, int, int, str]:
    width, height, deep, reason = _header(path)
    if reason:
        return "", width, height, reason
    if deep or path.suffix.lower() not in _SHOWN_BY_BROWSERS:
        return "", width, height, f"a browser does not show this film ({path.suffix or 'no suffix'}): embed the films"
    relative = os.path.relpath(path.resolve(), folder.resolve())
    return quote(Path(relative).as_posix(), errors="surrogateescape"), width, height, ""


@lru_cache(maxsize=64)
def _embedded(path: Path, side: int) -> tuple[str, int, int, str]:
    from PIL import Image as Pillow

    try:
        pixels = load_image(path)
    except (DataError, OSError) as error:
        return "", 0, 0, _cause(path, error)
    height, width = pixels.shape
    picture = Pillow.fromarray(pixels)
    picture.thumbnail((side, side))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}", width, height, ""


def _header(path: Path) -> tuple[int, int, bool, str]:
    """Width, height, whether it has more than 8 bits, and why it cannot be read."""
    from PIL import Image as Pillow

    with warnings.catch_warnings():
        # Only the header is read: no number of pixels can hurt.
        warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
        try:
            with Pillow.open(path) as image:
                return image.width, image.height, image.mode.startswith(("I", "F")), ""
        except (OSError, Pillow.DecompressionBombError) as error:
            if path.is_file() and path.suffix.lower() not in _SHOWN_BY_BROWSERS:
                return 0, 0, True, ""
            return 0, 0, False, _cause(path, error)


def _cause(path: Path, error: Exception) -> str:
    if not path.exists():
        return f"the film is missing: {path.name}"
    return f"the film cannot be read ({type(error).__name__}): {path.name}"
