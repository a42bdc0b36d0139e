"""Single questions, drawn so that every batch is balanced."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError, UsageError
from cxrbench.datasets.sampling.batch import Batch, SamplerState, check_share
from cxrbench.datasets.sampling.cells import find_cells, rows_by_cell
from cxrbench.datasets.sampling.columns import QuestionColumns
from cxrbench.datasets.sampling.curriculum import Curriculum
from cxrbench.datasets.sampling.permutation import mix, permuted, spread
from cxrbench.datasets.sampling.raking import Floats
from cxrbench.datasets.sampling.targets import Targets
from cxrbench.datasets.sampling.weighting import ConsistencyMode, EpochWeights, base_weights, epoch_weights

_AHEAD: Final = 1 << 15
"""Questions drawn at once, for speed; what is drawn does not depend on it."""


class StratifiedSampler:
    """Draws questions of one split with balanced polarity, region groups, types and complexity.

    The questions are sorted into strata. For each epoch every stratum gets a quota; positions in the epoch are spread
    over the strata evenly (so every stretch of it, and so every batch, is balanced), and a position within a quota is
    sent to a question by a permutation of the stratum. Each draw is a function of seed, epoch and position: an epoch
    can be entered anywhere at no cost, and processes share it by taking turns.

    Args:
        columns: The questions of one split.
        pairs: Draws per epoch.
        curriculum: None for the same shares in every epoch.
        repeats: How often one question may occur in an epoch. With 1 a scarce stratum limits the balance, and
            `weights(epoch).report()` tells how far; more than 1 is upsampling.
        consistency: What to do with label consistency; training split only.

    Raises:
        DataError: Nothing to draw from.
        UsageError: More draws than questions; see also `base_weights`.
    """

    def __init__(
        self,
        columns: QuestionColumns,
        pairs: int,
        *,
        seed: int = 42,
        targets: Targets | None = None,
        curriculum: Curriculum | None = Curriculum(),  # noqa: B008
        repeats: int = 1,
        consistency: ConsistencyMode = "off",
    ) -> None:
        self.columns = columns
        self.pairs = pairs
        self.seed = seed
        self.repeats = repeats
        self._targets = targets or Targets()
        self._curriculum = curriculum
        self._cells = find_cells(columns)
        self._base = base_weights(columns, self._cells, self._targets, consistency)
        self._limits = self._cells.counts * repeats * (self._base > 0)
        if not self._base.any():
            raise DataError(
                f"none of {len(columns)} questions can be drawn", valid="questions of a type that has a share"
            )
        if repeats < 1 or not 1 <= pairs <= self._limits.sum():
            raise UsageError(
                f"{pairs} draws per epoch, each question at most {repeats} times",
                valid=f"repeats of 1 or more, and as many draws as these allow (1 to {self._limits.sum()})",
                hint="raise `repeats` to draw questions more than once",
            )
        self._order = rows_by_cell(self._cells)
        self._starts = np.cumsum(self._cells.counts) - self._cells.counts
        self._settled = curriculum.ramp if curriculum else 0
        """Epoch from which on the weights stay the same."""
        self._quotas = lru_cache(maxsize=4)(self._quotas_of)

    @property
    def excluded(self) -> int:
        """Questions that are never drawn: of unknown type, of a type without a share, or filtered out."""
        return int(self._cells.counts[self._base == 0].sum())

    def weights(self, epoch: int) -> EpochWeights:
        """The weights of an epoch, with the shares asked for and reached."""
        return self._quotas(min(epoch, self._settled))[0]

    def draw(self, epoch: int, start: int, stop: int) -> NDArray[np.int64]:
        """Rows of the draws with positions [start, stop) of an epoch."""
        return self._draw(epoch, np.arange(start, stop))

    def batches(
        self,
        size: int,
        *,
        state: SamplerState = SamplerState(),  # noqa: B008
        epochs: int | None = None,
        process: int = 0,
        processes: int = 1,
    ) -> Iterator[Batch]:
        """Batches from a state on.

        Args:
            size: Questions per step, over all processes together.
            epochs: Stop before this epoch; None goes on for ever.
            process: Which share to yield: every `processes`-th question of a step.

        Raises:
            UsageError: A process that does not exist, or a size that cannot be dealt out evenly.
        """
        check_share(process, processes, size)
        epoch, position = state.epoch, state.position
        usable = self.pairs // processes * processes
        while epochs is None or epoch < epochs:
            while position < usable:
                ahead = min(usable, position + max(1, _AHEAD // size) * size)
                mine = np.arange(position + process, ahead, processes)
                rows = self._draw(epoch, mine)
                for begin in range(position, ahead, size):
                    end = min(begin + size, ahead)
                    part = rows[(begin - position) // processes : (end - position) // processes]
                    after = SamplerState(epoch, end) if end < usable else SamplerState(epoch + 1, 0)
                    yield Batch(part, self.columns.pair[part], self.columns.study[part], after)
                position = ahead
            epoch, position = epoch + 1, 0

    def _draw(self, epoch: int, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        _, ends = self._quotas(min(epoch, self._settled))
        origin = int(mix(self.seed, epoch)) % self.pairs
        place = spread(positions, self.pairs, origin)
        cell = np.searchsorted(ends, place, side="right")
        within = place - np.where(cell > 0, ends[cell - 1], 0)
        size = self._cells.counts[cell]
        member = permuted(within % size, size, mix(self.seed, epoch, cell, within // size))
        rows: NDArray[np.int64] = self._order[self._starts[cell] + member].astype(np.int64)
        return rows

    def _quotas_of(self, epoch: int) -> tuple[EpochWeights, NDArray[np.int64]]:
        """Weights, and the running total of the quotas of the cells."""
        found = epoch_weights(epoch, self._cells, self._targets, self._curriculum, self._base, self._expected)
        # Rounding the running total keeps every run of neighbouring cells, such as those of one polarity, within one
        # of what it should have.
        ends = np.floor(np.cumsum(found.mass) + 0.5).astype(np.int64)
        ends[-1] = self.pairs
        quotas = np.minimum(np.diff(ends, prepend=0), self._limits)
        room = self._limits - quotas
        quotas += np.clip(self.pairs - quotas.sum() - (np.cumsum(room) - room), 0, room)
        return found, np.cumsum(quotas)

    def _expected(self, weights: Floats) -> Floats:
        """Draws per cell in proportion to weight and size, up to the limit of each cell."""
        mass = weights * self._cells.counts
        full = np.zeros(len(mass), bool)
        while True:
            rest = self.pairs - self._limits[full].sum()
            open_mass = mass[~full].sum()
            share = np.where(full, self._limits, mass * (rest / open_mass if open_mass > 0 else 0.0))
            over = ~full & (share > self._limits)
            if not over.any():
                return share
            full |= over
