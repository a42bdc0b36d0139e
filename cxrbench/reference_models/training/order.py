"""Where every random number of an epoch comes from: the seed and the position, never the history.

Sample order and augmentation are functions of (seed, phase, epoch) and of the sample's id, so a training that
is resumed in the middle of an epoch sees exactly what the uninterrupted one would have seen.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Draw:
    """The random stream of one epoch.

    Attributes:
        phase: Index of the phase in the plan.
        epoch: From 0.
    """

    seed: int
    phase: int
    epoch: int

    def for_sample(self, sample_id: str) -> np.random.Generator:
        """A generator of its own for a sample's augmentation."""
        return np.random.default_rng([self.seed, self.phase, self.epoch, zlib.crc32(sample_id.encode())])

    def order(self, samples: int) -> NDArray[np.int64]:
        """A permutation of the samples."""
        return np.random.default_rng([self.seed, self.phase, self.epoch]).permutation(samples)


def cut(order: NDArray[np.int64], effective_batch: int, processes: int = 1) -> list[NDArray[np.int64]]:
    """The optimiser steps of an epoch: consecutive slices of the order; the last one may be shorter.

    With several processes a short last step is cut to a multiple of their number, so that every process has a
    share of equal size.
    """
    steps = [order[start : start + effective_batch] for start in range(0, len(order), effective_batch)]
    usable = [step[: len(step) // processes * processes] for step in steps]
    return [step for step in usable if len(step)]


def share(step: NDArray[np.int64], batch_size: int, process: int = 0, processes: int = 1) -> list[NDArray[np.int64]]:
    """The forward passes that one process makes for one optimiser step."""
    own = step[process::processes]
    return [own[start : start + batch_size] for start in range(0, len(own), batch_size)]


def seed_everything(seed: int, phase: int) -> None:
    """Seed python, numpy and torch (all devices) for the start of a phase."""
    import torch

    state = int(np.random.SeedSequence([seed, phase]).generate_state(1)[0])
    random.seed(state)
    np.random.seed(state)
    torch.manual_seed(state)
