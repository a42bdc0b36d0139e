"""MIMIC-CXR-JPG 2.0.0 and 2.1.0 (PhysioNet, credentialed): films, studies, splits and labels.

Source: Johnson et al., MIMIC-CXR-JPG, PhysioNet 2024, doi 10.13026/jsn5-t979. A patient has studies, a study has
films and one report; the official split is by patient.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.core.types import Image
from cxrbench.datasets.layouts import find_parts
from cxrbench.datasets.mimic_cxr.files import ImageFiles
from cxrbench.datasets.mimic_cxr.films import NO_FRONTAL, SPLITS, FilmTable, read_films
from cxrbench.datasets.mimic_cxr.ids import patient_id as read_patient
from cxrbench.datasets.mimic_cxr.ids import study_id as read_study
from cxrbench.datasets.mimic_cxr.ids import two_splits
from cxrbench.datasets.mimic_cxr.labels import LabelTable, read_labels
from cxrbench.datasets.mimic_cxr.tables import id_numbers, other_version, read_columns, table_path
from cxrbench.datasets.mimic_cxr.views import view_name

COUNTS: Final = {
    "images": {"train": 368_960, "validate": 2_991, "test": 5_159},
    "studies": {"train": 222_758, "validate": 1_808, "test": 3_269},
    "patients": {"train": 64_586, "validate": 500, "test": 293},
}
"""The official split; release 2.1.0 has 377,110 images, 227,835 studies and 65,379 patients."""
_LABELS: Final = ("chexpert", "negbio", "radiologist")


@dataclass(frozen=True, slots=True)
class MimicFilm:
    """One film.

    Attributes:
        image_id: The dicom id.
        view: ViewPosition as it stands, "" where empty.
        name: What a request calls it: "PA", "AP", "lateral", another view's word, or "unknown".
        is_frontal: Whether it can be the primary frontal film (see `views.frontal_rank`).
        size: (width, height) in pixels of the published JPEG; None where the table lacks them.
    """

    image_id: str
    view: str
    name: str
    is_frontal: bool
    size: tuple[int, int] | None
    procedure: str
    orientation: str


@dataclass(frozen=True, slots=True)
class MimicStudy:
    """One study.

    Attributes:
        split: "train", "validate", "test"; None where no split table names it.
        when: (StudyDate yyyymmdd, StudyTime hhmmss.fff), None if unknown. Dates are shifted, per patient by one
            amount.
        films: By image id.
        primary: The primary frontal film, by the tables alone, whether or not its file is there; None without one.
    """

    patient_id: str
    study_id: str
    split: str | None
    when: tuple[int, float] | None
    films: tuple[MimicFilm, ...]
    primary: MimicFilm | None


@dataclass(frozen=True)
class MimicCxr:
    """The collection. Studies are made when asked for; ids are accepted with and without prefix.

    Attributes:
        root: The folder with the tables.
        table: One row per film.
        labels: Table name ("chexpert", "negbio", "radiologist") -> labels by study; those that are there.
        files: The films on disk.
        studies_without_images: Named by a label table or the study list, without any film in the metadata.
        images_without_studies: Films without study or patient in the metadata, or only in the split table.
        unlabelled_studies: With films, without a row in the CheXpert table (8 in release 2.1.0).
        problems: What was odd about the tables, one sentence each.
        fingerprint: SHA-256 over the bytes of the tables; films are not read.
    """

    root: Path
    table: FilmTable
    labels: dict[str, LabelTable]
    files: ImageFiles
    studies_without_images: tuple[str, ...]
    images_without_studies: tuple[str, ...]
    unlabelled_studies: tuple[str, ...]
    problems: tuple[str, ...]
    fingerprint: str
    _starts: NDArray[np.int64] = field(repr=False)

    def __len__(self) -> int:
        """Studies with films."""
        return len(self._starts) - 1

    def studies(self, split: str | None = None) -> Iterator[MimicStudy]:
        """Studies by patient and study number, of one split or all."""
        wanted = None if split is None else self.table.splits.index(split) if split in self.table.splits else -2
        for number, row in enumerate(self._starts[:-1].tolist()):
            if wanted is None or self.table.split[row] == wanted:
                yield self._study(number)

    def study(self, study_id: str) -> MimicStudy:
        """One study. Raises DataError for one without films."""
        found = self._find(study_id)
        if found is None:
            raise DataError(
                f"no films of study {study_id}", where=str(self.root), valid="a study of the metadata table"
            )
        return self._study(found)

    def __contains__(self, study_id: str) -> bool:
        return self._find(study_id) is not None

    def patient(self, patient_id: str) -> tuple[MimicStudy, ...]:
        """A patient's studies from the first to the last; those of unknown date come first. Empty for a stranger."""
        number = int(read_patient(patient_id)[1:])
        patients = self.table.patients[self._starts[:-1]]
        first, last = np.searchsorted(patients, (number, number + 1)).tolist()
        studies = [self._study(index) for index in range(first, last)]
        return tuple(sorted(studies, key=lambda study: (study.when or (0, 0.0), study.study_id)))

    def prior_studies(self, study_id: str) -> tuple[MimicStudy, ...]:
        """The patient's strictly earlier studies, the latest first. Empty where the study's own date is unknown."""
        study = self.study(study_id)
        when = study.when
        if when is None:
            return ()
        earlier = [other for other in self.patient(study.patient_id) if other.when is not None and other.when < when]
        return tuple(reversed(earlier))

    def film_path(self, study: MimicStudy, film: MimicFilm) -> Path | None:
        """The file of a film; None where it is missing."""
        return self.files.find(study.patient_id, study.study_id, film.image_id)

    def image(self, study: MimicStudy, film: MimicFilm, *, prior: bool = False) -> Image:
        """A film as a request carries it; the published path where the file is missing."""
        path = self.film_path(study, film) or self.files.expected(study.patient_id, study.study_id, film.image_id)
        return Image(path, film.name, "prior" if prior else "current")

    def missing_images(self, split: str | None = None) -> Iterator[tuple[MimicStudy, MimicFilm]]:
        """Films that the metadata lists and no file matches. Looks into every study's folder."""
        for study in self.studies(split):
            for film in study.films:
                if self.film_path(study, film) is None:
                    yield study, film

    def orphan_images(self) -> Iterator[Path]:
        """Films on disk that the metadata does not list. Lists every folder."""
        listed = set(self.table.image_ids.to_pylist())
        for image_id, path in self.files.everything():
            if image_id not in listed:
                yield path

    def primary_frontals(self) -> dict[str, str]:
        """Study id -> image id of its primary frontal film, of all studies that have one."""
        starts, ends = self._starts[:-1], self._starts[1:]
        found = {}
        frontal = self.table.rank < NO_FRONTAL
        ids = self.table.image_ids
        for start, end in zip(starts.tolist(), ends.tolist()):
            if frontal[start:end].any():
                row = start + int(np.argmin(self.table.rank[start:end]))
                found[f"s{self.table.studies[row]}"] = ids[row].as_py()
        return found

    def counts(self) -> dict[str, dict[str, int]]:
        """Images, studies and patients by split; compare with `COUNTS`."""
        split, starts = self.table.split, self._starts[:-1]
        heads = np.append(True, np.diff(self.table.patients[starts]) != 0)[: len(starts)]
        rows = {"images": split, "studies": split[starts], "patients": split[starts][heads]}
        return {
            what: {name: int((values == index).sum()) for index, name in enumerate(self.table.splits)}
            for what, values in rows.items()
        }

    @cached_property
    def _by_study(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        studies = self.table.studies[self._starts[:-1]]
        order = np.argsort(studies)
        return studies[order], order

    def _find(self, study_id: str) -> int | None:
        number = int(read_study(study_id)[1:])
        studies, order = self._by_study
        place = int(np.searchsorted(studies, number))
        return int(order[place]) if place < len(studies) and studies[place] == number else None

    def _study(self, number: int) -> MimicStudy:
        start, end = self._starts[number : number + 2].tolist()
        table = self.table
        films = tuple(self._film(row) for row in range(start, end))
        best = start + int(np.argmin(table.rank[start:end]))
        dates, times = (table.values[name][start:end].tolist() for name in ("date", "time"))
        moments = [(int(d), 0.0 if math.isnan(t) else t) for d, t in zip(dates, times) if not math.isnan(d)]
        code = int(table.split[start])
        return MimicStudy(
            f"p{table.patients[start]}",
            f"s{table.studies[start]}",
            table.splits[code] if code >= 0 else None,
            min(moments, default=None),
            films,
            films[best - start] if table.rank[best] < NO_FRONTAL else None,
        )

    def _film(self, row: int) -> MimicFilm:
        table = self.table
        view, code = table.word("view", row), table.word("code", row)
        width, height = table.number("width", row), table.number("height", row)
        return MimicFilm(
            table.image_ids[row].as_py(),
            view,
            view_name(view, code),
            bool(table.rank[row] < NO_FRONTAL),
            (width, height) if width is not None and height is not None else None,
            table.word("procedure", row),
            table.word("orientation", row),
        )


def read_mimic_cxr(root: Path, *, images: Path | None = None) -> MimicCxr:
    """Read the tables; no film is opened.

    Args:
        root: The folder with the tables, or one that holds it (`mimic-cxr-jpg/2.1.0/`, `physionet.org/files/...`).
        images: The folder of the films where it is not `files/` beside the tables.

    Raises:
        DataError: No such folder; a table that is unreadable or lacks a column; an id that is none; a film in two
            studies, a study of two patients, or a patient in two splits, with the ids.
    """
    folder = root if table_path(root, "metadata") is not None else find_parts(root, "mimic-cxr")["jpg"]
    folder = folder.absolute()
    paths = {name: table_path(folder, name) for name in ("metadata", "split", *_LABELS, "study_list")}
    metadata = paths["metadata"]
    if metadata is None:
        raise DataError("the metadata table is missing", where=str(folder), valid="mimic-cxr-2.0.0-metadata.csv.gz")
    problems = [seen for path in paths.values() if path is not None and (seen := other_version(path)) is not None]
    table, homeless = read_films(metadata, paths["split"], problems)
    _refuse_two_splits(table, str(paths["split"] or metadata))
    starts = np.flatnonzero(np.append(True, np.diff(table.studies) != 0)[: len(table.studies)])
    studies = table.studies[starts]
    labels = {name: read_labels(path) for name in _LABELS if (path := paths[name]) is not None}
    problems += [problem for found in labels.values() for problem in found.problems]
    named = [found.studies for found in labels.values()]
    if (path := paths["study_list"]) is not None:
        named.append(id_numbers(read_columns(path, ["study_id"], required=["study_id"]), "study_id", path))
    alone = np.setdiff1d(np.concatenate(named) if named else studies[:0], np.append(studies, 0))
    unlabelled = np.setdiff1d(studies, labels["chexpert"].studies) if "chexpert" in labels else studies[:0]
    return MimicCxr(
        root=folder,
        table=table,
        labels=labels,
        files=ImageFiles(images.absolute() if images is not None else folder),
        studies_without_images=tuple(f"s{number}" for number in alone.tolist()),
        images_without_studies=homeless,
        unlabelled_studies=tuple(f"s{number}" for number in unlabelled.tolist()),
        problems=tuple(problems),
        fingerprint=_fingerprint([path for path in paths.values() if path is not None]),
        _starts=np.append(starts, len(table.studies)),
    )


def _refuse_two_splits(table: FilmTable, where: str) -> None:
    known = table.split >= 0
    patients, split = table.patients[known], table.split[known]
    moved = (np.diff(patients) == 0) & (np.diff(split) != 0)
    if moved.any():
        raise two_splits([f"p{number}" for number in np.unique(patients[1:][moved]).tolist()], where)


def _fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


__all__ = ["COUNTS", "SPLITS", "MimicCxr", "MimicFilm", "MimicStudy", "read_mimic_cxr"]
