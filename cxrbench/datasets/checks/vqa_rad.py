"""Checking a copy of VQA-RAD."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from cxrbench.datasets.checks.report import Count, DataCheck, found
from cxrbench.datasets.vqa_rad import CHEST, VqaRad, VqaRadQuestion, read_vqa_rad

_PUBLIC: Final = {
    "questions": 2248,
    "training questions": 1797,
    "test questions": 451,
    "test questions, closed": 272,
    "test questions, open": 179,
    "chest questions": 794,
    "chest test questions": 174,
    "chest test questions, closed": 116,
    "chest test questions, open": 58,
    "images with questions": 314,
    "images with test questions": 203,
    "images with chest test questions": 73,
    "image files": 315,
}
"""Counted on the public files; the readme's word for the test split is another than the data's."""
_MEVF: Final = {
    "questions": 3515,
    "training questions": 3064,
    "test questions": 451,
    "test questions, closed": 272,
    "test questions, open": 179,
}


def check_vqa_rad(root: Path) -> DataCheck:
    """Compare a copy of VQA-RAD, or a phantom of it, with the documented counts.

    Raises:
        DataError: The data cannot be read at all.
    """
    data = read_vqa_rad(root)
    documented = {} if data.phantom else _PUBLIC if data.variant == "public" else _MEVF
    counts = _counts(data)
    test, training = (_images(item for item in data.questions if item.test is part) for part in (True, False))
    return DataCheck(
        dataset="vqa-rad",
        root=str(data.root),
        is_phantom=data.phantom,
        fingerprint=data.fingerprint,
        counts=tuple(Count(what, number, documented.get(what)) for what, number in counts.items()),
        findings=(
            *found("images that questions name and the folder lacks", data.missing_images),
            *found("questions whose phrase_type names no split", data.unknown_phrase_types),
            *found("questions without an answer", _ids(data, lambda item: item.answer is None), serious=False),
            *found("questions neither open nor closed", _ids(data, lambda item: item.closed is None), serious=False),
            *found("image files that no question names", data.unused_images, serious=False),
        ),
        notes=(
            f"form: {data.variant}",
            f"{len(test & training)} of the {len(test)} test images also occur in training questions: the split is "
            "by question, so a model trained on the training questions has seen them",
        ),
    )


def _counts(data: VqaRad) -> dict[str, int]:
    test = [item for item in data.questions if item.test]
    chest = [item for item in test if item.organ == CHEST]
    return {
        "questions": len(data.questions),
        "training questions": sum(item.test is False for item in data.questions),
        "test questions": len(test),
        "test questions, closed": sum(item.closed is True for item in test),
        "test questions, open": sum(item.closed is False for item in test),
        "chest questions": sum(item.organ == CHEST for item in data.questions),
        "chest test questions": len(chest),
        "chest test questions, closed": sum(item.closed is True for item in chest),
        "chest test questions, open": sum(item.closed is False for item in chest),
        "images with questions": len(_images(data.questions)),
        "images with test questions": len(_images(test)),
        "images with chest test questions": len(_images(chest)),
        "image files": len(_images(data.questions)) - len(data.missing_images) + len(data.unused_images),
    }


def _images(questions: Iterable[VqaRadQuestion]) -> set[str]:
    return {item.image_name for item in questions}


def _ids(data: VqaRad, odd: Callable[[VqaRadQuestion], bool]) -> list[str]:
    return [item.id for item in data.questions if odd(item)]
