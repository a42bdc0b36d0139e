"""A run on disk: run.json, predictions.jsonl (append-only), statistics.parquet, results.json.

One process at a time may write. Predictions are written batch by batch (`core.appending`), so a killed run loses at
most the batch in flight; a torn last line is cut off when the run is opened again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cxrbench.core import jsonio
from cxrbench.core.appending import PredictionAppender, cut_torn_line
from cxrbench.core.errors import DataError, RunFolderError
from cxrbench.core.predictions import from_record
from cxrbench.core.types import InvalidPrediction, Prediction

RUN_SCHEMA = "cxrbench.run/1"
RUN_FILE, PREDICTIONS_FILE, STATISTICS_FILE, RESULTS_FILE = (
    "run.json",
    "predictions.jsonl",
    "statistics.parquet",
    "results.json",
)


def run_id(identity: dict[str, Any]) -> str:
    """The name of a run's folder: a hash of everything that, when changed, makes another run."""
    return jsonio.digest(identity, length=12)


def folder_name(name: str) -> str:
    """A file-system-safe form of a model or task name."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-.") or "unnamed"


class RunFolder:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged_lines: list[int] = []

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run.

        Raises:
            DataError: `path` is not a run folder.
        """
        if path.name == RUN_FILE:
            path = path.parent
        if not (path / RUN_FILE).is_file():
            inside = sorted(str(found.parent) for found in path.glob(f"**/{RUN_FILE}"))[:5] if path.is_dir() else []
            raise DataError(
                f"not a run folder (no {RUN_FILE}): {path}",
                valid=", ".join(inside) or None,
                hint="name one of these" if inside else "list runs with: cxrbench list runs",
            )
        return cls(path)

    @property
    def run_file(self) -> Path:
        return self.path / RUN_FILE

    @property
    def predictions_file(self) -> Path:
        return self.path / PREDICTIONS_FILE

    @property
    def statistics_file(self) -> Path:
        return self.path / STATISTICS_FILE

    def results_file(self, protocol: str | None = None) -> Path:
        """results.json of the first protocol; results-<protocol>.json of the others."""
        return self.path / (RESULTS_FILE if protocol is None else f"results-{protocol}.json")

    def read_run(self) -> dict[str, Any]:
        """run.json.

        Raises:
            RunFolderError: It was written by an incompatible version.
        """
        run = jsonio.read_json(self.run_file, RUN_FILE)
        if not isinstance(run, dict) or run.get("schema") != RUN_SCHEMA:
            seen = run.get("schema") if isinstance(run, dict) else type(run).__name__
            raise RunFolderError(
                f"run.json has schema {seen!r}", where=str(self.run_file), valid=RUN_SCHEMA, hint="start a new run"
            )
        return run

    def write_run(self, run: dict[str, Any]) -> None:
        jsonio.write_json(self.run_file, run)

    def read_results(self, protocol: str | None = None) -> dict[str, Any]:
        """results.json as parsed.

        Raises:
            DataError: The run has not been scored, or the file is damaged.
        """
        if not self.results_file(protocol).is_file() and self.run_file.is_file():
            raise DataError(
                f"the run has no {self.results_file(protocol).name} (status: {self.read_run().get('status')})",
                where=str(self.path),
                hint="repeat the command of the run: it goes on where it stopped, and scores",
            )
        results: dict[str, Any] = jsonio.read_json(self.results_file(protocol), "results")
        return results

    def read_predictions(self) -> dict[str, Prediction]:
        """The last prediction of each id. Lines that cannot be read are skipped and noted in `damaged_lines`."""
        self.damaged_lines = []
        found: dict[str, Prediction] = {}
        try:
            data = self.predictions_file.read_bytes()
        except FileNotFoundError:
            return found
        for number, line in enumerate(data.split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                prediction = from_record(json.loads(line))
            except (ValueError, RecursionError, InvalidPrediction):
                self.damaged_lines.append(number)
                continue
            found[prediction.id] = prediction
        return found

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the only right to write.

        Raises:
            RunFolderError: Another process holds it.
        """
        from filelock import FileLock, Timeout

        with jsonio.storage_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise RunFolderError(
                "another process is writing this run",
                where=str(self.path),
                hint="wait for it to end, or choose another folder with --out",
            ) from None
        except OSError as error:
            raise jsonio.StorageError(
                f"cannot lock the run folder: {error.strerror}", where=str(self.path), hint="choose another --out"
            ) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def appender(self) -> Iterator[PredictionAppender]:
        """Append predictions; the caller holds the lock."""
        with jsonio.storage_errors(self.predictions_file):
            # Unbuffered: what a full disk refused must not be tried again when the file is closed.
            file = self.predictions_file.open("ab+", buffering=0)
        try:
            with jsonio.storage_errors(self.predictions_file):
                cut_torn_line(file)
            appender = PredictionAppender(file, self.predictions_file)
            try:
                yield appender
            except BaseException:
                # The first error is the one to show.
                with suppress(jsonio.StorageError):
                    appender.close()
                raise
            appender.close()
        finally:
            file.close()


def find_runs(root: Path) -> list[RunFolder]:
    """All run folders below `root`, in path order."""
    return [RunFolder(found.parent) for found in sorted(root.glob(f"**/{RUN_FILE}"))]
