"""What the writers of VQA-RAD and SLAKE share: pictures on disk, their truth, and the description of the folder."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import UsageError
from cxrbench.core.types import Box
from cxrbench.datasets.phantom.info import INFO, TRUTH, PhantomInfo, files_fingerprint
from cxrbench.datasets.phantom.transfer.pictures import Picture

FEWEST, MOST = 10, 9000
SIZE: Final = "about 40 kB an image"
_JPEG_QUALITY: Final = 80


def check_images(images: int) -> None:
    """Raises:
    UsageError: So many cannot be written.
    """
    if not FEWEST <= images <= MOST:
        raise UsageError(f"a phantom of {images} images cannot be written", valid=f"{FEWEST} to {MOST} images")


def save_picture(picture: Picture, path: Path) -> str:
    """Write a picture as JPEG; returns the SHA-256 of its pixels."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture.pixels).save(path, quality=_JPEG_QUALITY)
    return hashlib.sha256(picture.pixels.tobytes()).hexdigest()


def truth_of(picture: Picture, pixels: str) -> dict[str, Any]:
    """What a picture shows; boxes [x1, y1, x2, y2] in its pixels."""
    conditions = picture.plan.conditions if picture.kind == "chest" else frozenset()
    return {
        "kind": picture.kind,
        "modality": picture.modality,
        "view": picture.view,
        "size": list(picture.pixels.shape),
        "pixels": pixels,
        "labels": {name: int(name in conditions) for name in CONDITIONS} if picture.kind == "chest" else {},
        "findings": [
            {**asdict(finding), "grade": finding.grade, "boxes": [_corners(box) for box in boxes]}
            for finding, boxes in zip(picture.findings, picture.boxes)
        ],
        "lesion": None
        if picture.lesion is None
        else {
            "name": picture.lesion.name,
            "organ": picture.lesion.organ,
            "side": picture.lesion.side,
            "box": _corners(picture.lesion.box),
        },
    }


def describe(
    root: Path,
    dataset: str,
    version: str,
    images: int,
    seed: int,
    split: Mapping[str, str],
    truth: Sequence[dict[str, Any]],
) -> PhantomInfo:
    """Write `truth.jsonl` and `phantom.json`."""
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in truth)
    (root / TRUTH).write_text(text, encoding="utf-8")
    digest = hashlib.sha256(text.encode())
    for table in sorted(root.glob("*.json")):
        digest.update(table.read_bytes())
    chests = [record for record in truth if record["kind"] == "chest"]
    count = Counter(name for record in chests for name, value in record["labels"].items() if value)
    info = PhantomInfo(
        version=version,
        studies=images,
        seed=seed,
        fingerprint=digest.hexdigest(),
        files=files_fingerprint(root),
        split=dict(split),
        prevalence={name: round(count[name] / max(len(chests), 1), 4) for name in CONDITIONS},
        parameters={"chest_films": len(chests), "other_images": len(truth) - len(chests)},
        dataset=dataset,
    )
    (root / INFO).write_text(json.dumps(info.to_json(), indent=1) + "\n", encoding="utf-8")
    return info


def _corners(box: Box) -> list[float]:
    return [round(value, 1) for value in (box.x1, box.y1, box.x2, box.y2)]
