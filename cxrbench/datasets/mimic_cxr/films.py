"""The films and studies of MIMIC-CXR-JPG as columns: 377,110 rows in about 40 MB, searched instead of iterated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.datasets.mimic_cxr.tables import id_numbers, numbers, read_columns, texts
from cxrbench.datasets.mimic_cxr.views import frontal_rank

if TYPE_CHECKING:
    import pyarrow as pa

SPLITS: Final = ("train", "validate", "test")
_SPELLINGS: Final = {"val": "validate", "valid": "validate", "validation": "validate"}
_TEXTS: Final = {
    "view": "ViewPosition",
    "code": "ViewCodeSequence_CodeMeaning",
    "procedure": "PerformedProcedureStepDescription",
    "orientation": "PatientOrientationCodeSequence_CodeMeaning",
}
_NUMBERS: Final = {"height": "Rows", "width": "Columns", "date": "StudyDate", "time": "StudyTime"}
_IDS: Final = ("dicom_id", "subject_id", "study_id")
NO_FRONTAL: Final = 9
"""Rank of a film that is no frontal one."""


Words = tuple[tuple[str, ...], NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class FilmTable:
    """One row per film, by patient, study and image id.

    Attributes:
        image_ids: The dicom ids.
        patients, studies: Numbers, int64.
        words: Attribute (view, code, procedure, orientation) -> its distinct texts, and the number of each row's.
        values: height, width, date (yyyymmdd), time (hhmmss.fff); NaN where empty.
        rank: `frontal_rank`, `NO_FRONTAL` where that is None.
        split: Position in `splits`, -1 where the split table does not name the film.
        splits: The words of the split table in MIMIC's spelling.
    """

    image_ids: pa.StringArray
    patients: NDArray[np.int64]
    studies: NDArray[np.int64]
    words: dict[str, Words]
    values: dict[str, NDArray[np.float64]]
    rank: NDArray[np.int8]
    split: NDArray[np.int8]
    splits: tuple[str, ...]

    def word(self, attribute: str, row: int) -> str:
        """The text of one row, "" where empty."""
        distinct, codes = self.words[attribute]
        return str(distinct[codes[row]])

    def number(self, attribute: str, row: int) -> int | None:
        """A whole number of one row."""
        value = self.values[attribute][row]
        return None if np.isnan(value) else int(value)


def read_films(metadata: Path, split: Path | None, problems: list[str]) -> tuple[FilmTable, tuple[str, ...]]:
    """Read and join the metadata and split tables.

    Returns:
        The films that belong to a study, and the image ids that do not: without a study or patient in the metadata,
        or only in the split table.

    Raises:
        DataError: A table is unreadable or lacks a column; an id that is none; a film in two studies, a study of two
            patients.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    table = read_columns(metadata, [*_IDS, *_TEXTS.values()], required=_IDS, numbers=tuple(_NUMBERS.values()))
    images = texts(table, "dicom_id")
    patients = id_numbers(table, "subject_id", metadata)
    studies = id_numbers(table, "study_id", metadata)
    complete = (patients > 0) & (studies > 0) & np.asarray(pc.not_equal(images, ""))
    without = pc.unique(images.filter(pa.array(~complete)))
    keys = pa.table({"patient": patients, "study": studies, "image": images, "row": np.arange(len(images))})
    by = [(name, "ascending") for name in keys.column_names]
    order = pc.sort_indices(keys, by).to_numpy()
    order = order[complete[order]]
    order = order[_first_of_each(images.take(pa.array(order)), studies[order])]
    if repeated := int(complete.sum()) - len(order):
        problems.append(f"{metadata.name}: rows that repeat a film are left out: {repeated}")
    own = images.take(pa.array(order))
    _refuse_two_studies(own, metadata)
    _refuse_two_patients(patients[order], studies[order], metadata)
    rows = pa.array(order)
    words = {name: _words(texts(table, column).take(rows)) for name, column in _TEXTS.items()}
    values = {name: numbers(table, column)[order] for name, column in _NUMBERS.items()}
    parts, names, extra = _splits(own, split, problems)
    found = FilmTable(own, patients[order], studies[order], words, values, _ranks(words), parts, names)
    return found, tuple(sorted({*without.to_pylist(), *extra} - {""}))


