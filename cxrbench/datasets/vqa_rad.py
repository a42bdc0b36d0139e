"""VQA-RAD: questions and answers on images of MedPix (Lau et al., Sci Data 2018;5:180251).

Two forms circulate: the public one, `VQA_RAD Dataset Public.json` beside `VQA_RAD Image Folder/`, and that of MEVF
(Nguyen et al., MICCAI 2019), `trainset.json` and `testset.json`, whose training file holds the rephrasings as
questions of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, Literal

from cxrbench.datasets.images import find_images
from cxrbench.datasets.layouts import find_parts
from cxrbench.datasets.phantom.info import find_phantom_info
from cxrbench.datasets.qa_rows import Row, closed, file_name, parse_rows, read_rows, refuse_repeated, required, text

Variant = Literal["public", "mevf"]
PUBLIC: Final = "VQA_RAD Dataset Public.json"
MEVF: Final = ("trainset.json", "testset.json")
IMAGES: Final = "VQA_RAD Image Folder"
CHEST: Final = "CHEST"
HEADS: Final = (
    "PRES",
    "POS",
    "ABN",
    "OTHER",
    "MODALITY",
    "SIZE",
    "PLANE",
    "ATTRIB",
    "ORGAN",
    "COLOR",
    "COUNT",
)
_MISSPELT: Final = {"PRSE": "PRES", "ATRIB": "ATTRIB"}
_IMAGE_FOLDERS: Final = (IMAGES, IMAGES.replace(" ", "_"), "images", "")
_FIELDS: Final = "each entry with qid, image_name, question, answer, answer_type, phrase_type"
_HINT: Final = "download the data set again (osf.io/89kps)"


@dataclass(frozen=True, slots=True)
class VqaRadQuestion:
    """One row.

    Attributes:
        id: The qid as text; in the MEVF form `QID.2`, `QID.3`, ... for further questions of one qid.
        image_name: As listed, for example `synpic54610.jpg`.
        image: The file, matched by stem; where it should be if it is missing.
        organ: "CHEST", "ABD" or "HEAD".
        answer: None where the row has none.
        closed: What `answer_type` says; None where it says neither. Closed does not mean yes or no.
        types: Heads of `question_type` (`PRES`, `POS`, ...), in capitals; "PRSE" is read as PRES, "ATRIB" as ATTRIB.
        phrase: "freeform" or "para" (a rephrasing).
        test: Whether it belongs to the official test split; None where `phrase_type` says nothing known.
        linked_id: Shared by a question and its rephrasing.
        evaluation: "evaluated", "not evaluated" or "given".
    """

    id: str
    image_name: str
    image: Path
    organ: str
    question: str
    answer: str | None
    closed: bool | None
    types: tuple[str, ...]
    phrase: str | None
    test: bool | None
    linked_id: str | None = None
    evaluation: str | None = None


@dataclass(frozen=True, slots=True)
class VqaRad:
    """The whole data set.

    Attributes:
        variant: Which form was read.
        questions: In the order of the file (test behind train in the MEVF form).
        missing_images: Names of images that rows list and no file matches by stem.
        unused_images: Names of image files that no row lists.
        unknown_phrase_types: Ids of the rows that belong to no split.
        fingerprint: SHA-256 over the bytes of the JSON and the names and sizes of the image files.
        phantom: Whether the folder was drawn by the phantom generator.
    """

    root: Path
    variant: Variant
    questions: tuple[VqaRadQuestion, ...]
    missing_images: tuple[str, ...]
    unused_images: tuple[str, ...]
    unknown_phrase_types: tuple[str, ...]
    fingerprint: str
    phantom: bool


def read_vqa_rad(root: Path) -> VqaRad:
    """Read the data set.

    Args:
        root: The folder with the JSON or its parent.

    Raises:
        DataError: No such folder; a file that is no list of objects; a row without qid, image name or question; a
            qid twice in the public form.
    """
    folder = find_parts(root, "vqa-rad")["vqa-rad"].absolute()
    digest = hashlib.sha256()
    public = _public_file(folder)
    sources = [(public, None)] if public else [(folder / MEVF[0], False), (folder / MEVF[1], True)]
    images = _image_files(folder)
    questions: list[VqaRadQuestion] = []
    for path, test in sources:
        rows = read_rows(path, digest, hint=_HINT)
        parse = partial(_question, folder=folder, images=images, test=test)
        made = parse_rows(path, rows, parse, fields=_FIELDS)
        if public:
            refuse_repeated(path, (item.id for item in made), "qid")
        questions += made
    if not public:
        questions = _numbered(questions)
    for name, size in sorted((path.name, path.stat().st_size) for path in images.values()):
        digest.update(f"{name}\t{size}\n".encode())
    listed = {item.image_name: item.image for item in questions}
    used = {path.stem for path in listed.values()}
    return VqaRad(
        root=folder,
        variant="public" if public else "mevf",
        questions=tuple(questions),
        missing_images=tuple(sorted(name for name, path in listed.items() if path.stem not in images)),
        unused_images=tuple(sorted(path.name for stem, path in images.items() if stem not in used)),
        unknown_phrase_types=tuple(item.id for item in questions if item.test is None),
        fingerprint=digest.hexdigest(),
        phantom=find_phantom_info(folder) is not None,
    )


def _public_file(folder: Path) -> Path | None:
    """The public file, also where a download replaced the blanks of its name."""
    found = (folder / name for name in (PUBLIC, PUBLIC.replace(" ", "_")))
    return next((path for path in found if path.is_file()), None)


def _image_files(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for name in _IMAGE_FOLDERS:
        for stem, path in find_images(folder / name).items():
            files.setdefault(stem, path)
    return files


def _question(row: Row, folder: Path, images: Mapping[str, Path], test: bool | None) -> VqaRadQuestion:
    name = file_name("image_name", required(row, "image_name"))
    phrase = (text(row, "phrase_type") or "").lower()
    if test is None:
        test = phrase.startswith("test") if phrase.removeprefix("test_")[:4] in ("free", "para") else None
    return VqaRadQuestion(
        id=required(row, "qid"),
        image_name=name,
        image=images.get(Path(name).stem, folder / IMAGES / name),
        organ=(text(row, "image_organ") or "UNKNOWN").upper(),
        question=required(row, "question"),
        answer=text(row, "answer"),
        closed=closed(row),
        types=_types(text(row, "question_type")),
        phrase={"free": "freeform", "para": "para"}.get(phrase.removeprefix("test_")[:4]),
        test=test,
        linked_id=text(row, "qid_linked_id"),
        evaluation=text(row, "evaluation"),
    )


def _types(listed: str | None) -> tuple[str, ...]:
    heads = (part.strip().upper() for part in (listed or "").split(","))
    return tuple(dict.fromkeys(_MISSPELT.get(head, head) for head in heads if head))


def _numbered(questions: Sequence[VqaRadQuestion]) -> list[VqaRadQuestion]:
    """Ids made unique: the rephrasings of the MEVF form share the qid of their question."""
    seen: dict[str, int] = {}
    numbered = []
    for item in questions:
        seen[item.id] = seen.get(item.id, 0) + 1
        numbered.append(item if seen[item.id] == 1 else replace(item, id=f"{item.id}.{seen[item.id]}"))
    return numbered
