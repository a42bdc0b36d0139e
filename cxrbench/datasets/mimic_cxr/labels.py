"""The label tables of MIMIC-CXR-JPG: CheXpert, NegBio, and the radiologist's labels of 687 test reports (2.1.0)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError
from cxrbench.core.types import Labels
from cxrbench.datasets.mimic_cxr.ids import study_id as read_study
from cxrbench.datasets.mimic_cxr.tables import id_numbers, numbers, read_columns

BLANK: Final = -128
"""In `LabelTable.matrix`, a condition that the report does not mention."""
_OTHER_NAMES: Final = {"Lung Opacity": "Airspace Opacity"}
"""The radiologist's table says Airspace Opacity where the others say Lung Opacity."""


class LabelTable(Mapping[str, Labels]):
    """Study id -> labels, kept as a matrix: 14 bytes per study.

    Attributes:
        path: The file.
        studies: Study numbers, ascending, int64 [n].
        matrix: 1 positive, 0 negative, -1 uncertain, `BLANK` not mentioned; int8 [n, 14], columns as `CONDITIONS`.
        problems: What was odd, one sentence each.
    """

    def __init__(
        self, path: Path, studies: NDArray[np.int64], matrix: NDArray[np.int8], problems: tuple[str, ...]
    ) -> None:
        self.path = path
        self.studies = studies
        self.matrix = matrix
        self.problems = problems

    def __getitem__(self, study_id: str) -> Labels:
        number = int(read_study(study_id)[1:])
        row = int(np.searchsorted(self.studies, number))
        if row == len(self.studies) or self.studies[row] != number:
            raise KeyError(study_id)
        return {
            name: None if value == BLANK else int(value) for name, value in zip(CONDITIONS, self.matrix[row].tolist())
        }

    def __iter__(self) -> Iterator[str]:
        return (f"s{number}" for number in self.studies.tolist())

    def __len__(self) -> int:
        return len(self.studies)


def read_labels(path: Path) -> LabelTable:
    """Read a label table; conditions by name, the patient's id is not needed.

    A value that is none of 1, 0, -1 is read as not mentioned and noted, as is a study's second row.

    Raises:
        DataError: Unreadable, or without a condition's column.
    """
    names = [*CONDITIONS, *_OTHER_NAMES.values()]
    table = read_columns(path, ["study_id"], required=["study_id"], numbers=names)
    studies = id_numbers(table, "study_id", path)
    matrix = np.full((len(studies), len(CONDITIONS)), BLANK, dtype=np.int8)
    problems = []
    odd = 0
    for index, name in enumerate(CONDITIONS):
        column = name if name in table.column_names else _OTHER_NAMES.get(name, name)
        if column not in table.column_names:
            raise DataError(
                f"column {name!r} missing; the table has {', '.join(table.column_names[:8])}",
                where=str(path),
                valid=", ".join(sorted(CONDITIONS)),
            )
        found = numbers(table, column)
        good = np.isin(found, (1.0, 0.0, -1.0))
        odd += len(found) - int(good.sum()) - table[column].null_count
        matrix[good, index] = found[good].astype(np.int8)
    if odd:
        problems.append(f"{path.name}: labels other than 1, 0 and -1 are read as not mentioned: {odd}")
    order = np.argsort(studies, kind="stable")
    studies, matrix = studies[order], matrix[order]
    first = np.append(True, np.diff(studies) != 0)[: len(studies)] & (studies > 0)
    if not first.all():
        problems.append(f"{path.name}: rows without a study, or that repeat one, are left out: {int((~first).sum())}")
    return LabelTable(path, studies[first], matrix[first], tuple(problems))
