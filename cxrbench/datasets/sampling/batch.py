"""What samplers yield, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class SamplerState:
    """The next draw to make; all that a resumed training has to remember of a sampler.

    Attributes:
        epoch: From 0.
        position: Draws (of studies or of questions) that all processes together have made in this epoch.
    """

    epoch: int = 0
    position: int = 0

    def to_json(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, int]) -> SamplerState:
        """
        Raises:
            UsageError: Other keys, or negative numbers.
        """
        if set(values) != {"epoch", "position"} or min(values.values()) < 0:
            raise UsageError(f"no state of a sampler: {dict(values)}", valid='{"epoch": 0, "position": 0}')
        return cls(**values)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Questions for one step of one process.

    Attributes:
        rows: int64 [questions]: row numbers in the columns that the sampler was given.
        pairs: int64 [questions]: their numbers in the index.
        studies: int32 [questions]: the study of each.
        after: Where to resume once this batch has been used.
    """

    rows: NDArray[np.int64]
    pairs: NDArray[np.int64]
    studies: NDArray[np.int32]
    after: SamplerState

    def __len__(self) -> int:
        return len(self.rows)


def check_share(process: int, processes: int, size: int) -> None:
    """
    Raises:
        UsageError: A process that does not exist, or batches that cannot be dealt out evenly.
    """
    if not 0 <= process < processes:
        raise UsageError(f"process {process} of {processes}", valid=f"0 to {processes - 1}")
    if size < 1 or size % processes:
        raise UsageError(f"batches of {size} for {processes} processes", valid=f"a multiple of {processes}")
