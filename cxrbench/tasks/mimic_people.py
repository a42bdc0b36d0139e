"""Sex and age of the patients of MIMIC studies, where the user has MIMIC-IV's table of patients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cxrbench.core.jsonio import file_fingerprint
from cxrbench.datasets.mimic_cxr.collection import MimicCxr
from cxrbench.datasets.mimic_patients import Patient, age_band, find_patients, read_patients


@dataclass(frozen=True)
class People:
    """The patients, as far as the user's files tell.

    Attributes:
        mimic: For the dates of studies; without it there are no ages.
        table: subject_id -> patient; empty where there is no table.
        path: The table; None without one.
    """

    mimic: MimicCxr | None
    table: Mapping[str, Patient] = field(default_factory=dict)
    path: Path | None = None

    @classmethod
    def of(cls, folders: Iterable[Path], mimic: MimicCxr | None) -> People:
        """Read the table where one of the folders has it (see `find_patients`).

        Raises:
            DataError: The table is there and cannot be read.
        """
        path = find_patients(folders)
        return cls(mimic) if path is None else cls(mimic, read_patients(path), path)

    @property
    def fingerprint(self) -> str | None:
        """Of the table: strata depend on it."""
        return None if self.path is None else file_fingerprint(self.path)

    def sex_and_age(self, patient_id: str, study_id: str) -> tuple[str | None, str | None]:
        """Sex, and the age band at the time of the study; None where unknown."""
        known = self.table.get(patient_id.removeprefix("p"))
        if known is None:
            return None, None
        age = known.age_in(self._year(study_id))
        return known.sex, None if age is None else age_band(age)

    def strata(self, patient_id: str, study_id: str) -> dict[str, tuple[str, ...]]:
        """The strata `sex` and `age`, without those that are unknown."""
        named = zip(("sex", "age"), self.sex_and_age(patient_id, study_id))
        return {name: (value,) for name, value in named if value is not None}

    def _year(self, study_id: str) -> int | None:
        if self.mimic is None or study_id not in self.mimic:
            return None
        when = self.mimic.study(study_id).when
        return None if when is None else when[0] // 10_000
