"""One small file per study, in a zip or in folders: `p10/p10000032/s50414267.qa.json` and the like.

Both archives of MIMIC-Ext-CXR-QBA and the reports of MIMIC-CXR have this form. A zip is read in place. Where a zip
and an unpacked folder lie side by side, the zip counts, because its members carry checksums; the folder is read for
studies that the zip lacks.
"""

from __future__ import annotations

import os
import re
import zlib
from array import array
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.datasets.mimic_cxr.ids import patient_id as read_patient
from cxrbench.datasets.mimic_cxr.ids import study_id as read_study
from cxrbench.datasets.zip_members import Member, list_members, read_member

_PATIENT: Final = re.compile(r"p([1-9]\d{0,17})")
_SHOWN: Final = 20
_PROBED: Final = 500
"""Patients looked into before a folder counts as one without files of a kind; a whole copy has 65,000."""


class StudyKey(NamedTuple):
    """A study of a patient, with their prefixes."""

    patient_id: str
    study_id: str


class StudyFiles:
    """The files of one kind. Holds no open file: it can be pickled, and read by threads and processes at once.

    Attributes:
        suffix: What follows the study id in a file's name, for example ".qa.json".
        archive, folder: Where the files are; either may be None.
        broken: Why an archive that is there is not read, if so.
    """

    def __init__(self, suffix: str, archive: Path | None = None, folder: Path | None = None) -> None:
        """Raises DataError when the archive cannot be read and there is no folder either."""
        self.suffix = suffix
        self.folder = folder
        self.archive = archive
        self.broken: str | None = None
        if archive is not None:
            try:
                next(list_members(archive), None)
            except DataError as error:
                if folder is None:
                    raise
                self.archive = None
                self.broken = f"{archive.name} is not read, the unpacked folder is: {error.message}"

    def studies(self) -> Iterator[StudyKey]:
        """All studies, by patient and study number."""
        for patient, study in sorted(self._in_archive.keys() | self._in_folder):
            yield StudyKey(f"p{patient}", f"s{study}")

    def __len__(self) -> int:
        return len(self._in_archive.keys() | self._in_folder)

    def __contains__(self, key: tuple[str, str]) -> bool:
        numbers = _numbers(*key)
        return self._in_archive.find(*numbers) is not None or (
            self.folder is not None and self._path(*numbers).is_file()
        )

    def read(self, patient_id: str, study_id: str) -> bytes:
        """The bytes of a study's file, verified where they come from a zip.

        Raises:
            DataError: No such study, an id that is none, or a damaged file.
        """
        numbers = _numbers(patient_id, study_id)
        member = self._in_archive.find(*numbers)
        if member is not None and self.archive is not None:
            return read_member(self.archive, member)
        if self.folder is not None:
            path = self._path(*numbers)
            try:
                return path.read_bytes()
            except FileNotFoundError:
                pass
            except OSError as error:
                raise DataError(f"cannot read file: {error.strerror or error}", where=str(path)) from error
        raise DataError(
            f"no {self.suffix} file of p{numbers[0]} s{numbers[1]}",
            where=str(self.archive or self.folder),
            hint="the study may lack this file; `cxrbench data check` lists such studies",
        )

    def where(self, patient_id: str, study_id: str) -> str:
        """The place that `read` reads from, for messages."""
        numbers = _numbers(patient_id, study_id)
        member = self._in_archive.find(*numbers)
        if member is not None and self.archive is not None:
            return f"{self.archive.name}: {member.name}"
        return str(self._path(*numbers)) if self.folder is not None else str(self.archive)

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """What was odd about names and versions, one sentence each; contents are not looked at."""
        found = [self.broken] if self.broken else []
        found += self._in_archive.problems
        found += self._folder_listing[1]
        differing = [
            f"p{patient} s{study}"
            for patient, study in sorted(self._in_archive.keys() & self._in_folder)
            if self._sizes(patient, study)[0] != self._sizes(patient, study)[1]
        ]
        if differing:
            found.append(
                f"two versions, in the zip and unpacked, differ in size; the zip counts: {_shown(differing)}"
            )
        return tuple(found)

    def differing(self) -> Iterator[StudyKey]:
        """Studies whose unpacked file has other bytes than the zip's. Reads every file that is in both."""
        for patient, study in sorted(self._in_archive.keys() & self._in_folder):
            member = self._in_archive.find(patient, study)
            data = self._path(patient, study).read_bytes()
            if member is not None and (len(data), zlib.crc32(data)) != (member.size, member.crc):
                yield StudyKey(f"p{patient}", f"s{study}")

    def _sizes(self, patient: int, study: int) -> tuple[int, int]:
        member = self._in_archive.find(patient, study)
        return member.size if member is not None else -1, self._path(patient, study).stat().st_size

    def _path(self, patient: int, study: int) -> Path:
        assert self.folder is not None
        name = f"p{patient}"
        return self.folder / name[:3] / name / f"s{study}{self.suffix}"

    @cached_property
    def _in_archive(self) -> _Directory:
        return _Directory(self.archive, self.suffix)

    @property
    def _in_folder(self) -> set[tuple[int, int]]:
        return self._folder_listing[0]

    @cached_property
    def _folder_listing(self) -> tuple[set[tuple[int, int]], list[str]]:
        return _list_folder(self.folder, self.suffix) if self.folder is not None else (set(), [])


