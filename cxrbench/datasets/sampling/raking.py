"""Weights of strata such that draws have given shares (raking: Deming and Stephan, Ann. Math. Statist. 1940).

Each margin asks for shares of some strata; weights are scaled for one margin after another until all hold. Where the
data cannot satisfy them together, the more important ones hold and the others come as near as they can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_LIMIT: Final = 1e9
"""Weights stay within this factor of 1: a share that cannot be reached must not drive them to infinity."""


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
    margins: Sequence[Margin],
    *,
    tolerance: float = 1e-4,
    sweeps: int = 60,
) -> Floats:
    """Weights of the cells under which all margins hold within `tolerance`.

    Args:
        expected: Weights of the cells -> expected number of draws from each. It may depend on the weights in any
            monotone way, for example because no question may be drawn twice.
        start: Weights to begin with; cells with 0 stay at 0. Ratios within a bin are kept.
        margins: The most important first. When they cannot hold together after `sweeps` rounds, the last is given
            up (from where it got to) and the others are tried again.
    """
    weights = start.astype(np.float64)
    for kept in range(len(margins), 0, -1):
        for _ in range(sweeps):
            worst = 0.0
            for item in reversed(margins[:kept]):
                shares = item.shares(expected(weights))
                reachable = shares > 0
                if not reachable.any():
                    continue
                worst = max(worst, float(np.abs(shares - item.targets)[reachable].max()))
                factor = np.ones(len(shares) + 1)
                factor[:-1][reachable] = (item.targets[reachable] / shares[reachable]).clip(0.1, 10.0)
                weights *= factor[item.bins]
            top = weights.max(initial=0.0)
            if top > 0:
                weights = np.where(weights > 0, np.maximum(weights / top, 1 / _LIMIT), 0.0)
            if worst < tolerance:
                return weights
    return weights
