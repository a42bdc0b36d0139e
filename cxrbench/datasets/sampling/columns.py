"""What a sampler needs to know of each question, as small integer codes."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.core.regions import REGION_GROUPS
from cxrbench.datasets.qba.index.schema import COMPLEXITIES, SPLITS
from cxrbench.datasets.qba.question_types import MARKED, QUESTION_TYPES

TYPES: Final = (*QUESTION_TYPES, *MARKED)
GROUPS: Final = tuple(REGION_GROUPS)[:5]
"""The region groups that are balanced; a question about none of them (or about the group "other") has code -1."""
NEGATIVE, POSITIVE, NONE = 0, 1, -1
"""Codes of polarity; -1 in any column means that the question has no such property, or an unknown one."""

Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class QuestionColumns:
    """The questions of one split, row by row.

    Attributes:
        split: train, validate or test; all rows belong to it, so nothing drawn from them can leave it.
        pair: int64 [n], ascending: numbers that identify the questions in their index.
        study: int32 [n], never descending: the questions of a study follow one another.
        type: Positions in `TYPES`.
        polarity: 1 a positive main answer, 0 a negative one.
        group: Positions in `GROUPS`.
        complexity: Positions in `COMPLEXITIES`.
        consistency: Codes of `label_consistency`; None where nobody compared.

    Raises:
        UnknownNameError: The split is none of the three.
        DataError: Columns of different lengths, an order that is not as above, or codes out of range.
    """

    split: str
    pair: NDArray[np.int64]
    study: NDArray[np.int32]
    type: Codes
    polarity: Codes
    group: Codes
    complexity: Codes
    consistency: Codes | None = None

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise UnknownNameError("split", self.split, SPLITS)
        for field in fields(self)[2:]:
            values = getattr(self, field.name)
            if values is not None and values.shape != self.pair.shape:
                raise DataError(f"column {field.name} has {values.shape} values, pair has {self.pair.shape}")
        for name in ("pair", "study"):
            values = getattr(self, name)
            if np.any(values[1:] < values[:-1]):
                raise DataError(f"column {name} is not in ascending order", hint="keep the order of the index")
        limits = {"type": len(TYPES), "polarity": 2, "group": len(GROUPS), "complexity": len(COMPLEXITIES)}
        for name, limit in limits.items():
            values = getattr(self, name)
            if len(values) and not (values.min() >= NONE and values.max() < limit):
                raise DataError(
                    f"column {name} has codes from {values.min()} to {values.max()}", valid=f"-1 to {limit - 1}"
                )

    def __len__(self) -> int:
        return len(self.pair)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> QuestionColumns:
        """Some of the rows, in their order: a mask, or ascending numbers."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)[1:]}
        chosen: dict[str, Any] = {name: None if values is None else values[rows] for name, values in columns.items()}
        return replace(self, **chosen)
