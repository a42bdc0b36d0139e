"""Which groups two systems exchange in each trial of a paired randomisation test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cxrbench.metrics.base import FloatArray

RANDOMISATION_TRIALS = 10_000
ENUMERATE_UP_TO = 12
"""Groups up to which every one of the 2^groups exchanges is made instead of a random sample of them."""
_STREAM = 1
"""Keeps the exchanges apart from the bootstrap replicates of the same seed."""


def swap_masks(n_groups: int, trials: int, seed: int, block: int | None = None) -> Iterator[FloatArray]:
    """1 where a group's systems are exchanged, in blocks. float64 [b, n_groups].

    Up to 12 groups, all 2^n exchanges in turn, whatever `trials`; else `trials` random ones, the same for every
    caller with the same seed and number of groups.
    """
    if block is None:
        block = min(1000, max(1, (1 << 22) // max(n_groups, 1)))
    if n_groups <= ENUMERATE_UP_TO:
        numbers = np.arange(1 << n_groups)[:, None] >> np.arange(n_groups)
        yield from np.array_split((numbers & 1).astype(float), max(1, (1 << n_groups) // block))
        return
    generator = np.random.default_rng([seed, _STREAM])
    for start in range(0, trials, block):
        yield generator.integers(0, 2, size=(min(block, trials - start), n_groups)).astype(float)


def swap_p_value(observed: float, exchanged: FloatArray, n_groups: int) -> float | None:
    """Two-sided p-value of an observed difference among those of the exchanges.

    The share at least as large when all exchanges were made (the observed one is among them); else
    (count + 1) / (trials + 1), which can never be 0 (Phipson & Smyth 2010). Undefined trials do not count; None if
    none is left.
    """
    defined = exchanged[~np.isnan(exchanged)]
    if not len(defined):
        return None
    # Sums in another order differ in the last digits: equal differences must count as equal.
    extreme = int((np.abs(defined) >= abs(observed) * (1 - 1e-10) - 1e-14).sum())
    if n_groups <= ENUMERATE_UP_TO:
        return extreme / len(defined)
    return (extreme + 1) / (len(defined) + 1)
