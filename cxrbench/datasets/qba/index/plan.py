"""The studies in their order, their images and their shards: what every worker and every resumed run agrees on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cxrbench.datasets.mimic_cxr.films import NO_FRONTAL
from cxrbench.datasets.qba.index.files import write_tables
from cxrbench.datasets.qba.index.images import Images, read_images
from cxrbench.datasets.qba.index.problems import Problems
from cxrbench.datasets.qba.index.schema import studies_schema
from cxrbench.datasets.qba.index.study import Study

if TYPE_CHECKING:
    import pyarrow as pa

    from cxrbench.datasets.mimic_cxr.films import FilmTable
    from cxrbench.datasets.qba.folder import QbaFolder

STUDIES_PER_SHARD: Final = 250


def plan_studies(folder: QbaFolder, films: FilmTable | None, problems: Problems) -> pa.Table:
    """The studies that have a question file, as in `studies_schema`, with no questions yet.

    Args:
        films: The films of MIMIC-CXR-JPG, where they are at hand (see `read_images`).

    Raises:
        DataError: A patient in two splits, or a table that cannot be read.
    """
    import pyarrow as pa

    for sentence in folder.problems:
        problems.add("file_names", message=sentence)
    patient_of: dict[str, str] = {}
    for patient, study in folder.studies("qa"):
        if patient_of.setdefault(study, patient) != patient:
            problems.add("duplicate_study", study, patient)
    splits = folder.splits()
    graphs = {study for _, study in folder.studies("scene_graph")}
    studies = list(patient_of)
    images = read_images(folder, films, {study: number for number, study in enumerate(studies)}, problems)
    numbers = np.arange(len(studies), dtype=np.int32)
    starts = np.searchsorted(images.study, np.arange(len(studies) + 1)).astype(np.int32)
    _note(folder, studies, graphs, starts, problems)

    def lists(values: Any) -> pa.Array:
        return pa.ListArray.from_arrays(pa.array(starts), pa.array(values))

    columns = {
        "study_number": numbers,
        "patient_id": list(patient_of.values()),
        "study_id": studies,
        "split": [splits.get(patient) for patient in patient_of.values()],
        "shard": numbers // STUDIES_PER_SHARD,
        "questions": np.zeros(len(studies), np.int32),
        "image_ids": lists(images.id),
        "views": lists(images.view),
        "widths": lists(images.width),
        "heights": lists(images.height),
        "primary_image_id": _primary(images, starts),
        "has_graph": [study in graphs for study in studies],
    }
    schema = studies_schema()
    return pa.table({name: pa.array(values, schema.field(name).type) for name, values in columns.items()}, schema)


def write_plan(path: Path, plan: pa.Table) -> None:
    """Write the plan so that `read_shard` reads one shard of it."""
    shards = range(0, len(plan), STUDIES_PER_SHARD)
    write_tables(path, (plan.slice(first, STUDIES_PER_SHARD) for first in shards), plan.schema)


def read_shard(path: Path, number: int) -> Iterator[Study]:
    """The studies of a shard, from a written plan."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        rows = file.read_row_group(number).to_pylist()
    for row in rows:
        primary = row["primary_image_id"]
        yield Study(
            row["study_number"],
            row["patient_id"],
            row["study_id"],
            row["split"],
            tuple(row["image_ids"]),
            tuple(row["views"]),
            tuple(row["widths"]),
            tuple(row["heights"]),
            None if primary is None else row["image_ids"].index(primary),
            row["has_graph"],
        )


def _primary(images: Images, starts: Any) -> list[str | None]:
    """The image of the lowest rank, of several the one with the smallest id, as `views.primary_frontal` has it."""
    found: list[str | None] = []
    for first, last in zip(starts[:-1].tolist(), starts[1:].tolist()):
        best = int(np.argmin(images.rank[first:last])) + first if last > first else None
        found.append(None if best is None or images.rank[best] == NO_FRONTAL else images.id[best].as_py())
    return found


def _note(folder: QbaFolder, studies: list[str], graphs: set[str], starts: Any, problems: Problems) -> None:
    for number in np.flatnonzero(np.diff(starts) == 0).tolist():
        problems.add("study_without_images", studies[number])
    if not graphs:
        problems.add("no_scene_graphs")
    for study in studies if graphs else ():
        if study not in graphs:
            problems.add("study_without_graph", study)
    known = {*studies}
    for study in sorted(graphs - known):
        problems.add("graph_without_questions", study)
    table = folder.metadata("study", ())
    named = set(table["study_id"].to_pylist()) if table is not None else set()
    for study in sorted(named - known):
        problems.add("study_without_file", study)
    for study in studies if named else ():
        if study not in named:
            problems.add("study_without_metadata", study)
