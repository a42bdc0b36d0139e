"""What a task is: a data set's split turned into examples, and the metrics that score the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cxrbench.core.types import Example, Kind
from cxrbench.metrics.base import Metric


@dataclass(frozen=True)
class TaskOptions:
    """What the user chose.

    Attributes:
        data_root: The folder given with --data-root; None for $CXRBENCH_DATA, else the phantom.
        split: For example "test", "val", "documented:test".
        inputs: What the request may show, for example ("frontal", "indication").
        progress: Called with (done, total) while a phantom is drawn on first use.
    """

    data_root: Path | None = None
    split: str = "test"
    inputs: tuple[str, ...] = ("frontal",)
    seed: int = 0
    progress: Callable[[int, int], None] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class TaskData:
    """The examples of one split.

    Attributes:
        examples: In the data set's own order. Their number is a constant of the task and data, never of a model.
        excluded: Reason -> ids left out before any model runs.
        training: The examples of the training split, for baselines and protocols that need them; lazy.
        dataset: Name of the data set.
        split: Resolved name of the split, for example "r2gen:test".
        fingerprint: Changes when the data do.
        phantom: Whether the data are drawn, not real.
        notes: Sentences for the user: counts that differ from the documented ones, unreadable encodings.
        terms: What the data of a restricted task are under, for messages.
    """

    examples: Sequence[Example]
    excluded: Mapping[str, Sequence[str]]
    training: Callable[[], Sequence[Example]]
    dataset: str
    split: str
    fingerprint: str
    phantom: bool
    notes: tuple[str, ...] = field(default=())
    terms: str = "a data use agreement"


class Task(Protocol):
    """A benchmark. Third parties implement this and register it under the entry point `cxrbench.tasks`."""

    name: str
    version: str
    kind: Kind
    restricted: bool
    """Whether images and texts of real data must stay on this machine; a phantom is nobody's."""
    protocols: tuple[str, ...]
    """Names of the protocols it can be scored under; the first is the default."""
    metrics: tuple[str, ...]
    """Names of its metric families, in display order."""
    headline: tuple[str, ...]
    """The scores to show first."""

    def load(self, options: TaskOptions) -> TaskData:
        """Read the data; raise `DataError` with a hint where they are not usable."""
        ...

    def build_metrics(
        self,
        protocol: str,
        data: TaskData,
        selection: Sequence[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> list[Metric]:
        """The metrics of one protocol.

        Args:
            selection: Metric families; None means all.
            options: The user's metric options; one that the task does not know is a `UsageError`.
        """
        ...
