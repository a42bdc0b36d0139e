"""From examples and predictions to statistics per example, part by part.

A part is measured with what was fitted on all references, and its statistics are set behind those of the part before:
the result does not depend on where the parts end (`tests/core/test_sharded_scoring.py` holds every metric family to
it), and no more than one part's texts need be in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import STATUSES, Example, Prediction, Reference
from cxrbench.metrics.base import Metric, Pairs, State, Statistics
from cxrbench.statistics.bootstrap import Measured

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ScoredExample:
    """What of an example is still needed once its statistics are there: no text, no film."""

    id: str
    group: str
    strata: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Shard:
    """A part of the examples, measured.

    Attributes:
        rows: The scored ones: those that did not fail.
        counts: Status -> number of examples.
        statistics: By metric.
        includes: By metric: bool [rows], which rows it could use.
        altered: By metric: of how many of its hypotheses the protocol's section splitter kept only a part; zeros
            without a protocol.
        failed: By metric: whether an example that it could use failed.
    """

    rows: list[ScoredExample]
    counts: dict[str, int]
    statistics: list[Statistics]
    includes: list[BoolArray]
    altered: list[int]
    failed: list[bool]


def fit_states(metrics: Sequence[Metric], examples: Sequence[Example]) -> list[State]:
    """What each metric learns from all references that it can use."""
    return [
        {} if type(metric).fit is Metric.fit else metric.fit(UsableReferences(examples, metric)) for metric in metrics
    ]


class UsableReferences(Sequence[Reference]):
    """The references of examples that a metric can use, read anew each time they are asked for."""

    def __init__(self, examples: Sequence[Example], metric: Metric) -> None:
        self._examples = examples
        self._usable = metric.usable
        self._length: int | None = None

    def __iter__(self) -> Iterator[Reference]:
        return (example.reference for example in self._examples if self._usable(example.reference))

    def __len__(self) -> int:
        if self._length is None:
            self._length = sum(1 for _ in self)
        return self._length

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        if isinstance(index, slice) or index < 0:
            return list(self)[index]
        try:
            return next(islice(self, index, None))
        except StopIteration:
            raise IndexError(index) from None


def measure_shard(
    metrics: Sequence[Metric],
    states: Sequence[State],
    examples: Sequence[Example],
    predictions: Sequence[Prediction | None],
) -> Shard:
    """Measure some examples; metrics that can use the same ones share what they derive from the texts.

    Args:
        states: By metric, as `fit_states` gives them.
        predictions: By example; None counts as "error".
    """
    answers = [item or Prediction("-", status="error", error="not predicted") for item in predictions]
    scored = [(example, item) for example, item in zip(examples, answers, strict=True) if item.status != "error"]
    failed = [example.reference for example, item in zip(examples, answers) if item.status == "error"]
    protocol = next((metric.protocol for metric in metrics if metric.protocol is not None), None)
    shared: dict[bytes, Pairs] = {}
    cut: dict[bytes, int] = {}
    shard = Shard(
        rows=[ScoredExample(example.id, example.group, example.strata) for example, _ in scored],
        counts={status: sum(item.status == status for item in answers) for status in STATUSES},
        statistics=[],
        includes=[],
        altered=[],
        failed=[any(metric.usable(reference) for reference in failed) for metric in metrics],
    )
    for metric, state in zip(metrics, states, strict=True):
        include = np.array([metric.usable(example.reference) for example, _ in scored], bool)
        key = include.tobytes()
        if key not in shared:
            chosen = [pair for pair, kept in zip(scored, include) if kept]
            shared[key] = Pairs([example.reference for example, _ in chosen], [item for _, item in chosen])
            cut[key] = 0 if protocol is None else round(protocol.altered_share(shared[key]) * len(chosen))
        shard.statistics.append(metric.measure(shared[key], state))
        shard.includes.append(include)
        shard.altered.append(cut[key])
    return shard


@dataclass(frozen=True)
class Measurement:
    """All examples, measured.

    Attributes:
        sections_cut: Share of hypotheses of which the protocol's section splitter kept only a part; None without a
            protocol or without an answer.
        failed: By metric: whether an example that it could use failed.
    """

    rows: Sequence[ScoredExample]
    counts: dict[str, int]
    measured: Sequence[Measured]
    sections_cut: float | None
    failed: Sequence[bool]


def joined(metrics: Sequence[Metric], shards: Iterable[Shard]) -> Measurement:
    """The parts behind one another; at least one."""
    parts = list(shards)
    measured = [
        Measured(
            metric,
            _joined_statistics([part.statistics[index] for part in parts]),
            np.concatenate([part.includes[index] for part in parts]),
        )
        for index, metric in enumerate(metrics)
    ]
    return Measurement(
        rows=[row for part in parts for row in part.rows],
        counts={status: sum(part.counts[status] for part in parts) for status in STATUSES},
        measured=measured,
        sections_cut=_sections_cut(metrics, measured, parts),
        failed=[any(part.failed[index] for part in parts) for index in range(len(metrics))],
    )


def _joined_statistics(parts: Sequence[Statistics]) -> Statistics:
    filled = [part for part in parts if len(part.values)] or parts[:1]
    first = filled[0]
    for part in filled:
        if part.columns != first.columns or set(part.lists) != set(first.lists):
            raise ValueError(f"statistics of two parts have different columns: {part.columns} and {first.columns}")
    lists = {name: [row for part in filled for row in part.lists[name]] for name in first.lists}
    return Statistics(first.columns, np.concatenate([part.values for part in filled]), lists)


def _sections_cut(metrics: Sequence[Metric], measured: Sequence[Measured], parts: Sequence[Shard]) -> float | None:
    if all(metric.protocol is None for metric in metrics):
        return None
    sizes = [len(item.statistics.values) for item in measured]
    largest = max(sizes)
    if not largest:
        return None
    index = sizes.index(largest)
    return sum(part.altered[index] for part in parts) / largest
