"""The reports of MIMIC-CXR: `mimic-cxr-reports.zip` read in place or unpacked, and `mimic_cxr_sectioned.csv`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.datasets.layouts import find_parts
from cxrbench.datasets.mimic_cxr.ids import study_id as read_study
from cxrbench.datasets.mimic_cxr.sections import LABELLED, ReportSections, section_report
from cxrbench.datasets.mimic_cxr.tables import id_numbers
from cxrbench.datasets.study_files import StudyFiles, StudyKey, first_folder

if TYPE_CHECKING:
    import pyarrow as pa

ARCHIVE: Final = "mimic-cxr-reports.zip"
SECTIONED: Final = "mimic_cxr_sectioned.csv"
_FOLDERS: Final = ("files", ".", "mimic-cxr-reports/files", "mimic-cxr-reports", "reports/files", "reports")


@dataclass(frozen=True, slots=True)
class StudyReport:
    """A report by sections; None for one that is missing or empty. Texts are stripped and otherwise as they stand.

    Attributes:
        last_paragraph: Where there are neither findings nor impression: the text after the last section's first blank
            line.
        source: "mimic_cxr_sectioned.csv", which has the authors' corrections by hand, or "section_report".
    """

    findings: str | None
    impression: str | None
    last_paragraph: str | None
    comparison: str | None
    indication: str | None
    history: str | None
    technique: str | None
    source: str


class MimicReports:
    """The reports of one copy. Can be pickled; holds no open file.

    Attributes:
        root: The folder they were found in.
        files: The texts; None where there is only the sectioned table.
    """

    def __init__(self, root: Path, files: StudyFiles | None, sectioned: Path | None) -> None:
        self.root = root
        self.files = files
        self._sectioned = sectioned

    def studies(self) -> Iterator[StudyKey]:
        """(patient_id, study_id) of all texts, by number."""
        yield from self.files.studies() if self.files is not None else ()

    def text(self, patient_id: str, study_id: str) -> str:
        """The whole report. Text that is not UTF-8 is read as Windows-1252.

        Raises:
            DataError: No such report, or a damaged file.
        """
        if self.files is None:
            raise DataError("this copy has no report texts", where=str(self.root), valid=ARCHIVE)
        data = self.files.read(patient_id, study_id)
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("cp1252", "replace")

    def sections(self, patient_id: str, study_id: str) -> ReportSections:
        """The sections by the rules alone. Raises DataError as `text` does."""
        return section_report(self.text(patient_id, study_id))

    def report(self, patient_id: str, study_id: str) -> StudyReport | None:
        """The report by sections; None for a study without a report.

        Findings, impression, last paragraph and comparison come from `mimic_cxr_sectioned.csv` where it names the
        study, everything else from the text.

        Raises:
            DataError: A damaged file or table.
        """
        fixed = self._fixed_sections(study_id)
        there = self.files is not None and (patient_id, study_id) in self.files
        if fixed is None and not there:
            return None
        found = self.sections(patient_id, study_id) if there else ReportSections(())
        main = fixed if fixed is not None else {name: found.last(name) for name in LABELLED}
        return StudyReport(
            **main,
            indication=found.last("indication"),
            history=found.last("history"),
            technique=found.last("technique"),
            source=SECTIONED if fixed is not None else "section_report",
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """What is odd about file names and versions."""
        return self.files.problems if self.files is not None else ()

    def _fixed_sections(self, study_id: str) -> dict[str, str | None] | None:
        table, studies, rows = self._table
        number = int(read_study(study_id)[1:])
        place = int(np.searchsorted(studies, number))
        if table is None or place == len(studies) or studies[place] != number:
            return None
        texts = {name: table[name][int(rows[place])].as_py() for name in LABELLED}
        return {name: (text or "").strip() or None for name, text in texts.items()}

    @cached_property
    def _table(self) -> tuple[pa.Table | None, NDArray[np.int64], NDArray[np.int64]]:
        if self._sectioned is None:
            return None, np.zeros(0, np.int64), np.zeros(0, np.int64)
        table = _read_sectioned(self._sectioned)
        numbers = id_numbers(table, "study", self._sectioned)
        order = np.argsort(numbers, kind="stable")
        return table, numbers[order], order


def open_reports(root: Path) -> MimicReports:
    """Find the reports; nothing is unpacked and no report is read.

    Args:
        root: The folder with `mimic-cxr-reports.zip`, or with `files/p10/...` unpacked, or with
            `mimic_cxr_sectioned.csv`, or one that holds it.

    Raises:
        DataError: No such folder, no reports in it, or an archive that cannot be read.
    """
    found = _open(root.absolute()) if root.is_dir() else None
    if found is None:
        place = find_parts(root, "mimic-cxr").get("reports")
        found = _open(place.absolute()) if place is not None else None
    if found is None:
        raise DataError(
            "no reports of MIMIC-CXR found",
            where=str(root),
            valid=f"{ARCHIVE}, the same unpacked, or {SECTIONED}",
            hint="the reports are a data set of their own: physionet.org/content/mimic-cxr",
        )
    return found


def _open(root: Path) -> MimicReports | None:
    archive = root / ARCHIVE
    folder = first_folder((root / name for name in _FOLDERS), ".txt")
    names = (SECTIONED, f"{SECTIONED}.gz")
    sectioned = next((path for name in names if (path := root / name).is_file()), None)
    files = None
    if archive.is_file() or folder is not None:
        files = StudyFiles(".txt", archive if archive.is_file() else None, folder)
    return MimicReports(root, files, sectioned) if files is not None or sectioned is not None else None


def _read_sectioned(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    names = ["study", *LABELLED]
    options = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), include_columns=names, strings_can_be_null=True
    )
    try:
        with pa.input_stream(str(path), compression="gzip" if path.suffix == ".gz" else None) as stream:
            return pa_csv.read_csv(
                stream, parse_options=pa_csv.ParseOptions(newlines_in_values=True), convert_options=options
            )
    except (pa.ArrowException, OSError, EOFError, KeyError) as error:
        raise DataError(
            f"cannot read table: {str(error).splitlines()[0]}", where=str(path), valid=",".join(names)
        ) from error
