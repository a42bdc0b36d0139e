"""SLAKE 1.0, the English questions (Liu et al., ISBI 2021).

The languages were split apart: 72 of the 96 images of the English test rows occur in the Chinese training rows. So
the language is chosen first, and only then is anything split, counted or trained on.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from cxrbench.core.errors import DataError
from cxrbench.core.types import Box
from cxrbench.datasets.images import find_images
from cxrbench.datasets.layouts import find_parts
from cxrbench.datasets.phantom.info import find_phantom_info
from cxrbench.datasets.qa_rows import (
    BadRow,
    Row,
    closed,
    file_name,
    parse_rows,
    read_rows,
    refuse_repeated,
    required,
    text,
)

FILES: Final[dict[str, tuple[str, ...]]] = {
    "train": ("train.json",),
    "val": ("validate.json", "validation.json"),
    "test": ("test.json",),
}
X_RAY: Final = "X-Ray"
_FIELDS: Final = "each entry with qid, img_id, img_name, q_lang, question, answer, answer_type, modality"
_HINT: Final = "download the data set again (BoKelvin/SLAKE)"


@dataclass(frozen=True, slots=True)
class SlakeQuestion:
    """One row of the chosen language.

    Attributes:
        id: The qid as text; unique over the three files.
        image_id: The img_id as text.
        image: The film, matched by stem; where it should be if it is missing.
        split: "train", "val" or "test".
        answer: None where the row has none; may be a comma list ("Right Lung, Lower Left").
        closed: What `answer_type` says; None where it says neither. Closed does not mean yes or no.
        location: Body part ("Lung", "Abdomen", ...).
        modality: "CT", "X-Ray" or "MRI".
        content_type: "Organ", "Position", "Abnormality", "KG", ...
        base_type: "vqa", or "kvqa" where the answer needs knowledge that no image shows.
    """

    id: str
    image_id: str
    image: Path
    split: str
    question: str
    answer: str | None
    closed: bool | None
    location: str | None
    modality: str | None
    content_type: str | None
    base_type: str | None


@dataclass(frozen=True, slots=True)
class Slake:
    """The questions of one language.

    Attributes:
        questions: In the order of train, validation and test file.
        splits: Those whose file is there.
        missing_images: img_id -> listed name, of the images whose film is not there.
        other_languages: Number of rows in another language, which were left out before anything else.
        foreign_training_images: img_ids of the training rows in another language.
        fingerprint: SHA-256 over the bytes of the JSON files, and names and sizes of films and box files.
        phantom: Whether the folder was drawn by the phantom generator.
    """

    root: Path
    questions: tuple[SlakeQuestion, ...]
    splits: tuple[str, ...]
    missing_images: Mapping[str, str]
    other_languages: int
    foreign_training_images: frozenset[str]
    fingerprint: str
    phantom: bool


@dataclass(frozen=True, slots=True)
class ImageBoxes:
    """The boxes of one image.

    Attributes:
        boxes: Labelled by organ or finding, in pixels of the film.
        problems: What could not be read, one sentence each.
    """

    boxes: tuple[Box, ...]
    problems: tuple[str, ...] = ()


def read_slake(root: Path, language: str = "en") -> Slake:
    """Read the rows of one language.

    Args:
        root: The folder with the JSON files or a parent; films in `imgs/xmlabN/`.
        language: Of `q_lang`.

    Raises:
        DataError: No such folder; a file that is no list of objects; a row without qid, img_id, img_name, question or
            language; an img_name that leaves the folder; a qid twice; no row of the language.
    """
    folder = find_parts(root, "slake")["slake"].absolute()
    digest = hashlib.sha256()
    films: dict[str, Path | None] = {}
    questions: list[SlakeQuestion] = []
    splits = []
    others = 0
    foreign: frozenset[str] = frozenset()
    for split, names in FILES.items():
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        if path is None:
            continue
        rows = read_rows(path, digest, hint=_HINT)
        spoken = parse_rows(path, rows, lambda row: required(row, "q_lang").lower(), fields=_FIELDS)
        kept = [row for row, found in zip(rows, spoken) if found == language]
        others += len(rows) - len(kept)
        if split == "train":
            foreign = frozenset(str(row.get("img_id")) for row, found in zip(rows, spoken) if found != language)
        splits.append(split)
        parse = partial(_question, folder=folder, films=films, split=split)
        questions += parse_rows(path, kept, parse, fields=_FIELDS)
    refuse_repeated(folder, (item.id for item in questions), "qid")
    if not questions:
        raise DataError(
            f"no question in the language {language!r}; {others} in others",
            where=str(folder),
            valid="rows with q_lang en",
            hint=_HINT,
        )
    for name, film in sorted(films.items()):
        for file in (film, folder / "imgs" / name / "detection.json"):
            if file is not None and file.is_file():
                digest.update(f"{name}/{file.name}\t{file.stat().st_size}\n".encode())
    return Slake(
        root=folder,
        questions=tuple(questions),
        splits=tuple(splits),
        missing_images={item.image_id: item.image.parent.name for item in questions if not item.image.is_file()},
        other_languages=others,
        foreign_training_images=foreign,
        fingerprint=digest.hexdigest(),
        phantom=find_phantom_info(folder) is not None,
    )


def _question(row: Row, folder: Path, films: dict[str, Path | None], split: str) -> SlakeQuestion:
    name, slash, file = required(row, "img_name").partition("/")
    if not slash:
        raise BadRow(f"img_name {name[:40]!r} is not FOLDER/FILE")
    name, file = file_name("img_name", name), file_name("img_name", file)
    if name not in films:
        films[name] = find_images(folder / "imgs" / name).get(Path(file).stem)
    return SlakeQuestion(
        id=required(row, "qid"),
        image_id=required(row, "img_id"),
        image=films[name] or folder / "imgs" / name / file,
        split=split,
        question=required(row, "question"),
        answer=text(row, "answer"),
        closed=closed(row),
        location=text(row, "location"),
        modality=text(row, "modality"),
        content_type=text(row, "content_type"),
        base_type=text(row, "base_type"),
    )


def read_boxes(film: Path) -> ImageBoxes | None:
    """The boxes of a film, from the `detection.json` beside it; None where there is none.

    The file is a list of objects {label: [x, y, width, height]} in pixels. Entries that are none are left out and
    named; a label may occur more than once.
    """
    path = film.parent / "detection.json"
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        return ImageBoxes((), (f"{path.parent.name}/{path.name} cannot be read: {error}",))
    if not isinstance(found, list):
        return ImageBoxes((), (f"{path.parent.name}/{path.name} holds no list",))
    boxes: list[Box] = []
    problems: list[str] = []
    for entry in found:
        for label, place in entry.items() if isinstance(entry, dict) else [(str(entry), None)]:
            box = _box(label, place)
            if box is None:
                problems.append(f"{path.parent.name}/{path.name}: {label[:40]!r} has no box [x, y, width, height]")
            else:
                boxes.append(box)
    return ImageBoxes(tuple(boxes), tuple(problems))


def _box(label: str, place: Any) -> Box | None:
    if not isinstance(place, list) or len(place) != 4:
        return None
    if not all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in place):
        return None
    x, y, width, height = map(float, place)
    if not all(map(math.isfinite, (x, y, width, height))) or width < 0 or height < 0:
        return None
    return Box(x, y, x + width, y + height, label=label.strip())
