"""Boxes of the anatomical regions of a frontal film, named as Chest ImaGenome and MIMIC-Ext-CXR-QBA name them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import numpy as np

from cxrbench.core.types import Box
from cxrbench.datasets.phantom.body import SIGN
from cxrbench.datasets.phantom.canvas import Canvas, Field, Point
from cxrbench.datasets.phantom.film import above_diaphragm
from cxrbench.datasets.phantom.plan import SIDES

if TYPE_CHECKING:
    from cxrbench.datasets.phantom.film import Scene

UPPER_TO_MID: Final = -0.17
MID_TO_LOWER: Final = 0.14
"""y of the borders between the lung zones."""


def region_boxes(scene: Scene) -> dict[str, tuple[Box, ...]]:
    """Region name -> boxes in pixels of the scene's canvas; a paired name has two."""
    canvas, a = scene.canvas, scene.anatomy
    found: dict[str, Box] = {}

    def put(name: str, box: Box | None) -> None:
        if box is not None:
            found[name] = box

    for side in SIDES:
        s = SIGN[side]
        dome = a.domes[0] if side == "right" else a.domes[1]
        lung = scene.lungs[side].mask * (scene.lungs[side].lateral > 0)
        put(f"{side} lung", canvas.box(lung, f"{side} lung"))
        for name, top, bottom in _zones(a.apex, dome, side):
            put(f"{side} {name}" if name != "lingula" else name, _rows(canvas, lung, top, bottom))
        edge = s * a.chest
        put(f"{side} hilar structures", around(canvas, [(s * 0.06, -0.22), (s * 0.30, 0.12)]))
        put(
            f"{side} costophrenic angle",
            around(canvas, [(edge - s * 0.22, dome - 0.06), (edge + s * 0.03, dome + 0.2)]),
        )
        put(f"{side} hemidiaphragm", around(canvas, [(s * 0.06, dome - 0.03), (edge + s * 0.03, dome + 0.20)]))
        put(f"{side} pleural space", canvas.box(lung, f"{side} pleural space"))
        put(f"{side} clavicle", around(canvas, [(s * 0.05, a.apex - 0.03), (s * 0.82, a.apex + 0.20)]))
        put(f"{side} ribs", around(canvas, [(s * 0.05, a.apex - 0.05), (edge + s * 0.06, dome + 0.20)]))
        put(f"{side} chest wall", around(canvas, [(s * 0.38, a.apex + 0.08), (edge + s * 0.16, 0.36)]))
    m, floor = a.mediastinum, max(a.domes)
    put("cardiac silhouette", canvas.box(above_diaphragm(scene, scene.heart), "heart"))
    put("mediastinum", around(canvas, [(-m - 0.06, a.apex), (m + 0.08, floor - 0.02)]))
    put("upper mediastinum", around(canvas, [(-m - 0.04, a.apex), (m + 0.06, -0.22)]))
    put("aortic arch", around(canvas, [(0.0, -0.50), (m + 0.06, -0.28)]))
    put("descending aorta", around(canvas, [(0.0, -0.32), (0.13, floor)]))
    put("svc", around(canvas, [(-m - 0.03, -0.50), (-0.03, -0.12)]))
    put("cavoatrial junction", around(canvas, [(-0.16, -0.16), (-0.03, 0.05)]))
    width = 2 * a.chest * a.heart_ratio
    put("right atrium", around(canvas, [(-0.31 * width - 0.01, floor - 0.42), (-0.02, floor - 0.06)]))
    put("trachea", around(canvas, [(-0.07, -0.98), (0.07, -0.24)]))
    put("carina", around(canvas, [(-0.08, -0.30), (0.09, -0.16)]))
    put("spine", around(canvas, [(-0.08, -0.96), (0.08, 0.96)]))
    put("thoracic spine", around(canvas, [(-0.08, a.apex - 0.06), (0.08, floor + 0.16)]))
    put("sternum", around(canvas, [(-0.07, -0.50), (0.09, 0.32)]))
    put("abdomen", around(canvas, [(-a.chest, floor + 0.02), (a.chest, 0.98)]))
    put("stomach", around(canvas, [(0.06, a.domes[1] + 0.05), (0.50, a.domes[1] + 0.30)]))
    put("neck", around(canvas, [(-0.26, -0.99), (0.26, a.apex + 0.02)]))
    regions: dict[str, tuple[Box, ...]] = {name: (box,) for name, box in found.items()}
    for name, parts in PAIRS.items():
        if boxes := tuple(found[part] for part in parts if part in found):
            regions[name] = boxes
    return regions


PAIRS: Final = {
    "lungs": ("right lung", "left lung"),
    "lung bases": ("right lung base", "left lung base"),
    "hila": ("right hilar structures", "left hilar structures"),
    "costophrenic angles": ("right costophrenic angle", "left costophrenic angle"),
    "hemidiaphragms": ("right hemidiaphragm", "left hemidiaphragm"),
    "pleural space": ("right pleural space", "left pleural space"),
    "clavicles": ("right clavicle", "left clavicle"),
    "ribs": ("right ribs", "left ribs"),
}
"""Regions of both sides and the two that they consist of."""


def _zones(apex: float, dome: float, side: str) -> Iterable[tuple[str, float, float]]:
    """(name, upper and lower border) of the parts of a lung; lobes overlap on a frontal film."""
    yield "apical zone", -1.0, apex + 0.20
    yield "upper lung zone", -1.0, UPPER_TO_MID
    yield "mid lung zone", UPPER_TO_MID, MID_TO_LOWER
    yield "lower lung zone", MID_TO_LOWER, 1.0
    yield "lung base", dome - 0.24, 1.0
    yield "upper lobe", -1.0, UPPER_TO_MID + (0.06 if side == "right" else 0.20)
    yield "lower lobe", MID_TO_LOWER - 0.16, 1.0
    yield ("middle lobe" if side == "right" else "lingula"), UPPER_TO_MID, dome - 0.04


def _rows(canvas: Canvas, mask: Field, top: float, bottom: float) -> Box | None:
    return canvas.box(mask * ((canvas.y >= np.float32(top)) & (canvas.y < np.float32(bottom))), "", 0.5)


def around(canvas: Canvas, corners: list[Point]) -> Box:
    """The upright rectangle around a canonical one, whichever way the patient leans."""
    (xa, ya), (xb, yb) = corners
    points = canvas.to_pixels([(xa, ya), (xa, yb), (xb, ya), (xb, yb)])
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))
