"""Lateral films of a visit, with the boxes of what they show."""

from __future__ import annotations

import numpy as np

from cxrbench.core.types import Box
from cxrbench.datasets.phantom.anatomy import sample_anatomy
from cxrbench.datasets.phantom.canvas import Point
from cxrbench.datasets.phantom.film import expose, painting_order
from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.course import Visit
from cxrbench.datasets.phantom.mimic.frontal import COARSE, Drawing
from cxrbench.datasets.phantom.mimic.frontal_regions import around
from cxrbench.datasets.phantom.mimic.lateral import (
    LateralScene,
    diaphragm,
    draw_normal_lateral,
    lateral_pose,
    outline_lateral,
)
from cxrbench.datasets.phantom.mimic.lateral_findings import paint_lateral
from cxrbench.datasets.phantom.mimic.streams import Streams
from cxrbench.datasets.phantom.mimic.views import LONG, View, pose


def draw_lateral(own: Streams, visit: Visit, view: View, *, films: bool = True) -> Drawing:
    """Draw a lateral film.

    Args:
        films: Without films, boxes are measured on a canvas with a quarter of the lines.
    """
    grain = 1 if films else COARSE
    person = sample_anatomy(own.of(streams.PERSON), visit.plan)
    a = lateral_pose(pose(own.of(streams.POSE, visit.number, view.number), person, view))
    texture = own.of(streams.TEXTURE, 1)
    scene = draw_normal_lateral(texture, a, LONG) if films else outline_lateral(texture, a, LONG // grain)
    boxes: dict[int, tuple[Box, ...]] = {}
    for number, finding in painting_order(visit.plan):
        key = visit.present[number].key
        scene.rng = own.of(streams.DEPTH, key)
        found = (view.box(scene.canvas.box(mask, finding.condition), grain) for mask in paint_lateral(scene, finding))
        boxes[key] = tuple(box for box in found if box is not None)
    regions = {name: box for name, raw in _regions(scene).items() if (box := view.box(raw, grain)) is not None}
    pixels = None
    if films:
        square = expose(own.of(streams.POSE, visit.number, view.number, 1), scene.value, a)
        top, left = (LONG - view.rows) // 2, (LONG - view.columns) // 2
        pixels = np.ascontiguousarray(square[top : top + view.rows, left : left + view.columns])
    return Drawing(pixels, boxes, {name: (box,) for name, box in regions.items()}, a.exposure)


def _regions(scene: LateralScene) -> dict[str, Box | None]:
    """The regions that can be told from the side; both lungs lie in the same place, so only "lungs" has a box."""
    canvas, a = scene.canvas, scene.anatomy
    recess: Point = (0.68, float(diaphragm(a, 0.66)))
    return {
        "lungs": canvas.box(scene.lung, "lungs"),
        "cardiac silhouette": canvas.box(scene.heart, "heart"),
        "hila": around(canvas, [(0.0, -0.20), (0.26, 0.06)]),
        "trachea": around(canvas, [(-0.02, -0.98), (0.20, -0.16)]),
        "costophrenic angles": around(canvas, [(0.46, recess[1] - 0.22), recess]),
        "hemidiaphragms": around(canvas, [(-0.62, min(a.domes) - 0.04), recess]),
        "upper mediastinum": around(canvas, [(-0.24, a.apex), (0.30, -0.22)]),
        "thoracic spine": around(canvas, [(0.28, a.apex - 0.06), (0.66, 0.66)]),
        "sternum": around(canvas, [(-0.64, -0.64), (-0.28, 0.22)]),
        "abdomen": around(canvas, [(-0.66, min(a.domes)), (0.66, 0.98)]),
    }
