"""Boxes that follow a change of their film, and boxes shaken a little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import Box
from cxrbench.datasets.augment.film.changes import Change
from cxrbench.datasets.augment.laterality.boxes import mirror_boxes


class Size(NamedTuple):
    """Of a film, in pixels."""

    width: float
    height: float


UNIT: Final = Size(1.0, 1.0)
"""Of a film on which boxes are normalised."""


def move_boxes(boxes: Sequence[Box], change: Change, size: Size) -> tuple[Box | None, ...]:
    """Where boxes lie on the changed film.

    A turned box is replaced by the smallest upright box around it, so that what it held stays inside; it is cut at
    the film's edges.

    Returns:
        One item per box; None for a box that has left the film altogether.
    """
    if change.mirrored:
        boxes = mirror_boxes(boxes, size.width)
    if change[:4] == (0.0, 0.0, 0.0, 1.0):
        return tuple(boxes)
    angle = np.deg2rad(change.angle)
    cos, sin = change.scale * np.cos(angle), change.scale * np.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])
    centre = np.array(size) / 2
    shift = np.array([change.right, change.down]) * size
    found: list[Box | None] = []
    for box in boxes:
        corners = np.array([(x, y) for x in (box.x1, box.x2) for y in (box.y1, box.y2)])
        moved = (corners - centre) @ turn.T + centre + shift
        (x1, y1), (x2, y2) = np.clip([moved.min(0), moved.max(0)], 0.0, size).tolist()
        found.append(replace(box, x1=x1, y1=y1, x2=x2, y2=y2) if x1 < x2 and y1 < y2 else None)
    return tuple(found)


def jitter_boxes(
    boxes: NDArray[np.float64], random: np.random.Generator, size: Size = UNIT, share: float = 0.05
) -> NDArray[np.float64]:
    """Move each edge by up to `share` of its box's width or height, and cut at the film's edges.

    Args:
        boxes: [..., 4] of x1 < x2, y1 < y2 inside the film.
        size: Of the film.
        share: Below .5, so that no box turns inside out.
    """
    extent = boxes[..., 2:] - boxes[..., :2]
    moves = random.uniform(-share, share, size=boxes.shape) * np.concatenate([extent, extent], -1)
    jittered: NDArray[np.float64] = np.clip(boxes + moves, 0.0, np.array([*size, *size]))
    return jittered
