"""How long work tells somebody that it goes on."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Receives progress; the command line draws it on stderr."""

    def start(self, total: int, done: int, what: str) -> None:
        """`done` of `total` items were finished before (a resumed run)."""

    def advance(self, count: int, failed: int = 0) -> None:
        """`count` more items are finished, `failed` of them with status "error"."""

    def note(self, message: str) -> None:
        """A sentence the user should read, at any time."""

    def finish(self) -> None:
        """No more items follow."""


class Silent:
    """Says nothing."""

    def start(self, total: int, done: int, what: str) -> None: ...

    def advance(self, count: int, failed: int = 0) -> None: ...

    def note(self, message: str) -> None: ...

    def finish(self) -> None: ...
