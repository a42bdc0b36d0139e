"""R2Gen's annotation of MIMIC-CXR, which many published tables use: one report per film, not per study.

`annotation.json` (github.com/cuhksz-nlp/R2Gen) is an object of three lists, `train`, `val` and `test`; a record has
`id` (the dicom id), `study_id`, `subject_id`, `report` (the findings, prepared by its authors), `image_path` (a list,
relative to `files/`) and `split`. Its texts are under the data use agreement of MIMIC-CXR: cxrbench ships none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cxrbench.core.errors import DataError
from cxrbench.core.jsonio import file_fingerprint, read_json
from cxrbench.datasets.mimic_cxr.ids import patient_id, study_id, two_splits

NAME: Final = "annotation.json"
_SPLITS: Final = {"train": "train", "val": "validate", "validate": "validate", "test": "test"}
_FIELDS: Final = "records with id, study_id, subject_id, report, image_path and split"


@dataclass(frozen=True, slots=True)
class AnnotatedFilm:
    """One record.

    Attributes:
        image_id: The dicom id.
        path: `image_path`, its first entry; relative to `files/`.
        split: train, validate or test: the record's own word, whatever list it stands in.
    """

    image_id: str
    patient_id: str
    study_id: str
    report: str
    path: str
    split: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """The file."""

    films: tuple[AnnotatedFilm, ...]
    fingerprint: str


def read_annotation(folders: Sequence[Path]) -> Annotation:
    """Read `annotation.json` from the first of the folders that has it.

    Raises:
        DataError: None has it, it is malformed, a film occurs twice, or a patient is in two splits.
    """
    path = next((folder / NAME for folder in folders if (folder / NAME).is_file()), None)
    if path is None:
        raise DataError(
            f"split r2gen:... needs {NAME} of R2Gen, and the data root has none",
            where=", ".join(map(str, folders)),
            valid=_FIELDS,
            hint=f"put {NAME} into the data root, or use --split test",
        )
    content = read_json(path, NAME)
    rows = [row for rows in content.values() for row in rows] if _is_annotation(content) else None
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise DataError(f"{NAME} is not R2Gen's", where=str(path), valid=_FIELDS)
    films = tuple(_film(row, number, path) for number, row in enumerate(rows, start=1))
    _check(films, path)
    return Annotation(films, file_fingerprint(path))


def _is_annotation(content: Any) -> bool:
    return isinstance(content, dict) and all(isinstance(rows, list) for rows in content.values())


def _film(row: Mapping[str, Any], number: int, path: Path) -> AnnotatedFilm:
    try:
        paths = row["image_path"]
        return AnnotatedFilm(
            str(row["id"]),
            patient_id(row["subject_id"]),
            study_id(row["study_id"]),
            str(row["report"] or "").strip(),
            str(paths if isinstance(paths, str) else paths[0]),
            _SPLITS[str(row["split"]).strip()],
        )
    except (KeyError, IndexError, TypeError, DataError) as error:
        seen = error.message if isinstance(error, DataError) else f"{type(error).__name__}: {error}"
        raise DataError(f"record {number} of {NAME}: {seen}", where=str(path), valid=_FIELDS) from error


def _check(films: Sequence[AnnotatedFilm], path: Path) -> None:
    seen: set[str] = set()
    for film in films:
        if film.image_id in seen:
            raise DataError(f"film {film.image_id} occurs twice", where=str(path), valid="one record per film")
        seen.add(film.image_id)
    split_of: dict[str, str] = {}
    torn = {film.patient_id for film in films if split_of.setdefault(film.patient_id, film.split) != film.split}
    if torn:
        raise two_splits(sorted(torn), str(path))
