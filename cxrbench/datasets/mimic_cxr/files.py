"""Where the films of MIMIC-CXR-JPG are on disk: the published folders, resized copies, one flat folder, DICOM."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from cxrbench.datasets.images import SUFFIXES, find_images

_GROUP: Final = re.compile(r"p[1-9]\d?")
_PATIENT: Final = re.compile(r"p[1-9]\d{2,}")
_BASES: Final = ("files", ".", "images")
_PROBED: Final = 200


class ImageFiles:
    """Finds films by their id. A table's suffix does not matter: resized copies are often `.png`.

    Attributes:
        root: The folder searched: `files/`, itself, or `images/` in it.
        layout: "published" (p10/p10000032/s50414267/<id>.jpg), "by patient" (the same without p10), "flat"
            (<id>.jpg), or None where no film was found.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layout: str | None = None
        for base in _BASES:
            folder = root / base if base != "." else root
            layout = _layout(folder)
            if layout is not None:
                self.root, self.layout = folder, layout
                return

    def find(self, patient_id: str, study_id: str, image_id: str) -> Path | None:
        """The file of a film; None where there is none."""
        if self.layout == "flat":
            return self._flat.get(image_id)
        return find_images(self._folder(patient_id, study_id)).get(image_id)

    def expected(self, patient_id: str, study_id: str, image_id: str) -> Path:
        """Where the published layout has the film, whether or not it is there."""
        folder = self.root if self.layout is not None else self.root / "files"
        if self.layout == "flat":
            return folder / f"{image_id}.jpg"
        if self.layout == "by patient":
            return folder / patient_id / study_id / f"{image_id}.jpg"
        return folder / patient_id[:3] / patient_id / study_id / f"{image_id}.jpg"

    def everything(self) -> Iterator[tuple[str, Path]]:
        """(image id, file) of every film on disk: 290,000 folders of a whole copy are listed."""
        if self.layout == "flat":
            yield from self._flat.items()
            return
        if self.layout is None:
            return
        groups = _folders(self.root, _GROUP) if self.layout == "published" else [self.root]
        for group in groups:
            for patient in _folders(group, _PATIENT):
                for study in _folders(patient, re.compile(r"s\d+")):
                    yield from find_images(study).items()

    def _folder(self, patient_id: str, study_id: str) -> Path:
        return self.expected(patient_id, study_id, "").parent

    @cached_property
    def _flat(self) -> dict[str, Path]:
        return find_images(self.root)


def _layout(folder: Path) -> str | None:
    if not folder.is_dir():
        return None
    with os.scandir(folder) as entries:
        for entry in itertools.islice(entries, _PROBED):
            if _GROUP.fullmatch(entry.name) and entry.is_dir():
                return "published"
            if _PATIENT.fullmatch(entry.name) and entry.is_dir():
                return "by patient"
            if Path(entry.name).suffix.lower() in SUFFIXES:
                return "flat"
    return None


def _folders(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    return sorted(
        Path(entry.path) for entry in os.scandir(folder) if pattern.fullmatch(entry.name) and entry.is_dir()
    )
