"""Weights of strata such that draws have given shares (raking: Deming and Stephan, Ann. Math. Statist. 1940).

Each margin asks for shares of some strata; weights are scaled for one margin after another until all hold. Where the
data cannot satisfy them together, the more important ones hold and the others come near.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_LIMIT: Final = 1e4
"""Weights stay within this factor of their mean: a share that is out of reach must not drive them to infinity."""
_PATIENCE: Final = 10
"""Rounds without progress after which margins count as contradictory."""


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """Shares that are asked for.

    Attributes:
        name: What is balanced.
        bins: int [cells]: the bin of each cell, -1 for cells that this margin says nothing about.
        targets: float [bins]: the share of each bin within its block.
        blocks: int [bins]: bins of one block share 1 among themselves.
        labels: Names of the bins.
    """

    name: str
    bins: NDArray[np.intp]
    targets: Floats
    blocks: NDArray[np.intp]
    labels: tuple[str, ...]

    def shares(self, mass: Floats) -> Floats:
        """float [bins]: the shares that draws with these expected numbers per cell have; NaN in an empty block."""
        inside = self.bins >= 0
        of_bin = np.bincount(self.bins[inside], mass[inside], minlength=len(self.targets))
        of_block = np.bincount(self.blocks, of_bin)[self.blocks]
        shares: Floats = np.divide(of_bin, of_block, out=np.full(len(of_bin), np.nan), where=of_block > 0)
        return shares


def margin(
    name: str, bins: NDArray[np.intp], targets: Floats, labels: Sequence[str], blocks: NDArray[np.intp] | None = None
) -> Margin | None:
    """A margin over the bins that have a target and a cell; their targets are scaled to sum to 1 in each block.

    None where no block is left with two bins, so that there is nothing to balance.
    """
    blocks = np.zeros(len(targets), np.intp) if blocks is None else blocks
    there = (np.bincount(bins[bins >= 0], minlength=len(targets)) > 0) & (targets > 0)
    there &= np.bincount(blocks[there], minlength=blocks.max(initial=0) + 1)[blocks] > 1
    if not there.any():
        return None
    number = np.full(len(targets) + 1, -1, np.intp)
    number[:-1][there] = np.arange(there.sum())
    kept = np.where(there, targets, 0.0)
    scaled = kept / np.maximum(np.bincount(blocks, kept), 1e-300)[blocks]
    chosen = tuple(label for label, is_there in zip(labels, there, strict=True) if is_there)
    return Margin(name, number[bins], scaled[there], blocks[there], chosen)


def rake(
    expected: Callable[[Floats], Floats],
    start: Floats,
    sizes: NDArray[np.int64],
    margins: Sequence[Margin],
    *,
    tolerance: float = 1e-4,
    sweeps: int = 100,
) -> Floats:
    """Weights of the cells under which the margins hold within `tolerance`.

    Args:
        expected: Weights of the cells -> expected number of draws from each. It may depend on the weights in any
            monotone way, for example because no question may be drawn twice.
        start: Weights to begin with; cells with 0 stay at 0. Ratios within all bins are kept.
        sizes: Questions in each cell.
        margins: The most important first. One that cannot hold together with those before it is met as nearly as
            `sweeps` rounds bring it, and then those before it are made to hold again.
    """
    weights = start.astype(np.float64)
    held: list[Margin] = []
    for item in margins:
        weights, all_hold = _sweep(expected, weights, sizes, [*held, item], tolerance, sweeps)
        if all_hold:
            held.append(item)
        elif held:
            weights, _ = _sweep(expected, weights, sizes, held, tolerance, sweeps)
    return weights


def _sweep(
    expected: Callable[[Floats], Floats],
    weights: Floats,
    sizes: NDArray[np.int64],
    margins: Sequence[Margin],
    tolerance: float,
    sweeps: int,
) -> tuple[Floats, bool]:
    """Scale for one margin after another, the most important last, until all hold or nothing improves."""
    best, since = np.inf, 0
    for _ in range(sweeps):
        worst = 0.0
        for item in reversed(margins):
            shares = item.shares(expected(weights))
            reached = shares > 0
            worst = max(worst, float(np.abs(shares - item.targets)[reached].max(initial=0.0)))
            factor = np.ones(len(shares) + 1)
            factor[:-1][reached] = item.targets[reached] / shares[reached]
            weights = _centred(weights * factor[item.bins], sizes)
        if worst < tolerance:
            return weights, True
        best, since = (worst, 0) if worst < 0.99 * best else (best, since + 1)
        if since == _PATIENCE:
            break
    return weights, False


def _centred(weights: Floats, sizes: NDArray[np.int64]) -> Floats:
    """Divided by their mean (geometric, over questions), and kept within `_LIMIT` of it."""
    drawn = weights > 0
    mean = np.exp(np.average(np.log(weights[drawn]), weights=sizes[drawn]))
    return np.where(drawn, np.clip(weights / mean, 1 / _LIMIT, _LIMIT), 0.0)
