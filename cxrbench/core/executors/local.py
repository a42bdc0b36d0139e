"""The model in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cxrbench.adapters.base import close_adapter
from cxrbench.core.answering import answer
from cxrbench.core.prefetch import decoded_batches
from cxrbench.core.types import Adapter, ModelInfo, Prediction, Request
from cxrbench.datasets.images import load_image


class LocalExecutor:
    """One adapter, asked batch after batch, in order; films are decoded ahead of it in threads.

    Args:
        micro_batch: Largest number of requests handed over at once; None for whole batches.
    """

    def __init__(self, adapter: Adapter, *, micro_batch: int | None = None) -> None:
        self.adapter = adapter
        self._micro_batch = micro_batch
        self._info = adapter.describe()

    def describe(self) -> ModelInfo:
        return self._info

    def predict(self, batches: Sequence[Sequence[Request]]) -> Iterator[list[Prediction]]:
        decode = load_image if self._info.needs_pixels else None
        for ready in decoded_batches(batches, decode):
            made = answer(self.adapter, ready.requests, self._micro_batch) if ready.requests else []
            yield [*made, *ready.unreadable]

    def close(self) -> None:
        close_adapter(self.adapter)
