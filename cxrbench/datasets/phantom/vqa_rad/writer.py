"""Writing a phantom of VQA-RAD: one JSON list and a folder of JPEG files, with the quirks of the public file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from cxrbench.datasets.phantom.blocks import cores, run_blocks
from cxrbench.datasets.phantom.info import PhantomInfo
from cxrbench.datasets.phantom.new_folder import new_folder
from cxrbench.datasets.phantom.transfer.asking import Ask
from cxrbench.datasets.phantom.transfer.folder import SIZE, check_images, describe, save_picture, truth_of
from cxrbench.datasets.phantom.transfer.pictures import Kind, Picture, draw_chest, draw_section
from cxrbench.datasets.phantom.vqa_rad.questions import DULL, ask

VQA_RAD: Final = "vqa-rad"
GENERATOR_VERSION: Final = "1"
"""Changes whenever the same seed would give other pictures or questions."""
DEFAULT_IMAGES: Final = 240
JSON_FILE: Final = "VQA_RAD Dataset Public.json"
IMAGE_FOLDER: Final = "VQA_RAD Image Folder"
_STREAM: Final = 7001
_FIRST_NAME: Final = 90001
_BLOCK: Final = 12
_ORGANS: Final[dict[Kind, str]] = {"chest": "CHEST", "abdomen": "ABD", "head": "HEAD"}
_A_PICTURE: Final = 8
"""Groups of questions per picture at most; a group is a question and its rewording."""
_DULL_WEIGHT: Final = 0.15
_PARA_SHARE, _TEST_SHARE = 0.45, 0.2


def write_vqa_rad_phantom(
    root: Path,
    *,
    studies: int = DEFAULT_IMAGES,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PhantomInfo:
    """Write a phantom of VQA-RAD.

    Train and test share images, as in the original: the split is by question.

    Args:
        root: Folder to write; it must not exist or be empty.
        studies: How many images are asked about; one more is in the folder and in no row.
        seed, workers, progress: As for the other phantoms.

    Raises:
        UsageError: A number is out of range.
        DataError: The folder is not empty or cannot be written.
    """
    check_images(studies)
    with new_folder(root, seed, workers, SIZE):
        (root / IMAGE_FOLDER).mkdir()
        arguments = {"root": str(root), "seed": seed, "images": studies + 1}
        made: dict[int, dict[str, Any]] = {}
        function = f"{__name__}:draw_block"
        for block, done in run_blocks(function, arguments, -(-(studies + 1) // _BLOCK), workers or cores()):
            made[block] = done
            if progress is not None:
                progress(min(sum(len(one["truth"]) for one in made.values()), studies), studies)
        rows = [row for block in sorted(made) for row in made[block]["rows"]]
        truth = [record for block in sorted(made) for record in made[block]["truth"]]
        _number(rows)
        _add_quirks(rows)
        asked = {row["qid"]: row.pop("about") for row in rows}
        (root / JSON_FILE).write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8")
        by_image = {record["image"]: record for record in truth}
        for row in rows:
            by_image[row["image_name"]]["questions"][str(row["qid"])] = asked[row["qid"]]
        split = {str(row["qid"]): "test" if row["phrase_type"].startswith("test") else "train" for row in rows}
        return describe(root, VQA_RAD, GENERATOR_VERSION, studies, seed, split, truth)


def draw_block(block: int, root: str, seed: int, images: int) -> dict[str, Any]:
    """Draw the pictures of a block; the last picture of all is asked nothing."""
    rows: list[dict[str, Any]] = []
    truth = []
    for number in range(block * _BLOCK, min((block + 1) * _BLOCK, images)):
        rng = np.random.default_rng([_STREAM, seed, number])
        picture = _draw(rng)
        name = f"synpic{_FIRST_NAME + number}.jpg"
        digest = save_picture(picture, Path(root) / IMAGE_FOLDER / name)
        truth.append({**truth_of(picture, digest), "image": name, "questions": {}})
        if number < images - 1:
            rows += _rows(rng, picture, name, number)
    return {"rows": rows, "truth": truth}


def _draw(rng: np.random.Generator) -> Picture:
    draw = rng.random()
    if draw < 0.62:
        return draw_chest(rng)
    return draw_section(rng, "abdomen" if draw < 0.82 else "head")


def _rows(rng: np.random.Generator, picture: Picture, name: str, number: int) -> list[dict[str, Any]]:
    asks = ask(rng, picture)
    weights = np.asarray([_DULL_WEIGHT if one.about["asks"] in DULL else 1.0 for one in asks])
    count = min(_A_PICTURE, len(asks))
    chosen = sorted(rng.choice(len(asks), count, replace=False, p=weights / weights.sum()).tolist())
    rows = []
    for place in chosen:
        one = asks[place]
        test = "test_" if rng.random() < _TEST_SHARE else ""
        paired = len(one.texts) > 1 and rng.random() < _PARA_SHARE
        digits = hashlib.blake2b(f"{name}/{place}".encode(), digest_size=16).hexdigest()
        linked = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        kinds = ["freeform", "para"] if paired else ["freeform"]
        for version, kind in enumerate(kinds):
            rows.append(_row(rng, one, version, f"{test}{kind}", paired, name, linked, _ORGANS[picture.kind], number))
    return rows


def _row(
    rng: np.random.Generator,
    one: Ask,
    version: int,
    phrase_type: str,
    paired: bool,
    name: str,
    linked: str,
    organ: str,
    number: int,
) -> dict[str, Any]:
    evaluated = "evaluated" if paired else "given" if rng.random() < 0.3 else "not evaluated"
    return {
        "qid": 0,
        "phrase_type": phrase_type,
        "qid_linked_id": linked,
        "image_case_url": f"https://example.invalid/case?id={number}",
        "image_name": name,
        "image_organ": organ,
        "evaluation": evaluated,
        "question": one.texts[version],
        "question_rephrase": one.texts[1 - version] if paired else "NULL",
        "question_relation": "strict agreement" if paired else "NULL",
        "question_frame": one.texts[0] if paired else "NULL",
        "question_type": one.type,
        "answer": one.answer,
        "answer_type": "CLOSED" if one.closed else "OPEN",
        "about": one.about,
    }


def _number(rows: list[dict[str, Any]]) -> None:
    """Question ids from 0 with gaps."""
    for number, row in enumerate(rows):
        row["qid"] = number + number // 40


def _add_quirks(rows: list[dict[str, Any]]) -> None:
    """What the public file has: a text id, blanks behind words, absent keys, repeated questions."""
    rows[0]["qid"] = "0"
    closed = [row for row in rows if row["answer_type"] == "CLOSED"]
    for row in closed[3:5]:
        row["answer_type"] = "CLOSED "
    texts = [row for row in rows if isinstance(row["answer"], str)]
    for number, row in enumerate(texts[5::97]):
        row["answer"] += ("\t", " ", "\t\t")[number % 3]
    for row in [row for row in rows if row["question_type"] == "POS"][2::12]:
        row["question_type"] = "POS, PRES"
    # At most five answers are JSON numbers; the other counts are words.
    counts = [row for row in rows if not isinstance(row["answer"], str)]
    for row in counts[5:]:
        row["answer"] = str(row["answer"])
    for row in rows[7:9]:
        if row["question_rephrase"] == "NULL":
            del row["question_rephrase"]
    for row in rows[11:15]:
        twin = {**row, "qid": rows[-1]["qid"] + 1, "phrase_type": row["phrase_type"]}
        rows.append(twin)
