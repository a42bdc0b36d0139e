"""The model in Ray actors: several replicas, on one machine or on a cluster."""

from __future__ import annotations

import math
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
"""Workers that a batch may cost before its requests are run one by one."""


class RayExecutor:
    """Replicas of the adapter, each built in its actor from the model spec.

    Batches go to whichever replica is free. The batch of a replica that died is handed to another one; if that dies
    too, its requests are run one by one, and one that ends its worker alone becomes "error". A batch that hangs is
    run one by one at once. Where no request is at fault alone, the batch is tried whole once more, because its
    answers may depend on what is answered together. Batches are yielded whole, as a local run would write them.

    Args:
        kind, dataset: Of the task, as `AdapterContext` has them.

    Raises:
        ExtraMissingError: Ray is not installed.
        UsageError: There is no cluster at the address.
        CxrbenchError: What the adapter says when it cannot be built.
    """

    def __init__(self, config: RunConfig, session: RaySession, kind: Kind, dataset: str, reporter: Reporter) -> None:
        self.session = session
        gpus = 0 if config.device == "cpu" else int(session.gpus())
        self.workers = count = config.workers or gpus or session.cpus()
        self._reporter = reporter
        # A share must fit on one device: of three workers on two devices each asks for a half, not for two thirds.
        share = 1.0 / math.ceil(count / gpus) if gpus else 0.0
        actor = session.ray.remote(Replica).options(num_cpus=1, num_gpus=share, max_restarts=0, max_task_retries=0)
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
        apart: dict[int, list[Prediction]] = {}
        for unit, value in self._pool.run(units):
            batch = batches[unit.number]
            whole = len(unit.payload) == len(batch)
            if whole and not isinstance(value, Lost):
                apart.pop(unit.number, None)
                yield value
            elif whole and len(batch) == 1 and (value.hung or unit.deaths + 1 >= _DEATHS):
                yield [_failed(unit, value)]
            elif whole and unit.number in apart:
                yield apart.pop(unit.number)
            elif whole:
                self._lost(unit, value, units, apart)
            else:
                answers = apart[unit.number]
                answers += [_failed(unit, value)] if isinstance(value, Lost) else value
                if len(answers) == len(batch):
                    if any(item.status == "error" for item in answers):
                        yield apart.pop(unit.number)
                    else:
                        # None is at fault alone, so the workers died by chance, or of the size of the batch.
                        self._reporter.note(f"a batch of {len(batch)} is tried whole once more")
                        units.appendleft(Unit(unit.number, batch))

    def _lost(
        self, unit: Unit[Batch], lost: Lost, units: deque[Unit[Batch]], apart: dict[int, list[Prediction]]
    ) -> None:
        """Queue a lost batch once more: whole, or its requests one by one."""
        size = len(unit.payload)
        if not lost.hung and unit.deaths + 1 < _DEATHS:
            self._reporter.note(f"a batch of {size} goes to another worker: {lost.reason}")
            units.appendleft(replace(unit, deaths=unit.deaths + 1))
            return
        self._reporter.note(f"a batch of {size} is run one by one: {lost.reason}")
        apart[unit.number] = []
        units.extendleft(Unit(unit.number, (request,)) for request in reversed(unit.payload))

    def release(self) -> None:
        """End the replicas and keep the session: their places are free for other work."""
        self._pool.close()

    def close(self) -> None:
        self.release()
        self.session.close()


def _failed(unit: Unit[Batch], lost: Lost) -> Prediction:
    return Prediction(unit.payload[0].id, status="error", error=f"its worker was lost: {lost.reason}")
