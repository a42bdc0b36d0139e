"""Every run below a folder, under every protocol it was scored under, and what had to be left out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cxrbench.core import jsonio
from cxrbench.core.errors import DataError
from cxrbench.core.run_folder import PREDICTIONS_FILE, RESULTS_FILE, RUN_FILE, STATISTICS_FILE, RunFolder
from cxrbench.leaderboard.board.cache import Cache
from cxrbench.leaderboard.board.facts import UnreadableError, clean, results_facts, run_facts

_FACTS_VERSION = 1
_LARGEST = 1 << 28
_STARTED = {
    "running": "the run has not ended",
    "predicted": "predicted but not scored: repeat the command as `cxrbench run`",
    "interrupted": "the run was interrupted: the same command goes on where it stopped",
    "failed": "the run failed before it was scored: repeat the command",
}


@dataclass(frozen=True)
class ScoredRun:
    """One run under one protocol.

    Attributes:
        path: Of the run folder, below the folder collected.
        record, results: As `facts` gives them.
        statistics: SHA-256 of statistics.parquet; None where the file is missing.
    """

    path: str
    folder: RunFolder = field(repr=False)
    record: Mapping[str, Any] = field(repr=False)
    results: Mapping[str, Any] = field(repr=False)
    statistics: str | None


@dataclass(frozen=True)
class LeftOut:
    """A folder, or one of its protocols, that takes no part, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Collected:
    """Runs in path order, protocols in their order."""

    runs: tuple[ScoredRun, ...]
    left_out: tuple[LeftOut, ...]


def collect(root: Path, cache: Cache, progress: Callable[[int], None] | None = None) -> Collected:
    """Read all runs below `root`. A run that cannot be used is listed, never an error.

    Args:
        progress: Called with the number of run folders read so far.

    Raises:
        DataError: `root` is not a folder.
    """
    if not root.is_dir():
        raise DataError(f"no such folder: {root}", hint="name the folder that `cxrbench run --out` wrote to")
    runs: list[ScoredRun] = []
    left_out: list[LeftOut] = []
    for number, folder in enumerate(_folders(root, left_out), start=1):
        _read(folder, root, cache, runs, left_out)
        if progress is not None:
            progress(number)
    return Collected(tuple(runs), tuple(left_out))


def _folders(root: Path, left_out: list[LeftOut]) -> Iterator[Path]:
    """Folders that hold a run; folders that cannot be listed, or hold pieces of a run alone, are noted."""

    def unlisted(error: OSError) -> None:
        left_out.append(LeftOut(_below(Path(error.filename or root), root), f"cannot be listed: {error.strerror}"))

    for path, folders, files in os.walk(root, onerror=unlisted):
        folders.sort()
        if RUN_FILE in files:
            yield Path(path)
        elif pieces := [name for name in (RESULTS_FILE, STATISTICS_FILE, PREDICTIONS_FILE) if name in files]:
            left_out.append(LeftOut(_below(Path(path), root), f"{RUN_FILE} is missing beside {', '.join(pieces)}"))


def _read(folder: Path, root: Path, cache: Cache, runs: list[ScoredRun], left_out: list[LeftOut]) -> None:
    name = _below(folder, root)
    try:
        record = run_facts(_bytes(folder / RUN_FILE))
    except UnreadableError as reason:
        left_out.append(LeftOut(name, str(reason)))
        return
    if record["status"] not in ("complete", "incomplete"):
        left_out.append(LeftOut(name, _STARTED.get(record["status"], f"status {record['status']!r} is unknown")))
        return
    run = RunFolder(folder)
    statistics = _digest(run.statistics_file)
    protocols = record["identity"]["protocols"]
    if not protocols:
        left_out.append(LeftOut(name, "the run names no protocol"))
    for place, protocol in enumerate(protocols):
        where = name if len(protocols) == 1 else f"{name} ({protocol})"
        try:
            if "/" in protocol or "\\" in protocol:
                raise UnreadableError("the name of the protocol is no file name")
            results = _results(run.results_file(None if place == 0 else protocol), cache)
            _check_same_run(record, results, protocol)
        except UnreadableError as reason:
            left_out.append(LeftOut(where, str(reason)))
            continue
        if results["scores_left_out"]:
            left_out.append(LeftOut(where, f"{results['scores_left_out']} of its scores: more than a table can show"))
        runs.append(ScoredRun(name, run, record, results, statistics))


def _results(path: Path, cache: Cache) -> dict[str, Any]:
    """The facts of a results file, through the cache: parsing its strata is most of the work."""
    data = _bytes(path)
    key = hashlib.sha256(data).hexdigest() + f"-{_FACTS_VERSION}"
    found: dict[str, Any] | None = cache.get("results", key)
    if found is None:
        found = results_facts(data, path.name)
        cache.put("results", key, found)
    return found


def _check_same_run(record: Mapping[str, Any], results: Mapping[str, Any], protocol: str) -> None:
    expected = {"task": record["identity"]["task"], "model": record["model"]["name"], "protocol": protocol}
    for key, value in expected.items():
        if results[key] != value:
            raise UnreadableError(f"the results are of another run: {key} {results[key]!r} instead of {value!r}")
    if results["phantom"] is not None and results["phantom"] != record["data"]["phantom"]:
        raise UnreadableError("run.json and the results disagree on whether the data are a phantom")


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UnreadableError(f"{clean(path.name)} is missing")
        if path.stat().st_size > _LARGEST:
            raise UnreadableError(f"{clean(path.name)} is larger than {_LARGEST >> 20} MiB")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        # ValueError: a protocol with a null byte makes a file name that cannot exist.
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableError(f"{clean(path.name)} cannot be read: {reason}") from None


def _digest(path: Path) -> str | None:
    try:
        return jsonio.file_fingerprint(path, 64) if path.is_file() else None
    except OSError:
        return None


def _below(path: Path, root: Path) -> str:
    return clean(str(path.relative_to(root))) if path != root else "."
