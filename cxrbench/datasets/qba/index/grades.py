"""The grades of the questions, from a table of tens of millions of rows, where the worker of a shard finds them.

The table is streamed once and its rows are appended to one small file per shard, so that it need not be sorted and is
never in memory.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.jsonio import read_json, storage_errors, write_json
from cxrbench.datasets.qba.index.problems import Problems
from cxrbench.datasets.qba.index.schema import GRADES

if TYPE_CHECKING:
    import pyarrow as pa

    from cxrbench.datasets.qba.folder import QbaFolder

Grades = Mapping[str, Mapping[str, str | None]]
"""study_id -> question_id -> grade."""
RATINGS: Final = ("quality.rating", "rating")
_DONE: Final = "grades.json"
_UNRATED: Final = frozenset({"", "u", "unrated", "none", "nan", "null", "<na>"})
_SPELT: Final = {"app": "A++", "ap": "A+", **{grade.lower(): grade for grade in GRADES}}
"""The exports spell A++ and A+ as App and Ap."""


def partition_grades(folder: QbaFolder, studies: pa.Table, parts: Path, key: str) -> Problems:
    """Write the grades of every shard; nothing is read where an earlier run did that for the same data.

    Args:
        studies: The plan: study_id and shard, a row per study.
        parts: Folder for the files.
        key: Fingerprint of the data.

    Returns:
        Questions of the table whose study has no file, and grades that are not understood.
    """
    problems = Problems()
    if (parts / _DONE).is_file() and (done := read_json(parts / _DONE))["key"] == key:
        for row in done["problems"]:
            problems.add(*row)
        return problems
    shutil.rmtree(parts, ignore_errors=True)
    if folder.tables is None or folder.tables.path("question") is None:
        problems.add("no_question_metadata")
        return problems
    shard_of = dict(zip(studies["study_id"].to_pylist(), studies["shard"].to_pylist()))
    spelt = grade_spellings(folder)
    unknown: Counter[str] = Counter()
    orphans: Counter[str] = Counter()
    with storage_errors(parts):
        parts.mkdir(parents=True)
        for batch in folder.tables.batches("question", RATINGS):
            _append(batch, shard_of, spelt, parts, unknown, orphans)
        for grade, count in unknown.items():
            problems.add("unknown_grade", item=grade, count=count)
        for study, count in orphans.items():
            problems.add("question_without_file", study, count=count)
        write_json(parts / _DONE, {"key": key, "problems": problems.rows()})
    return problems


def read_grades(parts: Path, shard: int) -> Grades | None:
    """The grades of the studies of a shard; None where the data have no question metadata."""
    if not (parts / _DONE).is_file():
        return None
    found: dict[str, dict[str, str | None]] = {}
    for table in _streams(parts / f"{shard:05d}.arrows"):
        columns = (table[name].to_pylist() for name in ("study_id", "question_id", "grade"))
        for study, question, grade in zip(*columns):
            found.setdefault(study, {})[question] = grade
    return found


def grade_spellings(folder: QbaFolder) -> dict[str, str]:
    """Spelling in small letters, or code -> grade."""
    return {**_SPELT, **grade_codes(folder.quality_mappings)}


def grade_codes(mappings: tuple[dict[str, str], ...]) -> dict[str, str]:
    """Code -> grade, of the rows of `quality_mappings.csv` that are about the rating.

    The columns are not documented: a row counts that has a whole number, a grade, and the word "rating" somewhere.
    """
    found: dict[str, str] = {}
    for row in mappings:
        cells = [value.strip() for value in row.values()]
        codes = [cell for cell in cells if cell.lstrip("-").isdigit()]
        grades = [_SPELT[cell.lower()] for cell in cells if cell.lower() in _SPELT]
        if len(codes) == 1 and len(grades) == 1 and any("rating" in cell.lower() for cell in cells):
            found[codes[0]] = grades[0]
    return found


def _append(
    batch: pa.RecordBatch,
    shard_of: Mapping[str, int],
    spelt: Mapping[str, str],
    parts: Path,
    unknown: Counter[str],
    orphans: Counter[str],
) -> None:
    import pyarrow as pa

    studies = batch["study_id"].dictionary_encode()
    shards = np.array([shard_of.get(study, -1) for study in studies.dictionary.to_pylist()], np.int64)
    shard = shards[studies.indices.to_numpy()]
    names, counts = np.unique(studies.indices.to_numpy()[shard < 0], return_counts=True)
    for name, count in zip(names.tolist(), counts.tolist()):
        orphans[studies.dictionary[name].as_py()] += count
    grades = decode_grades(batch, spelt, unknown)
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    rows = pa.table({"study_id": batch["study_id"], "question_id": batch["question_id"], "grade": grades})
    order = np.argsort(shard, kind="stable")
    for run in np.split(order, np.flatnonzero(np.diff(shard[order])) + 1):
        if len(run) and shard[run[0]] >= 0:
            with (parts / f"{shard[run[0]]:05d}.arrows").open("ab") as file:
                chosen = rows.take(pa.array(run))
                with pa.ipc.new_stream(file, chosen.schema, options=options) as writer:
                    writer.write_table(chosen)


def decode_grades(batch: pa.RecordBatch, spelt: Mapping[str, str], unknown: Counter[str]) -> pa.Array:
    """The grades of a batch of the table of questions, null where not understood; those are counted in `unknown`."""
    import pyarrow as pa

    column = next((batch[name] for name in RATINGS if name in batch.schema.names), None)
    if column is None:
        return pa.nulls(batch.num_rows, pa.string())
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    words = column.cast(pa.string()).fill_null("").dictionary_encode()
    grades: list[str | None] = []
    of_row: NDArray[np.int32] = words.indices.to_numpy()
    for code, word in enumerate(words.dictionary.to_pylist()):
        text = word.strip().removesuffix(".0").lower()
        grades.append("U" if text in _UNRATED else spelt.get(text))
        if grades[-1] is None:
            unknown[word] += int((of_row == code).sum())
    return pa.array(grades, pa.string()).take(words.indices)


def _streams(path: Path) -> Iterator[pa.Table]:
    import pyarrow as pa

    if not path.is_file():
        return
    size = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() < size:
            yield pa.ipc.open_stream(file).read_all()
