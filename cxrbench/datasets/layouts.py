"""Where the parts of a collection lie below the folder that a user names.

People keep PhysioNet downloads as `mimic-cxr-jpg/2.1.0/`, as a mirror (`physionet.org/files/mimic-cxr-jpg/2.1.0/`) or
without the version, the reports beside the images or apart. A part is known by a file or folder that only it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cxrbench.core.errors import DataError

_VERSION: Final = re.compile(r"\d+(\.\d+)+")
_HINT: Final = "give --data-root, or leave it out to use the phantom"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a collection.

    Attributes:
        key: What it is called in `DataRoot.parts`.
        names: Folders it is kept in, the usual one first.
        marks: Glob patterns; a folder that matches one of these groups completely holds the part.
        required: Whether the collection is of no use without it.
        beside: Keys of parts inside whose folder it may lie too.
    """

    key: str
    names: tuple[str, ...]
    marks: tuple[tuple[str, ...], ...]
    required: bool = True
    beside: tuple[str, ...] = ()


JPG: Final = Part(
    "jpg",
    ("mimic-cxr-jpg",),
    (("mimic-cxr-2.0.0-metadata.csv*",), ("mimic-cxr-2.0.0-split.csv*",)),
)
REPORTS: Final = Part(
    "reports",
    ("mimic-cxr", "mimic-cxr-reports"),
    (("mimic-cxr-reports.zip",), ("cxr-study-list.csv*",), ("files/p[0-9][0-9]/p[0-9]*/s[0-9]*.txt",)),
    required=False,
    beside=("jpg",),
)
QBA: Final = Part(
    "qba",
    ("mimic-ext-cxr-qba",),
    (("qa.zip",), ("scene_data.zip",), ("qa/p[0-9]*",), ("metadata/question_metadata.*",)),
)
VQA_RAD: Final = Part(
    "vqa-rad",
    ("vqa-rad", "VQA_RAD", "VQA-RAD", "data_RAD"),
    (("VQA_RAD Dataset Public.json",), ("VQA_RAD_Dataset_Public.json",), ("trainset.json", "testset.json")),
)
SLAKE: Final = Part(
    "slake",
    ("slake/Slake1.0", "Slake1.0", "slake", "SLAKE"),
    (("test.json", "train.json"), ("test.json", "validate.json"), ("test.json", "validation.json")),
)
COLLECTIONS: Final[Mapping[str, tuple[Part, ...]]] = {
    "mimic-cxr": (JPG, REPORTS),
    "mimic-qba": (QBA, Part(JPG.key, JPG.names, JPG.marks, required=False), REPORTS),
    "vqa-rad": (VQA_RAD,),
    "slake": (SLAKE,),
}
"""Data set -> its parts, the main one first."""


def find_parts(root: Path, dataset: str) -> dict[str, Path]:
    """The folders of a collection's parts.

    Args:
        root: The folder of any part, or one that holds them; the newest version of a part counts.
        dataset: A name in `COLLECTIONS`.

    Raises:
        DataError: The root does not exist, is a file, or lacks a required part.
    """
    if not root.is_dir():
        seen = "is a file" if root.exists() else "does not exist"
        raise DataError(f"the data root {seen}", where=str(root), valid="an existing folder", hint=_HINT)
    found: dict[str, Path] = {}
    for part in COLLECTIONS[dataset]:
        inside = [found[key] for key in part.beside if key in found]
        place = next((folder for folder in (*_candidates(root, part), *inside) if _holds(folder, part)), None)
        if place is not None:
            found[part.key] = place
        elif part.required:
            raise _absent(root, part)
    return found


def _candidates(root: Path, part: Part) -> Iterator[Path]:
    """Folders that may hold a part: the root, what lies in it under a known name, and beside it."""
    yield root
    bases = [root, root / "physionet.org/files", root / "files", root.parent]
    if _VERSION.fullmatch(root.name):
        bases.append(root.parent.parent)
    for base in bases:
        for name in part.names:
            folder = base / name
            if folder.is_dir():
                versions = [path for path in folder.iterdir() if path.is_dir() and _VERSION.fullmatch(path.name)]
                yield from sorted(versions, key=_version, reverse=True)
                yield folder


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(map(int, folder.name.split(".")))


def _holds(folder: Path, part: Part) -> bool:
    return any(all(next(folder.glob(mark), None) is not None for mark in marks) for marks in part.marks)


def _absent(root: Path, part: Part) -> DataError:
    seen = ", ".join(sorted(path.name for path in root.iterdir())[:6]) or "nothing"
    marks = " or ".join(" and ".join(marks) for marks in part.marks)
    return DataError(
        f"no {part.names[0]} found; the folder holds {seen}",
        where=str(root),
        valid=f"a folder with {marks}, or one that holds it as {part.names[0]}/",
        hint=_HINT,
    )
