"""Checking a copy of SLAKE, the English questions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cxrbench.datasets.checks.report import Count, DataCheck, found
from cxrbench.datasets.slake import FILES, X_RAY, Slake, SlakeQuestion, read_slake

_DOCUMENTED: Final = {
    "questions": 7033,
    "training questions": 4919,
    "validation questions": 1053,
    "test questions": 1061,
    "test questions, closed": 416,
    "test questions, open": 645,
    "X-ray questions": 2122,
    "X-ray test questions": 361,
    "X-ray test questions, closed": 114,
    "X-ray test questions, open": 247,
    "images": 642,
    "training images": 450,
    "validation images": 96,
    "test images": 96,
    "X-ray images": 179,
    "X-ray test images": 30,
    "rows in other languages": 6995,
}
"""Counted on the public files of release 1.0."""
_SPLITS: Final = {"train": "training", "val": "validation", "test": "test"}


def check_slake(root: Path) -> DataCheck:
    """Compare a copy of SLAKE, or a phantom of it, with the documented counts.

    Raises:
        DataError: The data cannot be read at all.
    """
    data = read_slake(root)
    documented = {} if data.phantom else _DOCUMENTED
    test = _images(item for item in data.questions if item.split == "test")
    training = _images(item for item in data.questions if item.split == "train")
    unanswered = [item.id for item in data.questions if item.answer is None]
    neither = [item.id for item in data.questions if item.closed is None]
    return DataCheck(
        dataset="slake",
        root=str(data.root),
        is_phantom=data.phantom,
        fingerprint=data.fingerprint,
        counts=tuple(Count(what, number, documented.get(what)) for what, number in _counts(data).items()),
        findings=(
            *found("question files that are missing", (FILES[name][0] for name in FILES if name not in data.splits)),
            *found("images that questions name and the folder lacks", data.missing_images.values()),
            *found("test images that are training images too", sorted(test & training)),
            *found("questions without an answer", unanswered, serious=False),
            *found("questions neither open nor closed", neither, serious=False),
        ),
        notes=(
            "English questions; rows of other languages are left out before anything is split",
            f"{len(test & data.foreign_training_images)} of the {len(test)} test images occur in training rows of "
            "another language: never train on those",
        ),
    )


def _counts(data: Slake) -> dict[str, int]:
    x_ray = [item for item in data.questions if item.modality == X_RAY]
    counts = {"questions": len(data.questions)}
    for split, word in _SPLITS.items():
        counts[f"{word} questions"] = sum(item.split == split for item in data.questions)
    counts |= _open_and_closed("test questions", data.questions)
    counts["X-ray questions"] = len(x_ray)
    counts["X-ray test questions"] = sum(item.split == "test" for item in x_ray)
    counts |= _open_and_closed("X-ray test questions", x_ray)
    counts["images"] = len(_images(data.questions))
    for split, word in _SPLITS.items():
        counts[f"{word} images"] = len(_images(item for item in data.questions if item.split == split))
    counts["X-ray images"] = len(_images(x_ray))
    counts["X-ray test images"] = len(_images(item for item in x_ray if item.split == "test"))
    return counts | {"rows in other languages": data.other_languages}


def _open_and_closed(what: str, questions: Iterable[SlakeQuestion]) -> dict[str, int]:
    test = [item for item in questions if item.split == "test"]
    return {
        f"{what}, closed": sum(item.closed is True for item in test),
        f"{what}, open": sum(item.closed is False for item in test),
    }


def _images(questions: Iterable[SlakeQuestion]) -> set[str]:
    return {item.image_id for item in questions}
