"""Asks a program, whatever it does: what it answered counts, what it broke on is asked again alone."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cxrbench.adapters.base import AdapterContext
from cxrbench.adapters.program.messages import PathMap, parse_path_map, prediction_of, request_line
from cxrbench.adapters.program.process import LineProcess, ProgramFailed
from cxrbench.core import jsonio
from cxrbench.core.errors import UsageError
from cxrbench.core.types import InvalidPrediction, ModelInfo, Prediction, Request

OPTIONS = ("name", "version", "timeout", "path_map", "stderr", "trained_on", "inputs", "remote")
_TIMEOUT_S = 600.0
_MAX_DEATHS = 5
"""Deaths in a row without one answer between them, after which the program is not started again."""
_HASHED_BYTES = 64 * 1024 * 1024


class ProgramAdapter:
    """One process that answers JSON lines with JSON lines, in any order, matched by id.

    A batch is written at once. When the program dies, hangs or leaves answers out, what it did answer is kept, and
    every other request is asked again alone, in a new process where the old one is gone; what fails alone is an
    "error" with the exit code and the end of its stderr.

    Args:
        command: Program and arguments.
        timeout: Seconds without a line of output after which the program counts as hanging.
        paths: See `parse_path_map`.
        stderr: File to append its stderr to.
        info: Who the model is.
    """

    def __init__(
        self,
        command: Sequence[str],
        info: ModelInfo,
        *,
        timeout: float = _TIMEOUT_S,
        paths: PathMap = (),
        stderr: Path | None = None,
    ) -> None:
        self._command = list(command)
        self._info = info
        self._timeout = timeout
        self._paths = paths
        self._stderr = stderr
        self._process: LineProcess | None = None
        self._deaths = 0

    def describe(self) -> ModelInfo:
        return self._info

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        found, reason = self._ask(requests)
        for request in requests:
            if request.id in found:
                continue
            if len(requests) > 1:
                alone, reason = self._ask([request])
                found |= alone
            if request.id not in found:
                found[request.id] = Prediction(request.id, status="error", error=reason)
        return [found[request.id] for request in requests]

    def close(self) -> None:
        """End the program."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _ask(self, requests: Sequence[Request]) -> tuple[dict[str, Prediction], str]:
        """The answers to these requests as far as they came, and why the others did not."""
        if self._deaths >= _MAX_DEATHS:
            return {}, f"the program failed {self._deaths} times in a row and was not started again"
        wanted = {request.id for request in requests}
        found: dict[str, Prediction] = {}
        odd: list[str] = []
        try:
            process = self._running()
            for request in requests:
                process.send(request_line(request, self._paths))
            deadline = time.monotonic() + self._timeout
            while wanted - found.keys():
                line = process.receive(max(deadline - time.monotonic(), 0.001))
                if not line.strip():
                    continue
                try:
                    prediction = prediction_of(line)
                except InvalidPrediction as error:
                    odd.append(error.message)
                    continue
                if prediction.id in wanted and prediction.id not in found:
                    found[prediction.id] = prediction
                    deadline = time.monotonic() + self._timeout
                    self._deaths = 0
                else:
                    odd.append(f"an answer for {prediction.id!r}, which was not asked or was answered before")
        except ProgramFailed as error:
            self._deaths += 0 if found else 1
            self.close()
            return found, _reason(str(error), odd)
        return found, ""

    def _running(self) -> LineProcess:
        if self._process is not None and not self._process.alive:
            self.close()
        if self._process is None:
            self._process = LineProcess(self._command, stderr=self._stderr)
        return self._process


def _reason(failure: str, odd: Sequence[str]) -> str:
    return failure + (f"; {len(odd)} lines of its output were not used, the first: {odd[0]}" if odd else "")


def create(argument: str | None, context: AdapterContext) -> ProgramAdapter:
    """The program named after the colon, split as a shell would, run without one.

    Raises:
        UsageError: No command, one that is not found, or an option that cannot be understood.
    """
    context.check_options("exec", OPTIONS)
    options = context.options
    try:
        command = shlex.split(argument or "")
    except ValueError as error:
        raise UsageError(
            f"the command cannot be split: {error}", where="--model", valid="exec:'python my.py'"
        ) from None
    if not command:
        raise UsageError("exec: needs a command", where="--model", valid="exec:'python my_model.py'")
    if shutil.which(command[0]) is None:
        raise UsageError(
            f"program {command[0]!r} not found", where="--model", hint="give its path, or add its folder to PATH"
        )
    timeout = options.get("timeout", _TIMEOUT_S)
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or timeout <= 0:
        raise UsageError(f"timeout {timeout!r}", where="-o timeout", valid="a number of seconds above 0")
    info = ModelInfo(
        name=str(options.get("name") or Path(command[-1]).stem or "exec"),
        version=str(options.get("version", "exec")),
        fingerprint=jsonio.digest([command, [_content(word) for word in command], str(options.get("version", ""))]),
        trained_on=_names(options.get("trained_on")),
        inputs=_names(options.get("inputs")) or ("frontal",),
        needs_pixels=False,
        remote=options.get("remote") is True,
    )
    stderr = options.get("stderr")
    return ProgramAdapter(
        command,
        info,
        timeout=float(timeout),
        paths=parse_path_map(str(options.get("path_map", ""))),
        stderr=None if stderr is None else Path(str(stderr)),
    )


def _names(value: Any) -> tuple[str, ...] | None:
    return None if value is None else tuple(part.strip() for part in str(value).split(",") if part.strip())


def _content(word: str) -> str:
    """A hash of the file that a word of the command names, so that a changed script is another model."""
    path = Path(word)
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.sha256(file.read(_HASHED_BYTES)).hexdigest()[:16] + f"/{path.stat().st_size}"