class _Directory:
    """The members of one kind, as columns: 45 bytes per study instead of an object."""

    def __init__(self, archive: Path | None, suffix: str) -> None:
        self.problems: list[str] = []
        self.suffix = suffix
        rows = {name: array("q") for name in ("patient", "study", *_COLUMNS)}
        self.prefixes: list[str] = []
        fits = re.compile(r"((?:[^/]+/)*)p[1-9]\d?/p([1-9]\d{0,17})/s([1-9]\d{0,17})" + re.escape(suffix))
        odd: list[str] = []
        for member in list_members(archive) if archive is not None else ():
            if not member.name.endswith(suffix):
                continue
            match = fits.fullmatch(member.name)
            if match is None or ".." in match[1].split("/") or member.name.startswith(("/", "\\")):
                odd.append(member.name)
                continue
            if match[1] not in self.prefixes:
                self.prefixes.append(match[1])
            row = (int(match[2]), int(match[3]), *member[1:], self.prefixes.index(match[1]))
            for column, value in zip(rows.values(), row):
                column.append(value)
        if odd:
            self.problems.append(f"zip members whose name fits no study are not read: {_shown(odd)}")
        self._columns: dict[str, NDArray[Any]] = {
            name: np.array(values, dtype=_COLUMNS.get(name, np.int64)) for name, values in rows.items()
        }
        self._sort()

    def _sort(self) -> None:
        """By study; of several members of one study the last counts, as everywhere with zips."""
        order = np.lexsort((self._columns["patient"], self._columns["study"]))
        columns = {name: column[order] for name, column in self._columns.items()}
        same = (np.diff(columns["study"]) == 0) & (np.diff(columns["patient"]) == 0)
        twice = [
            f"p{columns['patient'][row]} s{columns['study'][row]}"
            for row in np.flatnonzero(same)
            if (columns["crc"][row], columns["size"][row]) != (columns["crc"][row + 1], columns["size"][row + 1])
        ]
        if twice:
            self.problems.append(f"two versions in the zip differ; the last counts: {_shown(twice)}")
        kept = np.append(~same, True)[: len(order)]
        self._columns = {name: column[kept] for name, column in columns.items()}
        several = np.flatnonzero(np.diff(self._columns["study"]) == 0)
        if len(several):
            names = [f"s{self._columns['study'][row]}" for row in several]
            self.problems.append(f"the same study lies under two patients: {_shown(names)}")

    def keys(self) -> set[tuple[int, int]]:
        return set(zip(self._columns["patient"].tolist(), self._columns["study"].tolist()))

    def find(self, patient: int, study: int) -> Member | None:
        first, last = np.searchsorted(self._columns["study"], (study, study + 1))
        for row in range(int(first), int(last)):
            if int(self._columns["patient"][row]) == patient:
                values = {name: int(self._columns[name][row]) for name in _COLUMNS}
                prefix = self.prefixes[values.pop("prefix")]
                name = f"{prefix}p{str(patient)[:2]}/p{patient}/s{study}{self.suffix}"
                return Member(name, **values)
        return None


_COLUMNS: Final = {
    "offset": np.int64,
    "packed": np.int64,
    "size": np.int64,
    "crc": np.uint32,
    "method": np.int16,
    "prefix": np.int16,
}


def first_folder(folders: Iterable[Path], suffix: str) -> Path | None:
    """The first folder that has the layout p10/p10000032/s50414267<suffix>."""
    for folder in folders:
        patients = folder.glob("p[1-9]*/p[1-9]*/") if folder.is_dir() else iter(())
        if any(next(patient.glob(f"s[1-9]*{suffix}"), None) for patient in islice(patients, _PROBED)):
            return folder
    return None


def _list_folder(base: Path, suffix: str) -> tuple[set[tuple[int, int]], list[str]]:
    fits = re.compile(r"s([1-9]\d{0,17})" + re.escape(suffix))
    found: set[tuple[int, int]] = set()
    odd: list[str] = []
    for group in _folders(base):
        for folder in _folders(group.path) if re.fullmatch(r"p[1-9]\d?", group.name) else ():
            patient = _PATIENT.fullmatch(folder.name)
            for file in os.scandir(folder.path):
                if not file.name.endswith(suffix):
                    continue
                study = fits.fullmatch(file.name)
                if study is None or patient is None or folder.name[:3] != group.name:
                    odd.append(f"{group.name}/{folder.name}/{file.name}")
                else:
                    found.add((int(patient[1]), int(study[1])))
    problems = [f"files whose name fits no study are not read: {_shown(odd)}"] if odd else []
    return found, problems


def _folders(path: str | Path) -> list[os.DirEntry[str]]:
    try:
        return sorted((entry for entry in os.scandir(path) if entry.is_dir()), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"cannot list folder: {error.strerror or error}", where=str(path)) from error


def _numbers(patient_id: str, study_id: str) -> tuple[int, int]:
    return int(read_patient(patient_id)[1:]), int(read_study(study_id)[1:])


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
