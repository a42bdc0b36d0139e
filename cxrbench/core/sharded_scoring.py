"""Measuring part by part: in this process, in several, or in Ray actors. Every way gives the same statistics.

The parts are consecutive pieces of the data set's order, so that what lies together in a file is read together. A
worker reads the data and builds the metrics itself; it is sent what was fitted and the predictions of its parts, and
sends back statistics, never a text.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, Protocol

from cxrbench.core.config import RunConfig
from cxrbench.core.errors import CxrbenchError, DataError
from cxrbench.core.executors.replica import Refusal, WorkerSettings
from cxrbench.core.measuring import Shard, measure_shard
from cxrbench.core.preparing import build_metrics, prepare
from cxrbench.core.stored_predictions import take_predictions
from cxrbench.core.types import Example, Prediction
from cxrbench.metrics.base import Metric, State
from cxrbench.tasks.lazy import example_ids

SHARD_SIZE: Final = 4096

Span = tuple[int, int]


class Shards(Protocol):
    """Measures all examples, part by part, in the data set's order."""

    def __call__(
        self,
        metrics: Sequence[Metric],
        states: Sequence[State],
        examples: Sequence[Example],
        predictions: Mapping[str, Prediction],
    ) -> Iterator[Shard]: ...


def spans(count: int, size: int) -> list[Span]:
    """(start, stop) of consecutive parts; one empty part of nothing."""
    return [(start, min(count, start + size)) for start in range(0, count, size)] or [(0, 0)]


def measure_here(
    metrics: Sequence[Metric],
    states: Sequence[State],
    examples: Sequence[Example],
    predictions: Mapping[str, Prediction],
    *,
    size: int = SHARD_SIZE,
) -> Iterator[Shard]:
    """In this process, one part after the other."""
    for start, stop in spans(len(examples), size):
        part = examples[start:stop]
        yield measure_shard(metrics, states, part, take_predictions(predictions, [item.id for item in part]))


class ShardMeasurer:
    """What a worker is: the data and the metrics of one protocol, built there.

    Args:
        fingerprint: Of the data that the statistics must come from.
    """

    def __init__(self, settings: WorkerSettings, fingerprint: str, states: Sequence[State]) -> None:
        self._config = settings.enter()
        self._fingerprint = fingerprint
        self._states = states
        self._metrics: Sequence[Metric] = ()
        self._examples: Sequence[Example] = ()

    def open(self) -> Refusal | None:
        """Read the data and build the metrics."""
        try:
            prepared = prepare(self._config)
            if prepared.data.fingerprint != self._fingerprint:
                raise DataError(
                    f"a worker sees other data: fingerprint {prepared.data.fingerprint}",
                    valid=self._fingerprint,
                    hint="every machine of the cluster must see the same files under --data-root",
                )
            (self._metrics,) = build_metrics(prepared).values()
            self._examples = prepared.in_data_order()
        except CxrbenchError as error:
            return Refusal.of(error)
        return None

    def work(self, payload: tuple[Span, Sequence[Prediction | None]], upcoming: object = None) -> Shard:
        """Measure one part."""
        (start, stop), predictions = payload
        return measure_shard(self._metrics, self._states, self._examples[start:stop], predictions)

    def close(self) -> None:
        """Nothing to end: what metrics start ends with the process."""


class ProcessShards:
    """Several processes of this machine.

    Args:
        config: Of the run, with the one protocol that is scored; its task must be one that `config.task` names.
    """

    def __init__(self, config: RunConfig, fingerprint: str, workers: int, *, size: int = SHARD_SIZE) -> None:
        self._config = config
        self._fingerprint = fingerprint
        self._workers = workers
        self._size = size

    def __call__(
        self,
        metrics: Sequence[Metric],
        states: Sequence[State],
        examples: Sequence[Example],
        predictions: Mapping[str, Prediction],
    ) -> Iterator[Shard]:
        from multiprocessing import get_context

        settings = WorkerSettings.of_this_process(self._config)
        ids = example_ids(examples)
        with ProcessPoolExecutor(
            self._workers,
            # Not forked: threads of numerical libraries do not survive a fork.
            mp_context=get_context("spawn"),
            initializer=_become,
            initargs=(settings, self._fingerprint, states),
        ) as pool:
            pending: deque[Future[Shard | Refusal]] = deque()
            try:
                for start, stop in spans(len(ids), self._size):
                    # Few at a time, so that the predictions of few parts are in memory.
                    if len(pending) > self._workers:
                        yield _shard(pending.popleft())
                    payload = ((start, stop), take_predictions(predictions, ids[start:stop]))
                    pending.append(pool.submit(_work, payload))
                while pending:
                    yield _shard(pending.popleft())
            except BrokenProcessPool as error:
                raise CxrbenchError(
                    "a process that scores ended suddenly",
                    where="--workers",
                    hint="it may have run out of memory; --workers 1 scores in one process",
                ) from error
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _shard(future: Future[Shard | Refusal]) -> Shard:
    found = future.result()
    if isinstance(found, Refusal):
        raise found.error()
    return found


_measurer: ShardMeasurer | None = None
_refused: Refusal | None = None


def _become(settings: WorkerSettings, fingerprint: str, states: Sequence[State]) -> None:
    global _measurer, _refused
    _measurer = ShardMeasurer(settings, fingerprint, states)
    _refused = _measurer.open()


def _work(payload: tuple[Span, Sequence[Prediction | None]]) -> Shard | Refusal:
    assert _measurer is not None
    return _refused or _measurer.work(payload)
