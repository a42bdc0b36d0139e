"""Sex and age of MIMIC patients, where the user has `patients.csv.gz` of MIMIC-IV (PhysioNet, credentialed).

Columns used: `subject_id`, `gender` (F or M), `anchor_age` (years in `anchor_year`; 91 stands for everything above
89) and `anchor_year` (shifted like the dates of the studies of the same patient).
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cxrbench.core.errors import DataError

Sex = Literal["female", "male"]
NAMES: Final = ("patients.csv.gz", "patients.csv")
_FOLDERS: Final = ("", "hosp", "core")
_COLUMNS: Final = ("subject_id", "gender", "anchor_age", "anchor_year")
OLDEST: Final = 91
AGE_BANDS: Final = ((0, "under 40"), (40, "40-59"), (60, "60-79"), (80, "80 and over"))


@dataclass(frozen=True, slots=True)
class Patient:
    """One row.

    Attributes:
        sex: "female", "male", or None where the table says neither.
    """

    sex: Sex | None
    anchor_age: int | None
    anchor_year: int | None

    def age_in(self, year: int | None) -> int | None:
        """Age in a (shifted) year; None where anything is missing. Above 89 it stays 91, as in the table."""
        if self.anchor_age is None or self.anchor_year is None or year is None:
            return None
        return min(max(self.anchor_age + year - self.anchor_year, 0), OLDEST)


def age_band(age: int) -> str:
    """The band that a stratum names."""
    return next(name for low, name in reversed(AGE_BANDS) if age >= low)


def find_patients(folders: Iterable[Path]) -> Path | None:
    """The table in one of the folders, in their `hosp/`, or in a `mimic-iv` folder beside them; None without one."""
    for folder in folders:
        places = [folder / name for name in _FOLDERS]
        for parent in (folder, folder.parent, folder.parent.parent):
            base = parent / "mimic-iv"
            if base.is_dir():
                versions = sorted((path for path in base.iterdir() if path.is_dir()), reverse=True)
                places += [place / name for place in (base, *versions) for name in _FOLDERS]
        found = next((place / name for place in places for name in NAMES if (place / name).is_file()), None)
        if found is not None:
            return found
    return None


def read_patients(path: Path) -> Mapping[str, Patient]:
    """`subject_id` (bare digits) -> patient.

    Raises:
        DataError: The table cannot be read, or lacks a column.
    """
    open_text = gzip.open if path.suffix == ".gz" else open
    try:
        with open_text(path, "rt", encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise DataError(
                    f"the table of patients lacks {', '.join(missing)}",
                    where=str(path),
                    valid=", ".join(_COLUMNS),
                    hint="take patients.csv.gz of MIMIC-IV (hosp), or move this file away",
                )
            return {(row["subject_id"] or "").strip().removeprefix("p"): _patient(row) for row in rows}
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise DataError(
            f"the table of patients cannot be read: {error}",
            where=str(path),
            hint="download it again, or move it away",
        ) from error


def _patient(row: Mapping[str, str | None]) -> Patient:
    code = (row["gender"] or "").strip().upper()[:1]
    sex: Sex | None = "female" if code == "F" else "male" if code == "M" else None
    return Patient(sex, _integer(row["anchor_age"]), _integer(row["anchor_year"]))


def _integer(text: str | None) -> int | None:
    try:
        return int(float(text or ""))
    except (ValueError, OverflowError):
        return None
