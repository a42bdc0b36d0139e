"""Frontal films of a visit: the painters of the IU phantom, on a person who stays the same from visit to visit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import Box
from cxrbench.datasets.phantom.anatomy import sample_anatomy
from cxrbench.datasets.phantom.film import draw_normal, expose, outline, paint, painting_order
from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.course import Visit
from cxrbench.datasets.phantom.mimic.frontal_regions import region_boxes
from cxrbench.datasets.phantom.mimic.streams import Streams
from cxrbench.datasets.phantom.mimic.views import LONG, View, pose

COARSE = 4
"""Film pixels per canvas pixel where only boxes are wanted."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a film shows.

    Attributes:
        pixels: uint8 [rows, columns]; None where only boxes were wanted.
        boxes: Key of the finding -> its boxes; an empty tuple where this view does not show it.
        regions: Name of an anatomical region -> its boxes; one name can have several.
        exposure: Brightness added to the film; high is underexposed.
    """

    pixels: NDArray[np.uint8] | None
    boxes: dict[int, tuple[Box, ...]]
    regions: dict[str, tuple[Box, ...]]
    exposure: float


def draw_frontal(own: Streams, visit: Visit, view: View, *, films: bool = True) -> Drawing:
    """Draw a PA or AP film.

    Args:
        films: Without films, boxes are measured on a canvas with a quarter of the lines.
    """
    grain = 1 if films else COARSE
    person = sample_anatomy(own.of(streams.PERSON), visit.plan)
    a = pose(own.of(streams.POSE, visit.number, view.number), person, view)
    texture = own.of(streams.TEXTURE)
    scene = draw_normal(texture, visit.plan, a, LONG) if films else outline(texture, a, LONG // grain)
    boxes: dict[int, tuple[Box, ...]] = {}
    for number, finding in painting_order(visit.plan):
        key = visit.present[number].key
        scene.rng = own.of(streams.PLACE, key)
        masks = paint(scene, finding)
        found = (view.box(scene.canvas.box(mask, finding.condition), grain) for mask in masks)
        boxes[key] = tuple(box for box in found if box is not None)
    regions = {
        name: tuple(kept for box in several if (kept := view.box(box, grain)) is not None)
        for name, several in region_boxes(scene).items()
    }
    pixels = None
    if films:
        square = expose(own.of(streams.POSE, visit.number, view.number, 1), scene.value, a)
        top, left = (LONG - view.rows) // 2, (LONG - view.columns) // 2
        pixels = np.ascontiguousarray(square[top : top + view.rows, left : left + view.columns])
    return Drawing(pixels, boxes, {name: several for name, several in regions.items() if several}, a.exposure)
