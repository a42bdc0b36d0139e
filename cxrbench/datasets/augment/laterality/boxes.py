"""Boxes of a mirrored film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cxrbench.core.types import Box
from cxrbench.datasets.augment.laterality.words import swap_sides


def mirror_boxes(boxes: Sequence[Box], width: float) -> tuple[Box, ...]:
    """Boxes of a film of `width` pixels after a horizontal flip, their labels with sides exchanged."""
    return tuple(
        replace(
            box,
            x1=width - box.x2,
            x2=width - box.x1,
            label=None if box.label is None else swap_sides(box.label),
        )
        for box in boxes
    )
