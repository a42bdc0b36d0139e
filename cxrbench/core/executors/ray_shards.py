"""Measuring the parts of a large set in Ray actors."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cxrbench.core.config import RunConfig
from cxrbench.core.errors import CxrbenchError
from cxrbench.core.executors.ray_session import RaySession
from cxrbench.core.executors.replica import WorkerSettings
from cxrbench.core.executors.worker_pool import Lost, Unit, WorkerPool
from cxrbench.core.measuring import Shard
from cxrbench.core.reporter import Reporter
from cxrbench.core.sharded_scoring import SHARD_SIZE, ShardMeasurer, Span, spans
from cxrbench.core.stored_predictions import take_predictions
from cxrbench.core.types import Example, Prediction
from cxrbench.metrics.base import Metric, State
from cxrbench.tasks.lazy import example_ids

_DEATHS: Final = 3
"""Workers that one part may cost."""


class RayShards:
    """Parts go to whichever actor is free; the part of a dead one goes to another.

    Args:
        config: Of the run, with the one protocol that is scored.
    """

    def __init__(
        self,
        config: RunConfig,
        fingerprint: str,
        session: RaySession,
        workers: int,
        reporter: Reporter,
        *,
        size: int = SHARD_SIZE,
    ) -> None:
        self._config = config
        self._fingerprint = fingerprint
        self._session = session
        self._workers = workers
        self._reporter = reporter
        self._size = size

    def __call__(
        self,
        metrics: Sequence[Metric],
        states: Sequence[State],
        examples: Sequence[Example],
        predictions: Mapping[str, Prediction],
    ) -> Iterator[Shard]:
        ids = example_ids(examples)
        parts = spans(len(ids), self._size)
        ray = self._session.ray
        actor = ray.remote(ShardMeasurer).options(num_cpus=1, max_restarts=0, max_task_retries=0)
        settings, fitted = WorkerSettings.of_this_process(self._config), ray.put(list(states))
        pool: WorkerPool[Span] = WorkerPool(
            self._session,
            lambda: actor.remote(settings, self._fingerprint, fitted),
            min(self._workers, len(parts)),
            timeout=None,
            reporter=self._reporter,
            pack=lambda span: (span, take_predictions(predictions, ids[span[0] : span[1]])),
        )
        try:
            units = deque(Unit(number, span) for number, span in enumerate(parts))
            done: dict[int, Shard] = {}
            for unit, value in pool.run(units):
                if isinstance(value, Lost):
                    units.appendleft(self._again(unit, value))
                else:
                    done[unit.number] = value
        finally:
            pool.close()
        yield from (done[number] for number in range(len(parts)))

    def _again(self, unit: Unit[Span], lost: Lost) -> Unit[Span]:
        if unit.deaths + 1 >= _DEATHS:
            raise CxrbenchError(
                f"examples {unit.payload[0]} to {unit.payload[1]} cannot be scored: {lost.reason}",
                hint="the predictions are kept; the same command with --executor local scores them in this process",
            )
        self._reporter.note(f"a part of the scoring goes to another worker: {lost.reason}")
        return replace(unit, deaths=unit.deaths + 1)
