"""Building an index: in bounded memory, on all cores, and never twice what is already there."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.jsonio import digest, read_json, storage_errors
from cxrbench.datasets.phantom.blocks import cores, run_blocks
from cxrbench.datasets.phantom.info import find_phantom_info
from cxrbench.datasets.qba.folder import QbaFolder, open_qba
from cxrbench.datasets.qba.index.files import sha256, write_table
from cxrbench.datasets.qba.index.fingerprint import data_fingerprint
from cxrbench.datasets.qba.index.grades import partition_grades
from cxrbench.datasets.qba.index.manifest import Manifest, Shard, read_manifest
from cxrbench.datasets.qba.index.plan import STUDIES_PER_SHARD, plan_studies, write_plan
from cxrbench.datasets.qba.index.problems import Problems
from cxrbench.datasets.qba.index.schema import MANIFEST, PROBLEMS, QUESTIONS, STUDIES
from cxrbench.datasets.qba.index.shard import BUILD, GRADES, PLAN

if TYPE_CHECKING:
    import pyarrow as pa

    from cxrbench.datasets.mimic_cxr.collection import MimicCxr

Progress = Callable[[int, int], None]
_BUILDER: Final = "cxrbench.datasets.qba.index.shard:build_shard"
_LOCK: Final = ".lock"
_MOST_WORKERS: Final = 8
"""By default: a worker takes about 160 MB, and the whole must stay below 1.5 GiB."""
_ENVIRONMENT: Final = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Arrow's own pool keeps 40 MB of every worker for later."""


@dataclass(frozen=True, slots=True)
class Built:
    """What `build_index` did.

    Attributes:
        reused: Shards that an earlier run had finished and that are intact.
    """

    manifest: Manifest
    reused: int


def build_index(
    root: Path,
    out: Path,
    *,
    jpg: MimicCxr | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Built:
    """Index a copy of MIMIC-Ext-CXR-QBA, or go on where an interrupted run stopped.

    Every shard appears under its name only when it is whole and on the disk. A repeated call checks what is there by
    size and SHA-256 and writes what is missing.

    Args:
        root: As for `open_qba`.
        out: Folder of the index.
        jpg: MIMIC-CXR-JPG, where it is at hand: it knows widths, heights and views better.
        workers: Processes; by default one per core, at most 8. With 1 everything is done here.
        progress: Called with (studies done, all studies).

    Raises:
        DataError: No data, a patient in two splits, a table that cannot be read, or no question files.
        UsageError: The folder holds an index of other data, or another process builds it.
        StorageError: The disk is full or the folder cannot be written; the same command goes on later.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers", valid="1 or more")
    folder = open_qba(root)
    key = data_key(folder, jpg)
    with _locked(out):
        old = _earlier(out, key)
        if old is not None and old.complete and _whole(out, old):
            return Built(old, len(old.shards))
        _sweep(out)
        problems = Problems()
        studies = plan_studies(folder, jpg.table if jpg is not None else None, problems)
        if not len(studies):
            raise DataError(
                "no question files",
                where=str(folder.root),
                valid="qa.zip, or files like p10/p10000032/s50414267.qa.json",
            )
        phantom = find_phantom_info(folder.root) is not None
        with storage_errors(out):
            Manifest(key, phantom, len(studies), 0, (), {}, complete=False).write(out)
            write_plan(out / PLAN, studies)
        for row in partition_grades(folder, studies, out / GRADES, key).rows():
            problems.add(*row)
        numbers = range(-(-len(studies) // STUDIES_PER_SHARD))
        notes = {number: note for number in numbers if (note := _finished(out, number, key)) is not None}
        missing = [number for number in numbers if number not in notes]
        reused, done = len(notes), sum(note["shard"]["studies"] for note in notes.values())
        report = progress or (lambda done, total: None)
        report(done, len(studies))
        arguments = {"root": str(folder.root), "out": str(out.absolute()), "shards": missing, "key": key}
        with storage_errors(out):
            processes = workers or min(cores(), _MOST_WORKERS)
            for _, written in run_blocks(_BUILDER, arguments, len(missing), processes, _ENVIRONMENT):
                done += written["studies"]
                report(done, len(studies))
            notes |= {number: read_json(_note(out, number)) for number in missing}
            manifest = _finish(out, key, phantom, studies, [notes[number] for number in numbers], problems)
        return Built(manifest, reused)


def data_key(folder: QbaFolder, jpg: MimicCxr | None) -> str:
    """The fingerprint of an index: of the data and of the films that it was built with."""
    return digest([data_fingerprint(folder), jpg.fingerprint if jpg is not None else None], 64)


def _whole(out: Path, manifest: Manifest) -> bool:
    return (out / STUDIES).is_file() and all(_intact(out, shard) for shard in manifest.shards)


def _finish(
    out: Path, key: str, phantom: bool, studies: pa.Table, notes: list[dict[str, Any]], problems: Problems
) -> Manifest:
    import pyarrow as pa

    questions = pa.array([count for note in notes for count in note["questions"]], pa.int32())
    place = studies.schema.get_field_index("questions")
    write_table(out / STUDIES, studies.set_column(place, studies.schema.field(place), questions))
    problems.write(out / PROBLEMS / "plan.parquet")
    total = Counter(problems.counts())
    for note in notes:
        total.update(note["shard"]["problems"])
    shards = tuple(Shard(**note["shard"]) for note in notes)
    manifest = Manifest(
        key, phantom, len(studies), sum(shard.questions for shard in shards), shards, dict(sorted(total.items()))
    )
    manifest.write(out)
    shutil.rmtree(out / BUILD, ignore_errors=True)
    _sweep(out)
    return manifest


def _earlier(out: Path, key: str) -> Manifest | None:
    """The manifest of an earlier run, finished or not.

    Raises:
        UsageError: The folder holds something else.
    """
    if not (out / MANIFEST).is_file():
        if any(path.name != _LOCK for path in out.iterdir()):
            raise UsageError("the folder is not empty and holds no index", where=str(out), hint="name a new folder")
        return None
    manifest = read_manifest(out, unfinished=True)
    if manifest.fingerprint != key:
        raise UsageError(
            f"the folder holds an index of other data (fingerprint {manifest.fingerprint[:12]}, not {key[:12]})",
            where=str(out),
            hint="name another folder with --out, or delete this one",
        )
    return manifest


def _sweep(out: Path) -> None:
    """Remove what killed workers left half written."""
    for leftover in (*out.glob(f"{QUESTIONS}/.part-*"), *out.glob(f"{PROBLEMS}/.part-*")):
        leftover.unlink(missing_ok=True)


def _note(out: Path, number: int) -> Path:
    return (out / Shard.file_of(number)).with_suffix(".json")


def _finished(out: Path, number: int, key: str) -> dict[str, Any] | None:
    """The note of a shard that is whole and of these data."""
    path = _note(out, number)
    if not path.is_file():
        return None
    note: dict[str, Any] = read_json(path)
    return note if note["key"] == key and _intact(out, Shard(**note["shard"])) else None


def _intact(out: Path, shard: Shard) -> bool:
    file = out / shard.file
    return file.is_file() and file.stat().st_size == shard.bytes and sha256(file) == shard.sha256


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(out / _LOCK))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise UsageError(
                "another process is building this index", where=str(out), hint="wait for it, or name another folder"
            ) from None
    try:
        yield
    finally:
        lock.release()
