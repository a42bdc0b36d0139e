"""Every error that a user can cause, and the exit code it ends with.

CxrbenchError                4  internal, unless a subclass says otherwise
├── UsageError               2  a command line, configuration or name that cannot be understood
│   └── UnknownNameError     2  with the nearest valid names
├── MissingError             3  data, weights or an optional extra are not there
│   ├── DataError            3  a data file is missing, unreadable or malformed
│   ├── WeightsError         3  a checkpoint is missing, truncated or of another architecture
│   └── ExtraMissingError    3  an optional dependency is not installed
└── RunFolderError           2  a run folder is locked, of another run, or damaged beyond repair

An error answers four questions: what failed, which value was seen, what is valid, what to try next.
"""

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Process exit codes of the command line."""

    OK = 0
    INCOMPLETE = 1
    """Finished, but examples failed or a requirement was missed."""
    USAGE = 2
    MISSING = 3
    INTERNAL = 4
    INTERRUPTED = 130


class CxrbenchError(Exception):
    """Base of all errors that cxrbench raises on purpose.

    Args:
        message: What failed, with the value seen.
        where: The file, option or line at fault.
        valid: What would have been accepted.
        hint: The next command or action to try.
    """

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(
        self, message: str, *, where: str | None = None, valid: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.valid = valid
        self.hint = hint

    def __str__(self) -> str:
        parts = [self.message]
        for label, text in (("where", self.where), ("valid", self.valid), ("try", self.hint)):
            if text:
                parts.append(f"  {label}: {text}")
        return "\n".join(parts)


class UsageError(CxrbenchError):
    """A command line, configuration or name that cannot be understood."""

    exit_code = ExitCode.USAGE


class UnknownNameError(UsageError):
    """A name that is not in the list of valid ones.

    Args:
        kind: What the name names, for example "task".
        name: The value seen.
        known: The valid names.
        where: The option or file it came from.
        hint: The command that lists the valid names.
    """

    def __init__(
        self, kind: str, name: str, known: Iterable[str], *, where: str | None = None, hint: str | None = None
    ) -> None:
        known = list(known)
        near = nearest(name, known)
        suggestion = f"did you mean {' or '.join(map(repr, near))}?" if near else None
        super().__init__(
            f"unknown {kind} {name!r}",
            where=where,
            valid=", ".join(known) or "(none)",
            hint="; ".join(filter(None, (suggestion, hint))) or None,
        )
        self.name = name
        self.suggestions = near


class MissingError(CxrbenchError):
    """Data, weights or an optional extra are not there."""

    exit_code = ExitCode.MISSING


class DataError(MissingError):
    """A data file is missing, unreadable or malformed."""


class WeightsError(MissingError):
    """A checkpoint is missing, truncated or of another architecture."""


class ExtraMissingError(MissingError):
    """An optional dependency is not installed."""

    def __init__(self, feature: str, extra: str, *, note: str | None = None) -> None:
        super().__init__(
            f"{feature} needs the optional extra {extra!r}, which is not installed",
            valid=note,
            hint=f'pip install -c constraints.txt "cxrbench[{extra}]"',
        )


class RunFolderError(CxrbenchError):
    """A run folder is locked, belongs to another run, or is damaged beyond repair."""

    exit_code = ExitCode.USAGE


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The valid names that a typing error may have meant, nearest first, at most two."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    return [by_lower[match] for match in difflib.get_close_matches(name.lower(), list(by_lower), n=2, cutoff=0.6)]
