"""Writing a phantom of SLAKE: three JSON files, and a folder per image with film, boxes, mask and questions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from cxrbench.core.types import Box
from cxrbench.datasets.phantom.blocks import cores, run_blocks
from cxrbench.datasets.phantom.info import PhantomInfo
from cxrbench.datasets.phantom.new_folder import new_folder
from cxrbench.datasets.phantom.slake.questions import ask
from cxrbench.datasets.phantom.slake.terms import DISEASES, LANGUAGES, disease_of
from cxrbench.datasets.phantom.transfer.folder import SIZE, check_images, describe, save_picture, truth_of
from cxrbench.datasets.phantom.transfer.pictures import Picture, draw_chest, draw_section

SLAKE: Final = "slake"
GENERATOR_VERSION: Final = "1"
"""Changes whenever the same seed would give other pictures or questions."""
DEFAULT_IMAGES: Final = 300
FILES: Final = {"train": 0.70, "validate": 0.15, "test": 0.15}
"""File name without `.json` -> share of the images; each language is split apart, as in the original."""
_STREAM: Final = 7002
_FIRST_ID: Final = 9001
_BLOCK: Final = 12
_MASKS: Final = ("Left Lung", "Right Lung", "Heart", "Liver", "Spleen", "Kidney", "Spinal Cord", "Stomach", "Brain")
_MASK_OF: Final = {
    "left lung": 1,
    "right lung": 2,
    "heart": 3,
    "liver": 4,
    "spleen": 5,
    "left kidney": 6,
    "right kidney": 6,
    "spine": 7,
    "stomach": 8,
    "brain": 9,
}
_ORGAN_BOXES: Final = {"left lung": "Left Lung", "right lung": "Right Lung", "cardiac silhouette": "Heart"}


def write_slake_phantom(
    root: Path,
    *,
    studies: int = DEFAULT_IMAGES,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PhantomInfo:
    """Write a phantom of SLAKE in English and Chinese. The knowledge graph (`KG/`) is left out.

    Args:
        root: Folder to write, the equivalent of `Slake1.0/`; it must not exist or be empty.
        studies: How many images.
        seed, workers, progress: As for the other phantoms.

    Raises:
        UsageError: A number is out of range.
        DataError: The folder is not empty or cannot be written.
    """
    check_images(studies)
    with new_folder(root, seed, workers, SIZE):
        arguments = {"root": str(root), "seed": seed, "images": studies}
        made: dict[int, dict[str, Any]] = {}
        for block, done in run_blocks(f"{__name__}:draw_block", arguments, -(-studies // _BLOCK), workers or cores()):
            made[block] = done
            if progress is not None:
                progress(sum(len(one["truth"]) for one in made.values()), studies)
        rows = [row for block in sorted(made) for row in made[block]["rows"]]
        truth = [record for block in sorted(made) for record in made[block]["truth"]]
        places = {language: _split(studies, seed, number) for number, language in enumerate(LANGUAGES)}
        files: dict[str, list[dict[str, Any]]] = {name: [] for name in FILES}
        for row in rows:
            files[places[row["q_lang"]][row["img_id"] - _FIRST_ID]].append(row)
        by_image = {record["img_id"]: record for record in truth}
        qid = 0
        for name, listed in files.items():
            for row in listed:
                row["qid"], qid = qid, qid + 1
                by_image[row["img_id"]]["questions"][str(row["qid"])] = row.pop("about")
            text = json.dumps(listed, indent=1, ensure_ascii=False)
            (root / f"{name}.json").write_text(text, encoding="utf-8")
        for number in by_image:
            own = [row for row in rows if row["img_id"] == number]
            text = json.dumps(own, indent=1, ensure_ascii=False)
            (root / f"imgs/xmlab{number}/question.json").write_text(text, encoding="utf-8")
        masks = "".join(f"{number}:{name}\n" for number, name in enumerate(_MASKS, 1))
        (root / "mask.txt").write_text(masks, encoding="utf-8")
        split = {f"xmlab{_FIRST_ID + number}": places["en"][number] for number in range(studies)}
        return describe(root, SLAKE, GENERATOR_VERSION, studies, seed, split, truth)


def _split(images: int, seed: int, language: int) -> dict[int, str]:
    """Place of an image -> file, for one language."""
    order = np.random.default_rng([_STREAM, seed, 1, language]).permutation(images).tolist()
    first, second = round(images * FILES["train"]), round(images * (FILES["train"] + FILES["validate"]))
    return {
        image: "train" if rank < first else "validate" if rank < second else "test"
        for rank, image in enumerate(order)
    }


def draw_block(block: int, root: str, seed: int, images: int) -> dict[str, Any]:
    """Draw the pictures of a block and write their folders, without the questions."""
    rows: list[dict[str, Any]] = []
    truth = []
    for number in range(block * _BLOCK, min((block + 1) * _BLOCK, images)):
        rng = np.random.default_rng([_STREAM, seed, 0, number])
        draw = rng.random()
        picture = draw_chest(rng) if draw < 0.6 else draw_section(rng, "abdomen" if draw < 0.82 else "head")
        id = _FIRST_ID + number
        folder = Path(root) / f"imgs/xmlab{id}"
        digest = save_picture(picture, folder / "source.jpg")
        _save_mask(picture, folder / "mask.png")
        (folder / "detection.json").write_text(json.dumps(_detections(picture)), encoding="utf-8")
        truth.append({**truth_of(picture, digest), "img_id": id, "questions": {}})
        rows += _rows(rng, picture, id)
    return {"rows": rows, "truth": truth}


def _rows(rng: np.random.Generator, picture: Picture, id: int) -> list[dict[str, Any]]:
    brain = "Brain" if picture.modality == "MRI" else "Brain_Tissue"
    location = {"chest": "Lung", "abdomen": "Abdomen", "head": brain}[picture.kind]
    return [
        {
            "img_id": id,
            "img_name": f"xmlab{id}/source.jpg",
            "question": item.question[number],
            "answer": item.answer[number],
            "q_lang": language,
            "location": location,
            "modality": picture.modality,
            "answer_type": "CLOSED" if item.closed else "OPEN",
            "base_type": "kvqa" if item.content == "KG" else "vqa",
            "triple": list(item.triple),
            "qid": 0,
            "content_type": item.content,
            "about": item.about,
        }
        for item in ask(rng, picture)
        for number, language in enumerate(LANGUAGES)
    ]


def _detections(picture: Picture) -> list[dict[str, list[float]]]:
    """One-key objects with [x, y, width, height]; a name occurs as often as it has boxes."""
    found = [
        {name: _sized(box)}
        for region, name in _ORGAN_BOXES.items()
        if picture.kind == "chest"
        for box in picture.regions.get(region, ())
    ]
    for finding, boxes in zip(picture.findings, picture.boxes):
        if name := disease_of(finding):
            found += [{DISEASES[name][0]: _sized(box)} for box in boxes]
    if picture.kind != "chest":
        found += [{name.title(): _sized(box)} for name, boxes in picture.regions.items() for box in boxes]
    if picture.lesion is not None:
        found.append({picture.lesion.name.title(): _sized(picture.lesion.box)})
    return found


def _sized(box: Box) -> list[float]:
    return [round(value, 1) for value in (box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1)]


def _save_mask(picture: Picture, path: Path) -> None:
    from PIL import Image

    numbers = np.asarray([0, *(_MASK_OF.get(name, 0) for name in picture.organs)], np.uint8)
    Image.fromarray(numbers[picture.mask]).save(path)
