"""The METEOR 1.5 Java program as a process that scores many pairs without waiting for each."""

from __future__ import annotations

import atexit
import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from typing import IO, Final

import numpy as np

from cxrbench.core.errors import CxrbenchError
from cxrbench.metrics.base import FloatArray
from cxrbench.metrics.java import archive, encoded, java_executable, one_line

_JAR: Final = "meteor/meteor-1.5.jar"
_STAGES: Final = ("exact", "stem", "synonym", "paraphrase")
_KINDS: Final = ("content_hypothesis", "content_reference", "function_hypothesis", "function_reference")
COLUMNS: Final[tuple[str, ...]] = (
    "hypothesis_length",
    "reference_length",
    "hypothesis_function_words",
    "reference_function_words",
    *(f"{stage}_{kind}" for stage in _STAGES for kind in _KINDS),
    "chunks",
    "hypothesis_matches",
    "reference_matches",
)
"""The 23 numbers of a `SCORE` line, in its order."""
_START_HINT: Final = "cxrbench doctor; METEOR needs about 0.6 GB of free memory"


class MeteorProcess:
    """One running METEOR program. Use it as a context manager, or call `close`; calls from several threads queue.

    A writer thread sends the pairs while the caller reads the answers, so that neither side waits for the other.
    The heap is bounded to 1 GiB (the paraphrase table takes about half of it).
    """

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        jar = archive(_JAR)
        command = [str(java_executable()), "-Xmx1G", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "-jar", jar.name]
        self._process = subprocess.Popen(
            [*command, "-", "-", "-stdio", "-l", "en", "-norm"],
            cwd=jar.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def __enter__(self) -> MeteorProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it can still be asked, from this operating system process."""
        return self._owner == os.getpid() and self._process.poll() is None

    def statistics(self, hypotheses: Sequence[str], references: Sequence[str]) -> FloatArray:
        """The 23 numbers of each pair. float64 [pairs, 23].

        Line breaks become blanks and the separator `|||` is removed, as pycocoevalcap does for hypotheses.

        Raises:
            CxrbenchError: The program ended or answered something else; it is closed then.
        """
        rows = np.zeros((len(references), len(COLUMNS)))
        with self._lock:
            writer = threading.Thread(target=self._write, args=(hypotheses, references), daemon=True)
            writer.start()
            try:
                for row in rows:
                    row[:] = self._read()
            except BaseException:
                self.close()
                raise
            writer.join()
        return rows

    def close(self) -> None:
        """End the program. Safe to call more than once."""
        if self._owner != os.getpid():
            return
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue

    def _write(self, hypotheses: Sequence[str], references: Sequence[str]) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            for hypothesis, reference in zip(hypotheses, references, strict=True):
                stdin.write(encoded(f"SCORE ||| {_sanitised(reference)} ||| {_sanitised(hypothesis)}\n"))
            stdin.flush()
        except (OSError, ValueError):
            # The program has gone or was closed; the reader reports it.
            return

    def _read(self) -> list[float]:
        stdout = self._process.stdout
        assert stdout is not None
        line = stdout.readline().decode(errors="replace")
        try:
            numbers = [float(number) for number in line.split()]
        except ValueError:
            numbers = []
        if len(numbers) != len(COLUMNS):
            raise CxrbenchError(
                f"METEOR answered {line.strip()!r} instead of {len(COLUMNS)} numbers",
                where=self._last_error(),
                hint=_START_HINT,
            )
        return numbers

    def _last_error(self) -> str | None:
        self._errors.seek(0)
        return self._errors.read()[-500:].decode(errors="replace").strip() or None


def _sanitised(text: str) -> str:
    return one_line(text).replace("|||", "").replace("  ", " ")


_shared: MeteorProcess | None = None
_sharing = threading.Lock()


def shared_meteor() -> MeteorProcess:
    """The METEOR program of this process: started on first use (seconds), closed at exit or by `close_meteor`."""
    global _shared
    with _sharing:
        if _shared is None or not _shared.alive:
            if _shared is None:
                atexit.register(close_meteor)
            _shared = MeteorProcess()
        return _shared


def close_meteor() -> None:
    """End the shared METEOR program and free its memory; the next use starts another."""
    global _shared
    with _sharing:
        if _shared is not None:
            _shared.close()
            _shared = None
