"""Random numbers and permutations that are functions of their arguments: nothing to store, nothing to replay."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

UInts = NDArray[np.uint64]
_ROUNDS: Final = 12


def mix(*values: int | UInts | NDArray[np.int64]) -> UInts:
    """Hash integers to 64 random-looking bits, element by element (the finaliser of splitmix64 after each value)."""
    state = np.zeros((), np.uint64)
    with np.errstate(over="ignore"):
        for value in values:
            state = state + np.asarray(value).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return np.asarray(state)


def uniform(*values: int | UInts | NDArray[np.int64]) -> NDArray[np.float64]:
    """A number in (0, 1) for each hash of `mix`."""
    numbers: NDArray[np.float64] = ((mix(*values) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return numbers


def permuted(index: NDArray[np.int64], size: NDArray[np.int64], key: UInts) -> NDArray[np.int64]:
    """Where a pseudo-random permutation of range(size), chosen by `key`, sends `index`.

    A Feistel network over a grid of about size cells; an image outside the range is sent on until it falls inside
    (Black and Rogaway, CT-RSA 2002). All arguments are broadcast: elements may have sizes and keys of their own.

    Args:
        index: In [0, size).
    """
    index, size, key = np.broadcast_arrays(index, size, key)
    result = index.astype(np.int64)
    todo = np.flatnonzero(size > 1)
    width = np.ceil(np.sqrt(size[todo])).astype(np.int64)
    height = -(-size[todo] // width)
    while len(todo):
        left, right = result[todo] % width, result[todo] // width
        for turn in range(_ROUNDS):
            if turn % 2:
                right = (right + _bits(key[todo], turn, left)) % height
            else:
                left = (left + _bits(key[todo], turn, right)) % width
        result[todo] = left + width * right
        outside = result[todo] >= size[todo]
        todo, width, height = todo[outside], width[outside], height[outside]
    return result


def spread(position: NDArray[np.int64], size: int, start: int) -> NDArray[np.int64]:
    """A permutation of range(size) that visits all of it evenly: any stretch of positions is spread over the range.

    Steps of the golden section, the most even rotation there is (Steinhaus's three-distance theorem); `start` is the
    image of position 0.
    """
    step = _golden_step(size)
    visited: NDArray[np.int64] = (position * step + start) % size
    return visited


def _bits(key: UInts, turn: int, half: NDArray[np.int64]) -> NDArray[np.int64]:
    return (mix(key, turn, half) >> np.uint64(33)).astype(np.int64)


def _golden_step(size: int) -> int:
    """The number coprime to size that is nearest to its golden section."""
    golden = round(size * (math.sqrt(5) - 1) / 2)
    return next(
        step for offset in range(size + 1) for step in (golden + offset, golden - offset) if math.gcd(step, size) == 1
    )
