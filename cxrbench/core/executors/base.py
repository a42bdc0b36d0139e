"""Where a model runs: in this process, or in workers on one or many machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from cxrbench.core.types import ModelInfo, Prediction, Request


class Executor(Protocol):
    """Answers batches with a model that it owns."""

    def describe(self) -> ModelInfo:
        """Name the model; the same answer each time."""
        ...

    def predict(self, batches: Sequence[Sequence[Request]]) -> Iterator[list[Prediction]]:
        """The finished batches in any order: one prediction for every request of a batch, matched by id.

        Whatever happens to a model or a worker becomes status "error" of the requests at fault.

        Raises:
            CxrbenchError: No worker can be kept alive; what was yielded before is complete.
        """
        ...

    def close(self) -> None:
        """End the model and the workers. Leaves no process behind; may be called twice."""
        ...