def _first_of_each(images: pa.StringArray, studies: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows of a sorted table do not repeat the film before them."""
    import pyarrow.compute as pc

    if len(images) == 0:
        return np.zeros(0, dtype=bool)
    same = np.asarray(pc.equal(images.slice(1), images.slice(0, len(images) - 1))) & (np.diff(studies) == 0)
    return np.append(True, ~same)


def _refuse_two_studies(images: pa.StringArray, path: Path) -> None:
    import pyarrow.compute as pc

    if pc.count_distinct(images).as_py() == len(images):
        return
    twice = [item["values"] for item in pc.value_counts(images).to_pylist() if item["counts"] > 1]
    raise DataError(
        f"films that belong to two studies: {', '.join(twice[:5])} ({len(twice)})",
        where=str(path),
        valid="every film in one study",
        hint="use the table as published",
    )


def _refuse_two_patients(patients: NDArray[np.int64], studies: NDArray[np.int64], path: Path) -> None:
    by_study = np.argsort(studies, kind="stable")
    same = np.diff(studies[by_study]) == 0
    moved = np.flatnonzero(same & (np.diff(patients[by_study]) != 0))
    if len(moved):
        names = sorted({f"s{studies[by_study[row]]}" for row in moved})
        raise DataError(
            f"studies that belong to two patients: {', '.join(names[:10])} ({len(names)})",
            where=str(path),
            valid="every study of one patient",
            hint="use the table as published",
        )


def _words(values: pa.StringArray) -> Words:
    encoded = values.dictionary_encode()
    return tuple(encoded.dictionary.to_pylist()), encoded.indices.to_numpy()


def _ranks(words: dict[str, Words]) -> NDArray[np.int8]:
    """Ranks of all films, worked out once per pair of view and code."""
    (views, view), (codes, code) = words["view"], words["code"]
    ranks = [[frontal_rank(one, two) for two in codes] for one in views]
    table = np.array([[NO_FRONTAL if rank is None else rank for rank in row] for row in ranks], dtype=np.int8)
    return np.asarray(table.reshape(len(views), len(codes))[view, code], dtype=np.int8)


def _splits(
    images: pa.StringArray, path: Path | None, problems: list[str]
) -> tuple[NDArray[np.int8], tuple[str, ...], list[str]]:
    """Split of each film, the words, and films that only the split table names."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if path is None:
        problems.append("there is no split table: no film is in any split")
        return np.full(len(images), -1, dtype=np.int8), SPLITS, []
    table = read_columns(path, ["dicom_id", "split"], required=["dicom_id", "split"])
    ids, words = texts(table, "dicom_id"), pc.utf8_lower(texts(table, "split"))
    for spelling, word in _SPELLINGS.items():
        words = pc.if_else(pc.equal(words, spelling), word, words)
    names = (*SPLITS, *sorted(set(pc.unique(words).to_pylist()) - {*SPLITS, ""}))
    if names != SPLITS:
        problems.append(f"{path.name}: unknown splits {', '.join(names[3:])}")
    rows = pc.index_in(images, value_set=ids)
    codes = pc.index_in(words, value_set=pa.array(names)).take(pc.fill_null(rows, 0)) if len(ids) else rows
    found = np.where(rows.is_null(), -1, pc.fill_null(codes, -1)).astype(np.int8)
    if lacking := int((found < 0).sum()):
        problems.append(f"{path.name}: films of the metadata that it lacks or gives no split: {lacking}")
    extra = ids.filter(pc.is_null(pc.index_in(ids, value_set=images)))
    return found, names, extra.to_pylist()
