"""The report of the nearest training film: the floor for any model that claims to look at the image."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from cxrbench.adapters.base import AdapterContext
from cxrbench.adapters.baseline.texts import report_text, texts_fingerprint, training_reports
from cxrbench.core import jsonio
from cxrbench.core.errors import DataError
from cxrbench.core.types import Example, ModelInfo, Prediction, Request
from cxrbench.datasets.images import load_image

THUMBNAIL = 32


class RetrievalBaseline:
    """Nearest neighbour by cosine similarity of standardised 32 x 32 thumbnails of the first film."""

    def __init__(self, context: AdapterContext) -> None:
        self._dataset = context.dataset
        candidates = [item for item in training_reports(context) if item.request.images]
        with ThreadPoolExecutor(4) as pool:
            vectors = list(pool.map(_training_vector, candidates))
        kept = [(item, vector) for item, vector in zip(candidates, vectors) if vector is not None]
        if not kept:
            raise DataError(
                "baseline:retrieval found no readable training image", hint="cxrbench data check iu-report"
            )
        self._examples = [item for item, _ in kept]
        self._matrix = np.stack([vector for _, vector in kept])
        self._unreadable = len(candidates) - len(kept)

    def describe(self) -> ModelInfo:
        notes = (f"{self._unreadable} training films could not be read",) if self._unreadable else ()
        return ModelInfo(
            "baseline-retrieval",
            "1",
            jsonio.digest([THUMBNAIL, texts_fingerprint(self._examples)]),
            trained_on=(self._dataset,),
            is_baseline=True,
            notes=notes,
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        made = []
        for request in requests:
            if not request.images or request.images[0].pixels is None:
                made.append(Prediction(request.id, status="error", error="no image to compare"))
                continue
            nearest = int(np.argmax(self._matrix @ thumbnail_vector(request.images[0].pixels)))
            reference = self._examples[nearest].reference
            made.append(Prediction(request.id, text=report_text(reference.findings, reference.impression)))
        return made


def thumbnail_vector(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A film as a vector of unit length: 32 x 32 thumbnail, mean subtracted. Shape: [1024]."""
    from PIL import Image

    small = Image.fromarray(pixels).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    vector = np.asarray(small, np.float32).reshape(-1)
    vector -= vector.mean()
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm > 0 else vector


def _training_vector(example: Example) -> NDArray[np.float32] | None:
    try:
        return thumbnail_vector(load_image(example.request.images[0].path))
    except DataError:
        return None
