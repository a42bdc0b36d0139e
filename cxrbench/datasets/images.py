"""Loading films as 8-bit grey: JPEG, 8- and 16-bit PNG, DICOM; and matching image files by stem."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

SUFFIXES = (".png", ".jpg", ".jpeg", ".dcm", ".dicom")
"""Accepted file name endings, in order of preference when one stem has several files."""

MAX_PIXELS = 120_000_000
"""Films beyond this are refused: a 12-bit detector has at most about 4,300 x 3,600 pixels."""

_WINDOW = (0.5, 99.5)
"""Percentiles that become black and white when a film has more than 8 bits and brings no window of its own."""


def find_images(folder: Path) -> dict[str, Path]:
    """Image files directly inside a folder by stem, the name without its last suffix.

    `1_IM-0001-4001.dcm.png` and `1_IM-0001-4001.dcm.jpg` share the stem `1_IM-0001-4001.dcm`; resized copies often
    change the suffix while the tables keep the original one. Of several files with one stem the first suffix in
    `SUFFIXES` wins. A folder that does not exist is empty.
    """
    found: dict[str, Path] = {}
    if not folder.is_dir():
        return found
    for path in sorted(folder.iterdir()):
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES or path.name.startswith("."):
            continue
        known = found.get(path.stem)
        if known is None or SUFFIXES.index(suffix) < SUFFIXES.index(known.suffix.lower()):
            found[path.stem] = path
    return found


def load_image(path: Path, *, max_side: int | None = None) -> NDArray[np.uint8]:
    """Read a film.

    Colour becomes grey by luma; transparency is laid over black. Films of more than 8 bits are windowed to the 0.5th
    and 99.5th percentile of their own values. DICOM files are rescaled to their modality values, windowed by their
    first VOI window or table if they carry one (else by percentile), and MONOCHROME1 is inverted, so that bone is
    always bright.

    Args:
        path: A JPEG, PNG or DICOM file, told apart by content and not by suffix.
        max_side: Reduce to at most this many pixels on the longer side, with antialiasing; never enlarges.

    Returns:
        uint8 [height, width], 0 black.

    Raises:
        DataError: Missing, empty, truncated, unreadable, without pixels, or larger than `MAX_PIXELS`.
    """
    if max_side is not None and max_side < 1:
        raise ValueError(f"max_side must be at least 1, got {max_side}")
    try:
        with path.open("rb") as stream:
            head = stream.read(132)
    except OSError as error:
        raise DataError(
            f"cannot read image {path.parent.name}/{path.name}: {error.strerror or error}",
            where=str(path),
            hint="check that --data-root holds the images of the data set",
        ) from error
    if not head:
        raise _broken(path, "the file is empty (0 bytes)")
    if head[128:132] == b"DICM" or path.suffix.lower() in {".dcm", ".dicom"}:
        pixels = _load_dicom(path)
        return pixels if max_side is None else _reduce(pixels, max_side)
    return _load_raster(path, max_side)


def _broken(path: Path, seen: str) -> DataError:
    return DataError(
        f"unreadable image: {seen}",
        where=str(path),
        valid="a complete JPEG, 8- or 16-bit PNG, or DICOM file",
        hint="copy or download the file again; `cxrbench data check` lists all such files",
    )


def _too_large(path: Path, width: int, height: int) -> DataError:
    return DataError(
        f"image of {width} x {height} = {width * height:,} pixels is refused",
        where=str(path),
        valid=f"at most {MAX_PIXELS:,} pixels",
        hint="check that this is a chest film; reduce it with an image editor if it is",
    )


def _load_raster(path: Path, max_side: int | None) -> NDArray[np.uint8]:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # The size is checked below, against our own limit and with a message that names it.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise _too_large(path, width, height)
                if max_side is not None and image.format == "JPEG":
                    # Decoding at 1/2, 1/4 or 1/8 is several times faster; twice the target is left to antialias.
                    image.draft("L", _fit(width, height, 2 * max_side))
                image.load()
                grey = _to_grey(image)
    except Image.DecompressionBombError as error:
        raise _broken(path, f"decompression bomb ({error})") from error
    except UnidentifiedImageError as error:
        raise _broken(path, "not a JPEG, PNG or DICOM file") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise _broken(path, str(error) or type(error).__name__) from error
    return grey if max_side is None else _reduce(grey, max_side)


def _to_grey(image: PillowImage) -> NDArray[np.uint8]:
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        return _window(np.asarray(image, dtype=np.float64))
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        base = Image.new("RGBA", layered.size, (0, 0, 0, 255))
        base.alpha_composite(layered)
        image = base
    return np.array(image.convert("L"), dtype=np.uint8)


def _window(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    low, high = (float(edge) for edge in np.percentile(values, _WINDOW))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    return _stretch(values, low, high)


def _stretch(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    span = high - low
    if span <= 0:
        return np.zeros(values.shape, dtype=np.uint8)
    return np.rint(np.clip((values - low) / span, 0.0, 1.0) * 255.0).astype(np.uint8)


def _fit(width: int, height: int, side: int) -> tuple[int, int]:
    share = min(1.0, side / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def _reduce(pixels: NDArray[np.uint8], max_side: int) -> NDArray[np.uint8]:
    from PIL import Image

    height, width = pixels.shape
    if max(height, width) <= max_side:
        return pixels
    size = _fit(width, height, max_side)
    # LANCZOS low-passes before it samples: fine lines fade instead of breaking up.
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS), dtype=np.uint8)


def _load_dicom(path: Path) -> NDArray[np.uint8]:
    import pydicom
    from pydicom.errors import InvalidDicomError
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    try:
        with warnings.catch_warnings():
            # Real films break the standard in harmless ways; what matters fails below.
            warnings.simplefilter("ignore")
            data = pydicom.dcmread(path)
            rows, columns = int(data.get("Rows", 0)), int(data.get("Columns", 0))
            if rows * columns > MAX_PIXELS:
                raise _too_large(path, columns, rows)
            if not rows or "PixelData" not in data:
                raise _broken(path, "the DICOM file holds no pixels")
            if int(data.get("NumberOfFrames", 1) or 1) > 1:
                raise _broken(path, f"a DICOM file of {data.NumberOfFrames} frames; a film has one")
            stored: NDArray[Any] = data.pixel_array
            if stored.ndim == 3:
                stored = stored[..., :3].astype(np.float64) @ np.array([0.299, 0.587, 0.114])
            values = apply_modality_lut(stored, data)
            if "WindowCenter" in data or "VOILUTSequence" in data:
                values = np.asarray(apply_voi_lut(values, data, index=0), dtype=np.float64)
                low, high = float(values.min()), float(values.max())
                grey = _stretch(values, low, high)
            else:
                grey = _window(np.asarray(values, dtype=np.float64))
            inverted = str(data.get("PhotometricInterpretation", "")).strip() == "MONOCHROME1"
    except DataError:
        raise
    except InvalidDicomError as error:
        raise _broken(path, "not a DICOM file, although its name says so") from error
    except Exception as error:
        # pydicom and its decoders raise whatever the damage happens to hit.
        raise _broken(path, f"DICOM: {error or type(error).__name__}") from error
    return (255 - grey) if inverted else grey
