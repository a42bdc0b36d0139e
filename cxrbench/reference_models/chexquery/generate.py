"""Reports and attention pictures for image files, in batches; a file that cannot be read is reported, not fatal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.datasets.images import SUFFIXES, load_image
from cxrbench.reference_models.chexquery.predictor import Predictor

Record = dict[str, Any]


def generate_reports(
    sources: Sequence[Path],
    checkpoint: str | None = None,
    *,
    device: str | None = None,
    batch_size: int = 16,
    decoding: Mapping[str, Any] | None = None,
) -> Iterator[Record]:
    """One record per image file: {"image", "text", "label_probabilities"} or {"image", "error"}.

    Args:
        sources: Files, or folders whose image files are taken in name order.
        checkpoint: A folder or hub id; None for the bundled one.

    Raises:
        DataError: A source does not exist, or a folder holds no image.
        WeightsError: The checkpoint cannot be loaded.
    """
    files = image_files(sources)
    predictor = Predictor.load(checkpoint, device)
    for start in range(0, len(files), batch_size):
        batch = [(path, *_read(path)) for path in files[start : start + batch_size]]
        readable = [pixels for _, pixels, _ in batch if pixels is not None]
        reports = iter(predictor.predict(readable, **(decoding or {})))
        for path, pixels, error in batch:
            if pixels is None:
                yield {"image": str(path), "error": error}
                continue
            report = next(reports)
            yield {"image": str(path), "text": report.text, "label_probabilities": report.label_probabilities}


def draw_attention(
    sources: Sequence[Path], checkpoint: str | None, out: Path, *, device: str | None = None
) -> Iterator[Record]:
    """One PNG per image file with the attention of every query: {"image", "picture"} or {"image", "error"}.

    Raises:
        DataError: A source does not exist, or a folder holds no image.
        WeightsError: The checkpoint cannot be loaded.
    """
    from cxrbench.reference_models.chexquery.attention_overlay import draw_overlay

    files = image_files(sources)
    predictor = Predictor.load(checkpoint, device)
    out.mkdir(parents=True, exist_ok=True)
    for path in files:
        pixels, error = _read(path)
        if pixels is None:
            yield {"image": str(path), "error": error}
            continue
        report = predictor.predict([pixels], return_attention=True)[0]
        picture = out / f"{path.stem}.attention.png"
        draw_overlay(pixels, report, picture, title=path.name)
        yield {"image": str(path), "picture": str(picture)}


def image_files(sources: Sequence[Path]) -> list[Path]:
    """The files that `sources` name.

    Raises:
        DataError: A source does not exist, or a folder holds no image.
    """
    files: list[Path] = []
    for source in sources:
        if source.is_dir():
            found = sorted(path for path in source.iterdir() if path.suffix.lower() in SUFFIXES)
            if not found:
                raise DataError(f"no image in folder {source}", valid=", ".join(SUFFIXES))
            files += found
        elif source.exists():
            files.append(source)
        else:
            raise DataError(f"no such file or folder: {source}", hint="check --images")
    return files


def _read(path: Path) -> tuple[NDArray[np.uint8] | None, str]:
    try:
        return load_image(path), ""
    except DataError as error:
        return None, error.message
