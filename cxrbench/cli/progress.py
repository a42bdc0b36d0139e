"""Progress on stderr: a bar with throughput and time left on a terminal, sparse plain lines in a log."""

from __future__ import annotations

import sys
import time

_LINE_SECONDS = 10.0
_BAR_SECONDS = 0.1
_WIDTH = 24


class StderrReporter:
    """Implements `cxrbench.core.reporter.Reporter`."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._total = self._done = self._fresh = self._failed = 0
        self._what = ""
        self._started = self._drawn = 0.0

    def start(self, total: int, done: int, what: str) -> None:
        self._total, self._done, self._what = total, done, what
        self._fresh = self._failed = 0
        self._started = self._drawn = time.monotonic()
        if done:
            self.note(f"resuming: {done} of {total} examples are already there")
        elif total:
            self.note(f"{what} {total} examples")

    def advance(self, count: int, failed: int = 0) -> None:
        self._done += count
        self._fresh += count
        self._failed += failed
        wait = _BAR_SECONDS if self._terminal else _LINE_SECONDS
        if time.monotonic() - self._drawn >= wait:
            self._draw()

    def note(self, message: str) -> None:
        if self._quiet:
            return
        clear = "\r\033[K" if self._terminal else ""
        print(f"{clear}{message}", file=sys.stderr, flush=True)

    def finish(self) -> None:
        if self._fresh:
            self._draw()
            if self._terminal and not self._quiet:
                print(file=sys.stderr)

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        if self._quiet:
            return
        print(
            ("\r" if self._terminal else "") + self._line(),
            end="" if self._terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    def _line(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-6)
        rate = self._fresh / seconds
        left = (self._total - self._done) / rate if rate > 0 else 0.0
        filled = round(_WIDTH * self._done / max(self._total, 1))
        bar = f"[{'█' * filled}{'·' * (_WIDTH - filled)}] " if self._terminal else ""
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{self._what} {bar}{self._done}/{self._total}  {rate:.1f}/s  {_clock(left)} left{failed}  "


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
