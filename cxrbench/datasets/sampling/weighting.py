"""The weights of the strata in one epoch: targets, curriculum and label consistency brought together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.datasets.qba.index.schema import COMPLEXITIES
from cxrbench.datasets.sampling.cells import Cells
from cxrbench.datasets.sampling.columns import QuestionColumns
from cxrbench.datasets.sampling.curriculum import Curriculum
from cxrbench.datasets.sampling.raking import Floats, Margin, rake
from cxrbench.datasets.sampling.targets import Targets

ConsistencyMode = Literal["off", "weight", "filter"]
MODES: Final[tuple[ConsistencyMode, ...]] = get_args(ConsistencyMode)
_BY_CODE: Final = {"off": (1.0, 1.0, 1.0), "weight": (0.75, 1.0, 0.25), "filter": (1.0, 1.0, 0.0)}
"""Mode -> weight of questions that the labels neither confirm nor contradict, confirm, contradict."""


@dataclass(frozen=True, slots=True, eq=False)
class EpochWeights:
    """Weights of one epoch.

    Attributes:
        weights: float [cells].
        mass: float [cells]: expected number of draws from each.
        margins: What was asked for, the most important first.
    """

    weights: Floats
    mass: Floats
    margins: tuple[Margin, ...]

    def report(self) -> dict[str, dict[str, tuple[float, float]]]:
        """Margin -> bin -> (share asked for, share reached)."""
        return {
            item.name: {
                label: (float(wanted), float(got))
                for label, wanted, got in zip(item.labels, item.targets, item.shares(self.mass), strict=True)
            }
            for item in self.margins
        }

    def worst(self, name: str) -> float:
        """Largest difference between a share asked for and the share reached; 0 for a margin that is not there."""
        gaps = [abs(wanted - got) for wanted, got in self.report().get(name, {}).values()]
        return max(gaps, default=0.0)


def base_weights(columns: QuestionColumns, cells: Cells, targets: Targets, mode: ConsistencyMode) -> Floats:
    """Weights before balancing: 0 for what is never drawn, and label consistency.

    Raises:
        UnknownNameError: The mode is none of `MODES`.
        UsageError: Label consistency on a split that is evaluated on, or without the column.
    """
    if mode not in MODES:
        raise UnknownNameError("consistency mode", mode, MODES)
    if mode != "off" and columns.split != "train":
        raise UsageError(
            f"label consistency would choose the questions of the split {columns.split!r}",
            valid="the training split; what a model is evaluated on is never filtered or weighted by it",
        )
    if mode != "off" and columns.consistency is None:
        raise UsageError(
            "nobody compared these questions with CheXpert labels",
            valid="columns with `consistency`",
            hint="read_columns(index, ..., labels=...)",
        )
    return np.where(targets.drawable(cells), np.array(_BY_CODE[mode])[cells.consistency], 0.0)


def epoch_weights(
    epoch: int,
    cells: Cells,
    targets: Targets,
    curriculum: Curriculum | None,
    start: Floats,
    expected: Callable[[Floats], Floats],
) -> EpochWeights:
    """Balance the weights for an epoch."""
    margins = targets.margins(cells)
    weights = rake(expected, start, cells.counts, margins)
    if curriculum is not None and curriculum.active(epoch):
        mass = expected(weights)
        total = mass[cells.complexity >= 0].sum()
        own = {
            name: float(mass[cells.complexity == code].sum() / total)
            for code, name in enumerate(COMPLEXITIES)
            if total > 0 and np.any(mass[cells.complexity == code] > 0)
        }
        margins = targets.margins(cells, curriculum.shares(epoch, own))
        weights = rake(expected, weights, cells.counts, margins)
    return EpochWeights(weights, expected(weights), tuple(margins))
