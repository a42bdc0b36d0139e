"""Ray actors that share out work: whoever is free takes the next unit; a dead one is replaced, its unit handed on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from cxrbench.core.errors import CxrbenchError
from cxrbench.core.executors.ray_session import RaySession
from cxrbench.core.executors.replica import Refusal
from cxrbench.core.reporter import Reporter

Payload = TypeVar("Payload")

_IN_A_ROW: Final = 20
"""Deaths without any finished work between them after which the run stops."""
_STARTS_IN_A_ROW: Final = 3
_PATIENCE_S: Final = 60.0
_CLOSING_S: Final = 5.0


class WorkersLostError(CxrbenchError):
    """Workers die faster than they work."""


@dataclass(frozen=True)
class Unit(Generic[Payload]):
    """A piece of work.

    Attributes:
        number: Which piece it belongs to, for the one who asked.
        deaths: Workers that died of it or with it.
    """

    number: int
    payload: Payload
    deaths: int = 0


@dataclass(frozen=True)
class Lost:
    """A unit whose worker died or was ended."""

    reason: str
    hung: bool = False


@dataclass
class _Busy:
    worker: Any
    unit: Unit[Any] | None
    since: float


class WorkerPool(Generic[Payload]):
    """Actors with the methods `open()`, `work(payload, upcoming)` and `close()`.

    Args:
        make: Starts one actor and returns its handle.
        count: How many there shall be.
        timeout: Seconds after which a worker that has not finished its unit is ended; None to wait for ever.
        pack: What is sent for a payload; made when it is sent.
    """

    def __init__(
        self,
        session: RaySession,
        make: Callable[[], Any],
        count: int,
        *,
        timeout: float | None,
        reporter: Reporter,
        pack: Callable[[Payload], Any] | None = None,
    ) -> None:
        self._ray = session.ray
        self._make = make
        self._timeout = timeout
        self._reporter = reporter
        self._pack = pack
        self._idle: list[Any] = []
        self._busy: dict[Any, _Busy] = {}
        self._units: deque[Unit[Payload]] = deque()
        self._next: dict[Any, Unit[Payload]] = {}
        self._deaths = 0
        self._failed_starts = 0
        for _ in range(count):
            self._start()

    def opened(self) -> Any:
        """What `open()` of the first worker that is ready returned.

        Raises:
            CxrbenchError: It refused.
        """
        told = False
        while True:
            for busy, value in self._finished(_PATIENCE_S):
                if busy.unit is None and not isinstance(value, Lost):
                    return value
            if not told and not self._idle:
                self._reporter.note("no worker is ready yet: it loads the model, or the cluster has no room for it")
                told = True

    def run(self, units: deque[Unit[Payload]]) -> Iterator[tuple[Unit[Payload], Any]]:
        """Each unit with what its worker returned, or with `Lost`; in the order in which they finish.

        The caller may add units to `units` meanwhile.

        Raises:
            WorkersLostError: Too many workers died one after the other.
        """
        self._units = units
        while self._units or self._next or any(busy.unit for busy in self._busy.values()):
            while self._idle and (self._units or self._next):
                self._assign(self._idle.pop())
            for busy, value in self._finished(None):
                if busy.unit is not None:
                    yield busy.unit, value

    def close(self) -> None:
        """End all workers: with a few seconds to end what they started, then by force."""
        refs = [worker.close.remote() for worker in self._idle]
        if refs:
            self._ray.wait(refs, num_returns=len(refs), timeout=_CLOSING_S)
        for worker in [*self._idle, *(busy.worker for busy in self._busy.values())]:
            self._ray.kill(worker)
        self._idle, self._busy = [], {}

    def _start(self) -> None:
        worker = self._make()
        self._busy[worker.open.remote()] = _Busy(worker, None, time.monotonic())

    def _assign(self, worker: Any) -> None:
        unit = self._next.pop(worker, None)
        if unit is None:
            # What was set aside for another worker is better done than kept.
            unit = self._units.popleft() if self._units else self._next.pop(next(iter(self._next)))
        upcoming = None
        if len(self._units) > len(self._busy) + len(self._idle):
            self._next[worker] = self._units.popleft()
            upcoming = self._next[worker].payload
        sent = unit.payload if self._pack is None else self._pack(unit.payload)
        ref = worker.work.remote(sent, upcoming)
        self._busy[ref] = _Busy(worker, unit, time.monotonic())

    def _finished(self, patience: float | None) -> Iterator[tuple[_Busy, Any]]:
        """What has finished, or died, or hung; waits for at least one unless patience ends."""
        waits = [patience] if patience is not None else []
        if self._timeout is not None:
            running = [busy.since for busy in self._busy.values() if busy.unit is not None]
            waits += [max(0.0, min(running) + self._timeout - time.monotonic())] if running else []
        ready, _ = self._ray.wait(list(self._busy), num_returns=1, timeout=min(waits, default=None))
        for ref in ready:
            busy = self._busy.pop(ref)
            yield busy, self._value(ref, busy)
        if not ready and self._timeout is not None:
            yield from self._hung(self._timeout)

    def _hung(self, timeout: float) -> Iterator[tuple[_Busy, Lost]]:
        for ref, busy in list(self._busy.items()):
            if busy.unit is not None and time.monotonic() - busy.since >= timeout:
                del self._busy[ref]
                lost = Lost(f"no answer within {timeout:g} s", hung=True)
                self._replace(busy, lost)
                yield busy, lost

    def _value(self, ref: Any, busy: _Busy) -> Any:
        try:
            value = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            lost = Lost(_reason(error))
            self._replace(busy, lost)
            return lost
        if isinstance(value, Refusal):
            raise value.error()
        self._failed_starts = 0
        if busy.unit is not None:
            self._deaths = 0
        self._idle.append(busy.worker)
        return value

    def _replace(self, busy: _Busy, lost: Lost) -> None:
        self._deaths += 1
        self._failed_starts += busy.unit is None
        aside = self._next.pop(busy.worker, None)
        if aside is not None:
            self._units.appendleft(aside)
        self._ray.kill(busy.worker)
        if self._deaths >= _IN_A_ROW or self._failed_starts >= _STARTS_IN_A_ROW:
            doing = "starting" if self._failed_starts >= _STARTS_IN_A_ROW else "working"
            raise WorkersLostError(
                f"{self._deaths} workers died one after the other while {doing}; the last: {lost.reason}",
                hint="what was finished is kept: the same command goes on; --executor local shows the error itself",
            )
        self._start()


def _reason(error: BaseException) -> str:
    cause = getattr(error, "cause", None)
    if isinstance(cause, BaseException):
        return f"{type(cause).__name__}: {cause}".strip()
    return f"the worker process ended ({type(error).__name__})"
