"""Minimal VQA-RAD and SLAKE folders, written independently of the readers and of the phantom."""

import json
from pathlib import Path

import numpy as np
from PIL import Image


def rad_row(qid, image="synpic1.jpg", question="Is there an effusion?", answer="Yes", **more):
    """A row of the public file; every field can be overridden, None leaves a field out."""
    row = {
        "qid": qid,
        "phrase_type": "test_freeform",
        "qid_linked_id": f"link-{qid}",
        "image_case_url": "https://example.invalid/case",
        "image_name": image,
        "image_organ": "CHEST",
        "evaluation": "evaluated",
        "question": question,
        "question_rephrase": "NULL",
        "question_relation": "NULL",
        "question_frame": "NULL",
        "question_type": "PRES",
        "answer": answer,
        "answer_type": "CLOSED",
        **more,
    }
    return {key: value for key, value in row.items() if value is not None}


def write_rad(root: Path, rows, *, images=True, folder="VQA_RAD Image Folder", suffix=None) -> Path:
    """The public form; an image per listed name, different for each."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "VQA_RAD Dataset Public.json").write_text(json.dumps(rows), encoding="utf-8")
    if images:
        names = sorted({row["image_name"] for row in rows if "image_name" in row})
        write_images(root / folder, [name if suffix is None else Path(name).stem + suffix for name in names])
    return root


def write_images(folder: Path, names) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        pixels = np.random.default_rng(number).integers(0, 255, (40, 48), np.uint8)
        Image.fromarray(pixels).save(folder / name)


def slake_row(qid, image=1, question="Is there an effusion?", answer="Yes", **more):
    """A row of a SLAKE file; every field can be overridden, None leaves a field out."""
    row = {
        "img_id": image,
        "img_name": f"xmlab{image}/source.jpg",
        "question": question,
        "answer": answer,
        "q_lang": "en",
        "location": "Lung",
        "modality": "X-Ray",
        "answer_type": "CLOSED",
        "base_type": "vqa",
        "triple": ["vhead", "_", "_"],
        "qid": qid,
        "content_type": "Abnormality",
        **more,
    }
    return {key: value for key, value in row.items() if value is not None}


def write_slake(root: Path, test, train=(), val=(), *, images=True, boxes=None, val_name="validate.json") -> Path:
    """`Slake1.0/`; `boxes` maps img_id to the content of its detection.json."""
    folder = root / "Slake1.0"
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train.json", train), (val_name, val), ("test.json", test)):
        if rows is not None:
            (folder / name).write_text(json.dumps(list(rows)), encoding="utf-8")
    if images:
        for row in [*(train or ()), *(val or ()), *test]:
            write_images(folder / "imgs" / row["img_name"].split("/")[0], ["source.jpg"])
    for image, content in (boxes or {}).items():
        place = folder / "imgs" / f"xmlab{image}"
        place.mkdir(parents=True, exist_ok=True)
        (place / "detection.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return root
