"""How many requests may be under way: as many as the server bears, found by adding slowly and cutting at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_LONGEST_PAUSE_S = 60.0
_CUT = 0.7
"""As CUBIC does (RFC 9438): servers also say 429 and 503 at random, and halving would punish that too much."""


class Pace:
    """Additive increase, multiplicative decrease, as TCP does it (Chiu & Jain 1989).

    The limit begins at `most`. A sign of overload (429, 503, a timeout) cuts it to 70 %, at most once per round of
    requests: those that were under way when the first sign came say nothing new. Every answer adds 1 / limit.
    A server that names a time (Retry-After) is not asked before it.

    Args:
        most: Upper bound of the limit.
        clock: Monotonic seconds; replaced by tests.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.limit = float(most)
        self._clock = clock
        self._under_way = 0
        self._not_before = 0.0
        self._last_cut = float("-inf")
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        """Wait for a place; gives the time at which the request began."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._under_way < max(1, int(self.limit)))
            self._under_way += 1
        try:
            pause = self._not_before - self._clock()
            if pause > 0:
                await asyncio.sleep(pause)
            yield self._clock()
        finally:
            async with self._changed:
                self._under_way -= 1
                # Not all: with thousands waiting, waking each of them for every place would cost a square of them.
                self._changed.notify(max(1, int(self.limit) - self._under_way))

    def answered(self) -> None:
        """A request was answered."""
        self.limit = min(self.most, self.limit + 1 / max(self.limit, 1.0))

    def overloaded(self, began: float, retry_after: float | None = None) -> None:
        """The server could not take a request that began at `began`.

        Args:
            retry_after: Seconds that the server asked to wait; at most 60 are granted.
        """
        if began >= self._last_cut:
            self.limit = max(1.0, self.limit * _CUT)
            self._last_cut = self._clock()
        if retry_after is not None:
            wait = min(max(retry_after, 0.0), _LONGEST_PAUSE_S)
            self._not_before = max(self._not_before, self._clock() + wait)
