"""What stands at the nearest training image: the floor for any model that claims to look at the image."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cxrbench.adapters.base import AdapterContext
from cxrbench.adapters.baseline.answers import answers_fingerprint, repeated, training_answers
from cxrbench.adapters.baseline.texts import report_text, texts_fingerprint, training_reports
from cxrbench.adapters.baseline.wordings import Wordings
from cxrbench.core import jsonio
from cxrbench.core.errors import DataError
from cxrbench.core.types import Example, ModelInfo, Prediction, Request
from cxrbench.datasets.images import load_image

THUMBNAIL = 32


class NearestImage:
    """Training images as standardised 32 x 32 thumbnails; the nearest one by cosine similarity."""

    def __init__(self, examples: Sequence[Example], task: str) -> None:
        paths = list(dict.fromkeys(item.request.images[0].path for item in examples if item.request.images))
        with ThreadPoolExecutor(4) as pool:
            found = list(zip(paths, pool.map(_training_vector, paths)))
        kept = [(path, vector) for path, vector in found if vector is not None]
        if not kept:
            raise DataError(
                f"baseline:retrieval found no readable image among the {len(paths)} of the training split",
                valid="a data root with the images of the training split",
                hint=f"cxrbench run --model baseline:blind --task {task} needs no image",
            )
        self.paths = [path for path, _ in kept]
        self.unreadable = len(paths) - len(kept)
        self._matrix = np.stack([vector for _, vector in kept])

    def nearest(self, pixels: NDArray[np.uint8]) -> Path:
        """The file of the nearest training image; among equals the first."""
        return self.paths[int(np.argmax(self._matrix @ thumbnail_vector(pixels)))]

    def describe(self, dataset: str, texts: str) -> ModelInfo:
        """The baseline's description.

        Args:
            texts: Fingerprint of what it can say.
        """
        notes = (f"{self.unreadable} training images could not be read",) if self.unreadable else ()
        return ModelInfo(
            "baseline-retrieval",
            "1",
            jsonio.digest([THUMBNAIL, texts]),
            trained_on=(dataset,),
            is_baseline=True,
            notes=notes,
        )


class RetrievedReport:
    """The report of the nearest training film (the first one of the request)."""

    def __init__(self, context: AdapterContext) -> None:
        examples = training_reports(context)
        self._dataset = context.dataset
        self._images = NearestImage(examples, context.task)
        readable = set(self._images.paths)
        self._examples: dict[Path, Example] = {}
        for item in examples:
            if item.request.images and item.request.images[0].path in readable:
                self._examples.setdefault(item.request.images[0].path, item)

    def describe(self) -> ModelInfo:
        return self._images.describe(self._dataset, texts_fingerprint(list(self._examples.values())))

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        made = []
        for request in requests:
            pixels = _pixels(request)
            if pixels is None:
                made.append(_no_image(request))
                continue
            reference = self._examples[self._images.nearest(pixels)].reference
            made.append(Prediction(request.id, text=report_text(reference.findings, reference.impression)))
        return made


class RetrievedAnswer:
    """The answer to the nearest question, by its words, on the nearest training image.

    Questions of the same type come first, so that a yes/no question gets yes or no where the image has such a one.
    Where the training rows hold the test images themselves (VQA-RAD), the nearest image is the same one.
    """

    def __init__(self, context: AdapterContext) -> None:
        self._examples = training_answers(context)
        self._dataset = context.dataset
        self._images = NearestImage(self._examples, context.task)
        self._index = Wordings([item.request.question or item.request.prompt for item in self._examples])
        self._rows: dict[Path, list[int]] = {}
        for row, item in enumerate(self._examples):
            if item.request.images:
                self._rows.setdefault(item.request.images[0].path, []).append(row)

    def describe(self) -> ModelInfo:
        return self._images.describe(self._dataset, answers_fingerprint(self._examples))

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        made = []
        for request in requests:
            pixels = _pixels(request)
            if pixels is None:
                made.append(_no_image(request))
                continue
            rows = self._rows[self._images.nearest(pixels)]
            same = [row for row in rows if self._examples[row].request.question_type == request.question_type]
            rows = same or rows
            nearest = self._index.nearest(request.question or request.prompt, np.array(rows, np.int64))
            chosen = self._examples[int(nearest[0]) if len(nearest) else rows[0]]
            made.append(Prediction(request.id, **repeated(chosen.reference)))
        return made


def thumbnail_vector(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A film as a vector of unit length: 32 x 32 thumbnail, mean subtracted. Shape: [1024]."""
    from PIL import Image

    small = Image.fromarray(pixels).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    vector = np.asarray(small, np.float32).reshape(-1)
    vector -= vector.mean()
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm > 0 else vector


def _pixels(request: Request) -> NDArray[np.uint8] | None:
    return request.images[0].pixels if request.images else None


def _no_image(request: Request) -> Prediction:
    return Prediction(request.id, status="error", error="no image to compare")


def _training_vector(path: Path) -> NDArray[np.float32] | None:
    try:
        return thumbnail_vector(load_image(path))
    except DataError:
        return None
