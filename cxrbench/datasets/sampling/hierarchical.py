"""Batches of N studies with M questions each, so that a film is loaded once for several questions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError, UsageError
from cxrbench.datasets.sampling.batch import Batch, SamplerState, check_share
from cxrbench.datasets.sampling.cells import find_cells
from cxrbench.datasets.sampling.columns import QuestionColumns
from cxrbench.datasets.sampling.curriculum import Curriculum
from cxrbench.datasets.sampling.inclusion import inclusion, systematic
from cxrbench.datasets.sampling.permutation import mix, permuted, uniform
from cxrbench.datasets.sampling.raking import Floats
from cxrbench.datasets.sampling.targets import Targets
from cxrbench.datasets.sampling.weighting import ConsistencyMode, EpochWeights, base_weights, epoch_weights

Ints = NDArray[np.int64]
CALIBRATED_ON: Final = 5_000
"""Studies, drawn by the seed, on which the weights are balanced where a split has more."""
_AHEAD: Final = 256
"""Studies drawn at once, for speed; what is drawn does not depend on it."""


class Drawn(NamedTuple):
    """Questions of some studies.

    Attributes:
        rows: int64 [questions], study by study in the order asked for.
        counts: int64 [studies]: how many questions each study has.
    """

    rows: Ints
    counts: Ints


class HierarchicalSampler:
    """Visits every study of a split once per epoch, and asks M different questions about each.

    Within a study questions are drawn in proportion to weights of their strata, spread over the types as evenly as
    these weights allow (`inclusion.systematic`); the weights are such that over the epoch the same shares hold as for
    `StratifiedSampler`. A study with fewer questions gives all it has. Each draw is a function of seed, epoch and
    study, whatever batch the study is in: no state but a position, and no question twice in an epoch.

    Args:
        columns: The questions of one split; select studies with a primary frontal image when they are read.
        studies: N, over all processes together.
        questions: M.
        curriculum, consistency: As for `StratifiedSampler`.

    Raises:
        DataError: Nothing to draw from.
    """

    def __init__(
        self,
        columns: QuestionColumns,
        studies: int = 8,
        questions: int = 8,
        *,
        seed: int = 42,
        targets: Targets | None = None,
        curriculum: Curriculum | None = Curriculum(),  # noqa: B008
        consistency: ConsistencyMode = "off",
    ) -> None:
        if studies < 1 or questions < 1:
            raise UsageError(f"batches of {studies} studies with {questions} questions", valid="1 or more of each")
        self.columns = columns
        self.studies = studies
        self.questions = questions
        self.seed = seed
        self._targets = targets or Targets()
        self._curriculum = curriculum
        self._cells = find_cells(columns)
        self._base = base_weights(columns, self._cells, self._targets, consistency)
        bounds = _bounds(columns.study)
        # Running totals in 32 bits: 31 million questions are the reason to spare memory here.
        drawable = np.cumsum((self._base > 0)[self._cells.of_row], dtype=np.int32)
        usable = np.diff(np.where(bounds > 0, drawable[bounds - 1], 0)) if len(columns) else np.zeros(0, np.int64)
        self._first = bounds[:-1][usable > 0]
        self._length = np.diff(bounds)[usable > 0]
        self._wanted = np.minimum(usable[usable > 0], questions).astype(np.int64)
        self.excluded = int(self._cells.counts[self._base == 0].sum())
        if not len(self._first):
            raise DataError(
                f"none of {len(columns)} questions can be drawn", valid="questions of a type that has a share"
            )
        self._epoch_weights = lru_cache(maxsize=4)(self._weights_of)

    def __len__(self) -> int:
        """Studies."""
        return len(self._first)

    @property
    def study_numbers(self) -> NDArray[np.int32]:
        """The number in the index of each study, by its place in this sampler."""
        return self.columns.study[self._first]

    def weights(self, epoch: int) -> EpochWeights:
        """The weights of an epoch, with the shares asked for and reached on the studies calibrated on."""
        return self._epoch_weights(min(epoch, self._curriculum.ramp if self._curriculum else 0))

    def order(self, epoch: int) -> Ints:
        """Places of the studies in the order in which an epoch visits them."""
        size = np.int64(len(self))
        return permuted(np.arange(size), np.asarray(size), mix(self.seed, epoch))

    def ask(self, places: Ints, epoch: int) -> Drawn:
        """The questions that an epoch asks about these studies, which must be different."""
        rows, starts = self._rows_of(places)
        cell = self._cells.of_row[rows]
        slot = np.repeat(np.arange(len(places)), self._length[places])
        # One number to sort by: study, type, polarity, and chance among the questions of these.
        key = (slot << 8) + ((self._cells.type[cell].astype(np.int64) + 1) << 2) + (self._cells.polarity[cell] + 1)
        chance = mix(self.seed, epoch, self.columns.pair[rows]) >> np.uint64(32)
        order = np.argsort((key.astype(np.uint64) << np.uint64(32)) | chance, kind="stable")
        rows = rows[order]
        weight = self.weights(epoch).weights[self._cells.of_row[rows]]
        wanted = self._wanted[places]
        probability = inclusion(weight, np.ones(len(rows), np.int64), starts, wanted)
        origin = uniform(self.seed, epoch, self.study_numbers[places].astype(np.int64))
        taken = systematic(probability, starts, wanted, origin)
        return Drawn(rows[taken], wanted)

    def batches(
        self,
        *,
        state: SamplerState = SamplerState(),  # noqa: B008
        epochs: int | None = None,
        process: int = 0,
        processes: int = 1,
    ) -> Iterator[Batch]:
        """Batches from a state on.

        Args:
            epochs: Stop before this epoch; None goes on for ever.
            process: Which share to yield: every `processes`-th study of a step. Studies that are left over when the
                last step of an epoch is dealt out evenly are not visited in that epoch.

        Raises:
            UsageError: A process that does not exist, or N not divisible by the processes.
        """
        check_share(process, processes, self.studies)
        epoch, position = state.epoch, state.position
        usable = len(self) // processes * processes
        while epochs is None or epoch < epochs:
            order = self.order(epoch)
            while position < usable:
                ahead = min(usable, position + max(1, _AHEAD // self.studies) * self.studies)
                drawn = self.ask(order[position + process : ahead : processes], epoch)
                bounds = np.concatenate([[0], np.cumsum(drawn.counts)])
                for begin in range(position, ahead, self.studies):
                    end = min(begin + self.studies, ahead)
                    rows = drawn.rows[bounds[(begin - position) // processes] : bounds[(end - position) // processes]]
                    after = SamplerState(epoch, end) if end < usable else SamplerState(epoch + 1, 0)
                    yield Batch(rows, self.columns.pair[rows], self.columns.study[rows], after)
                position = ahead
            epoch, position = epoch + 1, 0

    def _rows_of(self, places: Ints) -> tuple[Ints, Ints]:
        """All rows of the studies one after another, and where each study begins among them."""
        lengths = self._length[places]
        starts = np.cumsum(lengths) - lengths
        return np.arange(lengths.sum()) + np.repeat(self._first[places] - starts, lengths), starts

    def _weights_of(self, epoch: int) -> EpochWeights:
        places = np.arange(len(self))
        if len(places) > CALIBRATED_ON:
            places = np.sort(np.random.default_rng(self.seed).choice(places, CALIBRATED_ON, replace=False))
        rows, _ = self._rows_of(places)
        slot = np.repeat(np.arange(len(places)), self._length[places])
        used, counts = np.unique(slot * len(self._cells) + self._cells.of_row[rows], return_counts=True)
        study, cell = np.divmod(used, len(self._cells))
        starts = np.searchsorted(study, np.arange(len(places)))
        wanted = self._wanted[places]

        def expected(weights: Floats) -> Floats:
            probability = inclusion(weights[cell], counts, starts, wanted)
            mass: Floats = np.bincount(cell, probability * counts, minlength=len(self._cells)).astype(np.float64)
            return mass

        return epoch_weights(epoch, self._cells, self._targets, self._curriculum, self._base, expected)


def _bounds(study: NDArray[np.int32]) -> Ints:
    """Where each study begins, and the end."""
    if not len(study):
        return np.zeros(1, np.int64)
    return np.concatenate([[0], np.flatnonzero(study[1:] != study[:-1]) + 1, [len(study)]])
