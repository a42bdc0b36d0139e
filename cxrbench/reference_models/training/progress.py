"""Progress of a training on stderr: one line that is rewritten on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO


class Progress:
    """Counts optimiser steps of the whole training and estimates the time left.

    Args:
        total_steps: Steps of all phases.
        done_steps: Steps that an earlier, interrupted training already made.
        stream: Defaults to stderr as it is when the object is made.
        every_s: Seconds between two lines when the stream is no terminal.
        silent: Say nothing (all processes but the first).
    """

    def __init__(
        self,
        total_steps: int,
        done_steps: int = 0,
        *,
        stream: TextIO | None = None,
        every_s: float = 15.0,
        silent: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total_steps = total_steps
        self.done_steps = done_steps
        self.first_step = done_steps
        self.stream = stream if stream is not None else sys.stderr
        self.silent = silent
        self.terminal = self.stream.isatty()
        self.every_s = 0.2 if self.terminal else every_s
        self.clock = clock
        self.started = clock()
        self.shown = self.started
        self.width = 0

    def advance(self, text: str) -> None:
        """One more step; `text` says where it was."""
        self.done_steps += 1
        now = self.clock()
        if now - self.shown < self.every_s:
            return
        self.shown = now
        share = self.done_steps / self.total_steps
        self._write(f"{share:4.0%} {text} | {self.time_left(now)} left", keep=not self.terminal)

    def time_left(self, now: float) -> str:
        """For example "3 min 05 s"; validation and checkpoints are part of the measured pace."""
        made = self.done_steps - self.first_step
        seconds = (now - self.started) / max(1, made) * (self.total_steps - self.done_steps)
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return f"{hours} h {minutes:02d} min"
        return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write(text, keep=True)

    def _write(self, text: str, *, keep: bool) -> None:
        if self.silent:
            return
        if self.terminal:
            self.stream.write("\r" + text.ljust(self.width) + ("\n" if keep else ""))
            self.width = 0 if keep else len(text)
        else:
            self.stream.write(text + "\n")
        self.stream.flush()
