"""The shares that a balanced training set is to have: polarity, region groups, question types, complexity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.datasets.qba.index.schema import COMPLEXITIES
from cxrbench.datasets.qba.question_types import MARKED, QUESTION_TYPES
from cxrbench.datasets.sampling.cells import Cells
from cxrbench.datasets.sampling.columns import GROUPS, TYPES
from cxrbench.datasets.sampling.raking import Margin, margin

MARKED_SHARE: Final = 0.05
"""Share of the phantom's relational and multi-hop questions together, where there are any."""
_TOTAL: Final = sum(row.total for row in QUESTION_TYPES.values())
TYPE_SHARES: Final[Mapping[str, float]] = MappingProxyType(
    {name: (1 - MARKED_SHARE) * row.total / _TOTAL for name, row in QUESTION_TYPES.items()}
    | {name: MARKED_SHARE / len(MARKED) for name in MARKED}
)
"""The fixed distribution over question types: the counts that release 1.0.0 publishes for the whole data set.

The SSG-VQA document takes the distribution of the test split; that would choose training data by looking at the test.
"""


@dataclass(frozen=True, slots=True)
class Targets:
    """What draws are balanced for, in order of importance where not all can hold.

    Attributes:
        positive: Share of positive answers among all questions with a polarity, and among those of each yes/no type;
            None leaves polarity alone.
        regions: Whether the five region groups have equal shares among the questions about any of them.
        types: Question type -> share, scaled to those that occur; a type without a share is never drawn.

    Raises:
        UsageError: A share outside (0, 1), or none at all.
        UnknownNameError: A type that does not exist.
    """

    positive: float | None = 0.5
    regions: bool = True
    types: Mapping[str, float] = field(default_factory=lambda: TYPE_SHARES, hash=False)

    def __post_init__(self) -> None:
        if self.positive is not None and not 0 < self.positive < 1:
            raise UsageError(f"share of positive answers {self.positive}", valid="a number between 0 and 1, or None")
        for name, share in self.types.items():
            if name not in TYPES:
                raise UnknownNameError("question type", name, TYPES, where="type shares")
            if not (0 <= share < np.inf):
                raise UsageError(f"share of question type {name} is {share}", valid="0 or a positive number")
        if not any(self.types.values()):
            raise UsageError("no question type has a share", valid="shares for one type or more")

    def drawable(self, cells: Cells) -> NDArray[np.bool_]:
        """bool [cells]: whether the cell's type has a share."""
        return _type_shares(self.types)[cells.type] > 0

    def margins(self, cells: Cells, complexity: Mapping[str, float] | None = None) -> list[Margin]:
        """The margins over these cells, the most important first.

        Args:
            complexity: Shares of the curriculum's present epoch; they come before the types, since easy questions are
                easy types.
        """
        found = []
        drawable = self.drawable(cells)
        if self.positive is not None:
            shares = np.array([1 - self.positive, self.positive])
            bins = np.where(drawable, cells.polarity, -1).astype(np.intp)
            found.append(margin("polarity", bins, shares, ("neg", "pos")))
            closed = np.array([name in QUESTION_TYPES and QUESTION_TYPES[name].yes_no for name in TYPES] + [False])
            bins = np.where(
                drawable & closed[cells.type] & (cells.polarity >= 0), 2 * cells.type + cells.polarity, -1
            )
            labels = [f"{name} {word}" for name in TYPES for word in ("neg", "pos")]
            blocks = np.repeat(np.arange(len(TYPES)), 2)
            found.append(margin("polarity of yes/no types", bins, np.tile(shares, len(TYPES)), labels, blocks))
        if self.regions:
            bins = np.where(drawable, cells.group, -1).astype(np.intp)
            found.append(margin("region group", bins, np.ones(len(GROUPS)), GROUPS))
        if complexity is not None:
            bins = np.where(drawable, cells.complexity, -1).astype(np.intp)
            wanted = np.array([complexity.get(name, 0.0) for name in COMPLEXITIES])
            found.append(margin("complexity", bins, wanted, COMPLEXITIES))
        bins = np.where(drawable, cells.type, -1).astype(np.intp)
        found.append(margin("question type", bins, _type_shares(self.types)[:-1], TYPES))
        return [item for item in found if item is not None]


def _type_shares(shares: Mapping[str, float]) -> NDArray[np.float64]:
    """[types + 1]; the last place, which code -1 finds, is for an unknown type and holds 0."""
    return np.array([shares.get(name, 0.0) for name in TYPES] + [0.0])
