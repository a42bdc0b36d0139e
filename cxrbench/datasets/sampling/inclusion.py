"""Drawing a fixed number of different questions from each study, with given weights (sampling in proportion to size).

Madow's systematic method (Ann. Math. Statist. 1949): the inclusion probabilities of a study's questions are laid end
to end, and every question on which an integer step from a random start falls is taken. Each is taken with exactly its
probability, none twice; and whatever lies together in the order, such as a type, gets its expected number of draws
rounded down or up.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.datasets.sampling.raking import Floats

_UNIT: Final = 1 << 32


def inclusion(
    weights: Floats, counts: NDArray[np.int64], starts: NDArray[np.int64], wanted: NDArray[np.int64]
) -> Floats:
    """Inclusion probabilities: in proportion to the weights, at most 1, of the wanted sum in every segment.

    Args:
        weights: float [n].
        counts: int [n]: how many questions each weight stands for.
        starts: int [segments], ascending from 0: where each segment begins; none is empty.
        wanted: int [segments], at most the questions of positive weight.
    """
    lengths = np.diff(np.append(starts, len(weights)))
    certain = np.zeros(len(weights), bool)
    while True:
        rest = wanted - np.add.reduceat(np.where(certain, counts, 0), starts)
        mass = np.add.reduceat(np.where(certain, 0.0, weights * counts), starts)
        scale = np.divide(rest, mass, out=np.zeros(len(starts)), where=mass > 0)
        probability = np.where(certain, 1.0, weights * np.repeat(scale, lengths))
        over = (probability >= 1.0) & ~certain
        if not over.any():
            return probability
        certain |= over


def systematic(
    probability: Floats, starts: NDArray[np.int64], wanted: NDArray[np.int64], origin: Floats
) -> NDArray[np.bool_]:
    """Which to take: exactly `wanted` in every segment.

    Args:
        probability: From `inclusion`, one question each.
        origin: float [segments], uniform in (0, 1).
    """
    lengths = np.diff(np.append(starts, len(probability)))
    # Whole multiples of a small unit: their sums are exact, so that the draw for a segment does not depend on others.
    units = np.rint(probability * _UNIT).astype(np.int64)
    running = np.cumsum(units)
    within = running - np.repeat(running[starts] - units[starts], lengths)
    within = np.minimum(within, np.repeat(wanted * _UNIT, lengths))
    within[np.append(starts[1:], len(probability)) - 1] = wanted * _UNIT
    first = 1 + (origin * (_UNIT - 1)).astype(np.int64)
    steps = -((np.repeat(first, lengths) - within) // _UNIT)
    previous = np.concatenate([[0], steps[:-1]])
    previous[starts] = 0
    taken: NDArray[np.bool_] = steps > previous
    return taken
