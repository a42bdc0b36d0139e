"""One shard: the questions of some studies, as one file. Runs in a worker process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cxrbench.core.errors import DataError
from cxrbench.core.jsonio import write_json
from cxrbench.datasets.qba.folder import QbaFolder
from cxrbench.datasets.qba.index.decode import read_observations, read_study
from cxrbench.datasets.qba.index.files import sha256, write_tables
from cxrbench.datasets.qba.index.grades import Grades, read_grades
from cxrbench.datasets.qba.index.manifest import Shard
from cxrbench.datasets.qba.index.plan import read_shard
from cxrbench.datasets.qba.index.problems import Problems
from cxrbench.datasets.qba.index.rows import Rows
from cxrbench.datasets.qba.index.schema import PROBLEMS, ROW_GROUP, questions_schema
from cxrbench.datasets.qba.index.shapes import Shapes
from cxrbench.datasets.qba.index.study import Study

if TYPE_CHECKING:
    import pyarrow as pa

BUILD: Final = "building"
"""Folder inside the index for what only the building needs: the plan and the grades."""
PLAN: Final = f"{BUILD}/plan.parquet"
GRADES: Final = f"{BUILD}/grades"


def build_shard(block: int, root: str, out: str, shards: list[int], key: str) -> dict[str, Any]:
    """Write a shard, its problems and, last, its note, so that a shard with a note is whole.

    Args:
        block: Position in `shards` of the number of the shard.
        root: Folder of the data.
        out: Folder of the index, with plan and grades.
        key: Fingerprint of the data.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    number, index = shards[block], Path(out)
    problems = Problems()
    counts: list[int] = []
    studies = list(read_shard(index / PLAN, number))
    grades = read_grades(index / GRADES, number)
    file = index / Shard.file_of(number)
    with _no_collection():
        write_tables(file, _tables(_opened(root), studies, grades, problems, counts), questions_schema())
    problems.write(index / PROBLEMS / f"part-{number:05d}.parquet")
    shard = Shard(
        number,
        studies[0].number,
        len(studies),
        sum(counts),
        file.stat().st_size,
        sha256(file),
        problems.counts(),
    )
    write_json(file.with_suffix(".json"), {"key": key, "shard": asdict(shard), "questions": counts})
    return {"shard": number, "studies": len(studies), "questions": shard.questions}


def _tables(
    folder: QbaFolder, studies: list[Study], grades: Grades | None, problems: Problems, counts: list[int]
) -> Iterator[pa.Table]:
    shapes = _shapes()
    shapes.trim()
    rows = Rows(shapes, problems)
    for study in studies:
        counts.append(_add(folder, study, grades, shapes, rows, problems))
        if len(rows) >= ROW_GROUP:
            yield rows.table()
    if len(rows) or not sum(counts):
        yield rows.table()


def _add(
    folder: QbaFolder, study: Study, grades: Grades | None, shapes: Shapes, rows: Rows, problems: Problems
) -> int:
    try:
        data = folder.raw("qa", study.patient_id, study.study_id)
        file = read_study(data, study.patient_id, study.study_id, study.image_id, shapes)
    except DataError as error:
        problems.add("unreadable_study", study.study_id, message=error.message)
        return 0
    for sentence in file.problems:
        problems.add("repaired", study.study_id, sentence)
    if (file.patient_id, file.study_id) != (study.patient_id, study.study_id):
        problems.add("id_differs", study.study_id, f"{file.patient_id} {file.study_id}")
    own = None if grades is None else grades.get(study.study_id, {})
    return rows.add(study, file.questions, own, _observations(folder, study, problems))


def _observations(folder: QbaFolder, study: Study, problems: Problems) -> frozenset[str] | None:
    if not study.has_graph:
        return None
    try:
        return read_observations(folder.raw("scene_graph", study.patient_id, study.study_id))
    except DataError as error:
        problems.add("unreadable_graph", study.study_id, message=error.message)
        return None


@lru_cache(maxsize=1)
def _opened(root: str) -> QbaFolder:
    # Listing an archive takes a second; a worker does it once.
    return QbaFolder(Path(root))


@cache
def _shapes() -> Shapes:
    return Shapes()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without Python's cycle collector, which would walk over the growing rows again and again and find nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
