"""Appending to predictions.jsonl: whole batches, safe against a kill at once and against a power cut soon.

What `append` has handed to the operating system survives the death of the process, so a killed run loses at most the
batch in flight. What the disk itself holds survives a power cut too; forcing it there costs milliseconds, which a
model that answers in microseconds would pay a thousandfold. So a batch that comes `SYNC_SECONDS` or more after the
last flush is forced to the disk before `append` returns, and those that come faster are flushed together, at most
`SYNC_SECONDS` after the first of them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final

from cxrbench.core import jsonio
from cxrbench.core.predictions import to_record
from cxrbench.core.types import Prediction

SYNC_SECONDS: Final = 0.1
"""The most that a power cut can take, beside the batch in flight."""


class PredictionAppender:
    """Writes whole batches to an open file; `close` flushes and closes it."""

    def __init__(self, file: FileIO, path: Path) -> None:
        self._file = file
        self._end = file.seek(0, os.SEEK_END)
        self._path = path
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._synced_at = float("-inf")
        self._failure: OSError | None = None

    def append(self, predictions: Sequence[Prediction]) -> list[int]:
        """Write a batch.

        Returns:
            Where each prediction's line begins, in bytes.

        Raises:
            StorageError: The disk refused; what it took of the batch is cut off again.
        """
        lines = [(jsonio.dumps(to_record(item)) + "\n").encode() for item in predictions]
        data = b"".join(lines)
        with self._lock, jsonio.storage_errors(self._path):
            self._raise_failure()
            end = self._end
            try:
                written = 0
                while written < len(data):
                    written += self._file.write(data[written:]) or 0
                if time.monotonic() - self._synced_at >= SYNC_SECONDS:
                    self._sync()
                elif self._timer is None:
                    self._timer = threading.Timer(SYNC_SECONDS, self._sync_later)
                    self._timer.daemon = True
                    self._timer.start()
                self._end += len(data)
            except OSError:
                with suppress(OSError):
                    self._file.truncate(end)
                raise
        starts = []
        for line in lines:
            starts.append(end)
            end += len(line)
        return starts

    def close(self) -> None:
        """Flush what is not flushed yet, and close the file.

        Raises:
            StorageError: The disk refused a flush.
        """
        with self._lock:
            try:
                with jsonio.storage_errors(self._path):
                    self._raise_failure()
                    if self._timer is not None:
                        self._sync()
            finally:
                self._file.close()

    def _sync(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        os.fsync(self._file.fileno())
        self._synced_at = time.monotonic()

    def _sync_later(self) -> None:
        with self._lock:
            if self._timer is None or self._file.closed:
                return
            try:
                self._sync()
            except OSError as error:
                self._failure = error

    def _raise_failure(self) -> None:
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure


def cut_torn_line(file: FileIO) -> None:
    """Drop what follows the last newline: the rest of a line that a killed process did not finish."""
    end = file.seek(0, os.SEEK_END)
    position, tail = end, b""
    while position > 0 and b"\n" not in tail:
        step = min(1 << 16, position)
        position -= step
        file.seek(position)
        tail = file.read(step)
    keep = position + tail.rfind(b"\n") + 1
    if keep < end:
        file.truncate(keep)
    file.seek(0, os.SEEK_END)
