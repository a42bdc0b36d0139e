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


class Progress:
    """Feeds a reporter from code that counts by calling `progress(done, total)`."""

    def __init__(self, reporter: Reporter, what: str) -> None:
        self._reporter = reporter
        self._what = what
        self._done: int | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._done is None:
            self._done = 0
            self._reporter.start(total, 0, self._what)
        self._reporter.advance(done - self._done)
        self._done = done
        if done >= total:
            self._reporter.finish()
