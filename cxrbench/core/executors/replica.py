"""What runs in a worker: the adapter, built there from its spec, never sent there."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.adapters.base import AdapterContext, close_adapter, create_adapter
from cxrbench.core import errors
from cxrbench.core.answering import answer
from cxrbench.core.config import RunConfig
from cxrbench.core.errors import CxrbenchError
from cxrbench.core.prefetch import DecodingPool, PendingBatch, ReadyBatch, finished
from cxrbench.core.preparing import prepare
from cxrbench.core.types import Adapter, Example, Kind, ModelInfo, Prediction, Request
from cxrbench.datasets.images import load_image

_THREADS = "OMP_NUM_THREADS"


@dataclass(frozen=True)
class WorkerSettings:
    """What a worker must know to be like the process that started it: plain values only.

    Attributes:
        config: `RunConfig.to_json()`.
        folder: Working directory, so that relative paths mean the same.
        paths: Where Python modules are looked for.
        threads: OMP_NUM_THREADS; None where it is not set.
        blas_threads: Threads of NumPy's linear algebra; None where it has none.
    """

    config: dict[str, Any]
    folder: str
    paths: tuple[str, ...]
    threads: str | None
    blas_threads: int | None

    @classmethod
    def of_this_process(cls, config: RunConfig) -> WorkerSettings:
        from threadpoolctl import threadpool_info

        blas = [int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"]
        return cls(
            config.to_json(), str(Path.cwd()), tuple(sys.path), os.environ.get(_THREADS), max(blas, default=None)
        )

    def enter(self) -> RunConfig:
        """Make this process alike, and give the configuration.

        The number of threads decides in which order floats are summed, so it is that of a local run, not the number
        of processors that Ray reserves.
        """
        if Path(self.folder).is_dir():
            os.chdir(self.folder)
        sys.path += [path for path in self.paths if path not in sys.path]
        os.environ.pop(_THREADS, None)
        if self.threads is not None:
            os.environ[_THREADS] = self.threads
        if self.blas_threads is not None:
            from threadpoolctl import threadpool_limits

            # NumPy was loaded while Ray's number stood.
            threadpool_limits(self.blas_threads, user_api="blas")
        return RunConfig.from_json(self.config)


@dataclass(frozen=True)
class Refusal:
    """A `CxrbenchError` as plain values, so that it can come back from a worker whatever its constructor takes."""

    kind: str
    message: str
    where: str | None
    valid: str | None
    hint: str | None

    @classmethod
    def of(cls, error: CxrbenchError) -> Refusal:
        return cls(type(error).__name__, error.message, error.where, error.valid, error.hint)

    def error(self) -> CxrbenchError:
        """The error again; of the same class where cxrbench.core.errors has it."""
        found = getattr(errors, self.kind, CxrbenchError)
        made: CxrbenchError = found.__new__(found)
        CxrbenchError.__init__(made, self.message, where=self.where, valid=self.valid, hint=self.hint)
        return made


class Replica:
    """One copy of the model.

    Args:
        kind, dataset: Of the task, as `AdapterContext` has them.
    """

    def __init__(self, settings: WorkerSettings, kind: Kind, dataset: str) -> None:
        self._config = settings.enter()
        self._kind = kind
        self._dataset = dataset
        self._adapter: Adapter | None = None
        self._pool: DecodingPool | None = None
        self._pending: dict[tuple[str, ...], PendingBatch] = {}

    def open(self) -> ModelInfo | Refusal:
        """Build the adapter."""
        config = self._config
        context = AdapterContext(
            task=config.task,
            kind=self._kind,
            dataset=self._dataset,
            training=self._training,
            device=config.device,
            seed=config.seed,
            options=config.options,
        )
        try:
            self._adapter = create_adapter(config.model, context)
            info = self._adapter.describe()
        except CxrbenchError as error:
            return Refusal.of(error)
        if info.needs_pixels:
            self._pool = DecodingPool(load_image)
        return info

    def work(self, requests: Sequence[Request], upcoming: Sequence[Request] | None) -> list[Prediction]:
        """Answer a batch; the films of the `upcoming` one are read meanwhile."""
        assert self._adapter is not None
        ready = self._ready(requests)
        if self._pool is not None and upcoming is not None:
            self._pending = {_key(upcoming): self._pool.start(upcoming)}
        made = answer(self._adapter, ready.requests, self._config.batch_size) if ready.requests else []
        return [*made, *ready.unreadable]

    def close(self) -> None:
        """Let the adapter end what it started."""
        if self._adapter is not None:
            close_adapter(self._adapter)

    def _ready(self, requests: Sequence[Request]) -> ReadyBatch:
        if self._pool is None:
            return ReadyBatch(list(requests), [])
        key = _key(requests)
        return finished(self._pending.pop(key) if key in self._pending else self._pool.start(requests))

    def _training(self) -> Sequence[Example]:
        return prepare(self._config).data.training()


def _key(requests: Sequence[Request]) -> tuple[str, ...]:
    return tuple(request.id for request in requests)
