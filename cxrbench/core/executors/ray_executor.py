"""The model in Ray actors: several replicas, on one machine or on a cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from cxrbench.core.config import RunConfig
from cxrbench.core.executors.ray_session import RaySession
from cxrbench.core.executors.replica import Replica, WorkerSettings
from cxrbench.core.executors.worker_pool import Lost, Unit, WorkerPool
from cxrbench.core.reporter import Reporter
from cxrbench.core.types import Kind, ModelInfo, Prediction, Request

Batch = Sequence[Request]
_DEATHS: Final = 2
"""Workers that a batch may cost before its requests are run one by one, and a single request before it fails."""


class RayExecutor:
    """Replicas of the adapter, each built in its actor from the model spec.

    Batches go to whichever replica is free. The batch of a replica that died is handed to another one; if that dies
    too, its requests are run one by one, and one that ends its worker alone becomes "error". A batch that hangs is
    run one by one at once. Batches are yielded whole, so that the run folder holds what a local run would.

    Args:
        kind, dataset: Of the task, as `AdapterContext` has them.

    Raises:
        ExtraMissingError: Ray is not installed.
        UsageError: There is no cluster at the address.
        CxrbenchError: What the adapter says when it cannot be built.
    """

    def __init__(self, config: RunConfig, session: RaySession, kind: Kind, dataset: str, reporter: Reporter) -> None:
        self.session = session
        self._reporter = reporter
        gpus = 0.0 if config.device == "cpu" else session.gpus()
        count = config.workers or int(gpus) or session.cpus()
        actor = session.ray.remote(Replica).options(
            num_cpus=1, num_gpus=min(1.0, gpus / count), max_restarts=0, max_task_retries=0
        )
        settings = WorkerSettings.of_this_process(config)
        self._pool: WorkerPool[Batch] = WorkerPool(
            session,
            lambda: actor.remote(settings, kind, dataset),
            count,
            timeout=config.batch_timeout,
            reporter=reporter,
        )

    @cached_property
    def _info(self) -> ModelInfo:
        info: ModelInfo = self._pool.opened()
        return info

    def describe(self) -> ModelInfo:
        return self._info

    def predict(self, batches: Sequence[Batch]) -> Iterator[list[Prediction]]:
        units: deque[Unit[Batch]] = deque(Unit(number, batch) for number, batch in enumerate(batches))
        parts: dict[int, list[Prediction]] = {}
        for unit, value in self._pool.run(units):
            if not isinstance(value, Lost):
                made = value
            elif (made := self._again(unit, value, units)) is None:
                continue
            batch = batches[unit.number]
            gathered = [*parts.pop(unit.number, []), *made]
            if len(gathered) == len(batch):
                yield gathered
            else:
                parts[unit.number] = gathered

    def _again(self, unit: Unit[Batch], lost: Lost, units: deque[Unit[Batch]]) -> list[Prediction] | None:
        """Queue a lost unit once more, whole or one by one; the failed prediction where nothing is left to try."""
        deaths = _DEATHS if lost.hung else unit.deaths + 1
        if deaths < _DEATHS:
            self._reporter.note(f"a batch of {len(unit.payload)} goes to another worker: {lost.reason}")
            units.appendleft(replace(unit, deaths=deaths))
            return None
        if len(unit.payload) > 1:
            self._reporter.note(f"a batch of {len(unit.payload)} is run one by one: {lost.reason}")
            units.extendleft(Unit(unit.number, (request,), deaths=_DEATHS - 1) for request in reversed(unit.payload))
            return None
        return [Prediction(unit.payload[0].id, status="error", error=f"its worker was lost: {lost.reason}")]

    def close(self) -> None:
        self._pool.close()
        self.session.close()
