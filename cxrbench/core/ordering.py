"""Which examples a run takes, in which order, in which batches: a fixed partition, whatever is interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

from cxrbench.core.types import Example

Item = TypeVar("Item")


def hashed_order(ids: Iterable[str], seed: int) -> list[str]:
    """The ids ordered by a seeded hash, so that any first N are a random sample and extend a smaller N."""
    return sorted(ids, key=lambda name: (hashlib.sha256(f"{seed}:{name}".encode("utf-8", "replace")).digest(), name))


def by_film(examples: Iterable[Example], seed: int) -> list[Example]:
    """The examples film by film, the films ordered by a seeded hash of their file names.

    Questions about one film then follow one another, so that it is decoded once. Within a film, and among examples
    without any, the given order stays.
    """

    def key(example: Example) -> bytes:
        images = example.request.images
        return hashlib.sha256(f"{seed}:{images[0].path.name if images else ''}".encode("utf-8", "replace")).digest()

    return sorted(examples, key=key)


def batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """Consecutive batches of `size` (the last may be smaller).

    Raises:
        ValueError: `size` is not positive.
    """
    if size < 1:
        raise ValueError(f"batch size must be at least 1, got {size}")
    return [items[start : start + size] for start in range(0, len(items), size)]
