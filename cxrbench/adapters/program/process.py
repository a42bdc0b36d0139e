"""A child process that speaks lines: written to and read from in threads, so that nothing it does can block us."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

MAX_LINE = 64 * 1024 * 1024
"""Bytes of one line of output; a longer one ends the program."""
_STDERR_LINES = 20
_GRACE_S = 3.0


class ProgramFailed(Exception):
    """The program cannot answer: it ended, wrote a line without end, or said nothing for too long."""


class LineProcess:
    """A running program.

    Args:
        command: Program and arguments; no shell is involved.
        stderr: File to append the program's stderr to; its last lines are kept in any case.
    """

    def __init__(self, command: Sequence[str], *, stderr: Path | None = None) -> None:
        self._lines: queue.Queue[bytes | ProgramFailed] = queue.Queue()
        self._outgoing: queue.Queue[bytes | None] = queue.Queue()
        self._last_words: deque[str] = deque(maxlen=_STDERR_LINES)
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # A group of its own, so that what it started ends with it, and Ctrl-C reaches only us.
                start_new_session=True,
            )
        except OSError as error:
            raise ProgramFailed(f"cannot start {command[0]!r}: {error.strerror or error}") from error
        pipes = self._process.stdin, self._process.stdout, self._process.stderr
        assert all(pipe is not None for pipe in pipes)
        for target, arguments in (
            (self._write, (pipes[0],)),
            (self._read, (pipes[1],)),
            (self._read_stderr, (pipes[2], stderr)),
        ):
            threading.Thread(target=target, args=arguments, daemon=True).start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, data: bytes) -> None:
        """Queue bytes for the program's stdin; never blocks."""
        self._outgoing.put(data)

    def receive(self, timeout: float) -> bytes:
        """The next line of its stdout, without the line end.

        Raises:
            ProgramFailed: No line within `timeout` seconds, or none will come any more.
        """
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            raise ProgramFailed(f"the program said nothing for {timeout:g} s{self._stderr_tail()}") from None
        if isinstance(line, ProgramFailed):
            self._lines.put(line)
            raise line
        return line

    def stop(self) -> None:
        """End the program and all that it started; kills what does not go by itself."""
        self._outgoing.put(None)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self.alive:
                try:
                    self._process.wait(0.2)
                except subprocess.TimeoutExpired:
                    os.killpg(self._process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _write(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (data := self._outgoing.get()) is not None:
                pipe.write(data)
                pipe.flush()
        with contextlib.suppress(OSError):
            pipe.close()

    def _read(self, pipe: IO[bytes]) -> None:
        failed: ProgramFailed | None = None
        with contextlib.suppress(OSError, ValueError):
            while line := pipe.readline(MAX_LINE):
                if len(line) == MAX_LINE and not line.endswith(b"\n"):
                    failed = ProgramFailed(f"the program wrote a line of more than {MAX_LINE:,} bytes")
                    break
                self._lines.put(line.rstrip(b"\r\n"))
        if failed is None:
            code = self._process.wait()
            how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
            failed = ProgramFailed(f"the program ended with {how}{self._stderr_tail()}")
        self._lines.put(failed)

    def _read_stderr(self, pipe: IO[bytes], kept: Path | None) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
            file = stack.enter_context(kept.open("ab")) if kept else None
            while line := pipe.readline(1 << 16):
                self._last_words.append(line.decode("utf-8", "replace").rstrip())
                if file is not None:
                    file.write(line)
                    file.flush()

    def _stderr_tail(self) -> str:
        words = " | ".join(list(self._last_words)[-3:])
        return f"; its stderr ends: {words[-300:]}" if words else ""
