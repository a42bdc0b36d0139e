"""The questions of a split straight from the question files, as the rows that an index would have."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.datasets.mimic_cxr.collection import MimicCxr
from cxrbench.datasets.qba.folder import QbaFolder
from cxrbench.datasets.qba.index.build import data_key
from cxrbench.datasets.qba.index.decode import read_study
from cxrbench.datasets.qba.index.grades import Grades, partition_grades, read_grades
from cxrbench.datasets.qba.index.plan import plan_studies
from cxrbench.datasets.qba.index.problems import Problems
from cxrbench.datasets.qba.index.rows import Rows
from cxrbench.datasets.qba.index.schema import ROW_GROUP, questions_schema
from cxrbench.datasets.qba.index.shapes import Shapes
from cxrbench.datasets.qba.index.study import Study
from cxrbench.tasks.qba_source import KEYS, ROWS

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS: Final = tuple(dict.fromkeys((*KEYS, *ROWS)))


class FileSource:
    """Reads every question file of the split when made, and keeps its rows in Arrow's compact form.

    Attributes:
        unreadable: Studies whose file cannot be read.
        problems: Kind -> how often, as the index counts them.
    """

    def __init__(self, folder: QbaFolder, mimic: MimicCxr | None, split: str) -> None:
        """Raises DataError for a patient in two splits, or metadata that cannot be read."""
        problems = Problems()
        films = mimic.table if mimic is not None else None
        self._folder = folder
        self.fingerprint = data_key(folder, mimic)
        self.studies = plan_studies(folder, films, problems)
        self.unreadable: list[str] = []
        self._rows = self._read(_places(self.studies, split), problems, self.unreadable)
        self._problems = problems.counts()

    @property
    def problems(self) -> Mapping[str, int]:
        return self._problems

    def keys(self) -> pa.Table:
        return self._rows.select(list(KEYS))

    def rows(self, pairs: NDArray[np.int64]) -> pa.Table:
        import pyarrow as pa

        # The pairs of the split ascend, as its studies and their questions do.
        places = np.searchsorted(self._rows["pair"].to_numpy(), pairs)
        return self._rows.select(list(ROWS)).take(pa.array(places))

    def of_studies(self, numbers: Sequence[int]) -> pa.Table:
        return self._read(sorted(numbers), Problems(), []).select(list(ROWS))

    def _read(self, numbers: Sequence[int], problems: Problems, unreadable: list[str]) -> pa.Table:
        import pyarrow as pa

        chosen = self.studies.take(pa.array(numbers, pa.int64()))
        grades = _grades(self._folder, chosen, problems)
        tables = list(self._tables(chosen, grades, problems, unreadable))
        if not tables:
            return questions_schema().empty_table().select(list(_COLUMNS))
        return pa.concat_tables(tables).unify_dictionaries().combine_chunks()

    def _tables(
        self, studies: pa.Table, grades: Grades | None, problems: Problems, unreadable: list[str]
    ) -> Iterator[pa.Table]:
        shapes = Shapes()
        rows = Rows(shapes, problems)
        for row in studies.to_pylist():
            study = _study(row)
            try:
                data = self._folder.raw("qa", study.patient_id, study.study_id)
                file = read_study(data, study.patient_id, study.study_id, study.image_id, shapes)
            except DataError as error:
                problems.add("unreadable_study", study.study_id, message=error.message)
                unreadable.append(study.study_id)
                continue
            own = None if grades is None else grades.get(study.study_id, {})
            rows.add(study, file.questions, own, None)
            if len(rows) >= ROW_GROUP:
                yield rows.table().select(list(_COLUMNS))
        if len(rows):
            yield rows.table().select(list(_COLUMNS))


def _places(studies: pa.Table, split: str) -> list[int]:
    return [place for place, name in enumerate(studies["split"].to_pylist()) if name == split]


def _study(row: Mapping[str, Any]) -> Study:
    primary = row["primary_image_id"]
    image_ids = tuple(row["image_ids"])
    return Study(
        row["study_number"],
        row["patient_id"],
        row["study_id"],
        row["split"],
        image_ids,
        tuple(row["views"]),
        tuple(row["widths"]),
        tuple(row["heights"]),
        None if primary is None else image_ids.index(primary),
        row["has_graph"],
    )


def _grades(folder: QbaFolder, studies: pa.Table, problems: Problems) -> Grades | None:
    """The grades of these studies; None where the copy has none."""
    import pyarrow as pa

    place = studies.schema.get_field_index("shard")
    one_shard = studies.set_column(place, "shard", pa.array(np.zeros(len(studies), np.int32)))
    with tempfile.TemporaryDirectory(prefix="cxrbench-grades-") as name:
        for kind, *other in partition_grades(folder, one_shard, Path(name) / "grades", "").rows():
            # Questions of all the other studies have no file here: that is no problem of the data.
            if kind != "question_without_file":
                problems.add(kind, *other)
        return read_grades(Path(name) / "grades", 0)
