"""The lateral film: the patient faces the image's left, both lungs lie on top of each other.

Canonical coordinates as on the frontal film: y is the same height in the body, x runs from the breastbone (-1) to the
back (1). Sides cannot be told on it, except that the left diaphragm fades where the heart lies on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from cxrbench.datasets.phantom.anatomy import Anatomy
from cxrbench.datasets.phantom.canvas import Canvas, Field, Point, curve, smooth

FRONT: Final[list[Point]] = [
    (-0.20, -1.3),
    (-0.22, -0.86),
    (-0.42, -0.62),
    (-0.60, -0.30),
    (-0.68, 0.10),
    (-0.70, 1.3),
]
BACK: Final[list[Point]] = [(0.40, -1.3), (0.46, -0.90), (0.64, -0.60), (0.76, -0.15), (0.76, 0.35), (0.68, 1.3)]
"""Skin in front and behind, as (x, y) from top to bottom."""
SPINE: Final[list[Point]] = [(0.26, -1.3), (0.34, -0.80), (0.50, -0.30), (0.54, 0.10), (0.47, 0.55), (0.36, 1.3)]


@dataclass(slots=True)
class LateralScene:
    """What the painters of findings see and change.

    Attributes:
        value: The film so far, 0 black to 1 white.
        lung: Share of each pixel inside the lungs.
        airspace: Lung not covered by heart, aorta or diaphragm.
        floor: y of the diaphragm at each pixel's x.
        back: x of the lungs' hind border at each pixel's y.
    """

    canvas: Canvas
    anatomy: Anatomy
    rng: np.random.Generator
    value: Field
    lung: Field
    airspace: Field
    heart: Field
    mediastinum: Field
    floor: Field
    back: Field


def diaphragm(a: Anatomy, x: Field | float, lower: float = 0.0) -> Field:
    """y of the dome: highest in front of the middle, steep down to the recess behind."""
    reach = np.asarray(x, dtype=np.float32) + np.float32(0.18)
    bend = np.where(reach > 0, np.float32(0.48), np.float32(0.55))
    return np.asarray(np.float32(min(a.domes) - 0.02 + lower) + bend * reach * reach, dtype=np.float32)


def border(canvas: Canvas, line: list[Point]) -> Field:
    """x of a line at each pixel's y."""
    path = np.asarray(curve(line, 8))
    return np.asarray(np.interp(canvas.y, path[:, 1], path[:, 0]), dtype=np.float32)


def heart_shape(a: Anatomy) -> tuple[Point, Point, float]:
    """Centre, half axes and tilt of the heart. It rests on the front of the diaphragm and grows backwards."""
    size = a.heart_ratio / 0.45
    width, height = 0.33 * size, 0.25 * (0.6 + 0.4 * size)
    return (-0.56 + width, min(a.domes) - 0.10 - 0.35 * (height - 0.25)), (width, height), 0.42


def outline_lateral(rng: np.random.Generator, a: Anatomy, size: int) -> LateralScene:
    """Where lungs, heart and great vessels lie, on a black film.

    Args:
        size: Lines of the square canvas.
    """
    canvas = Canvas(size, 0.6 * a.rotation, a.scale, a.shift)
    x, y = canvas.x, canvas.y
    front, back = border(canvas, FRONT) + np.float32(0.10), border(canvas, BACK) - np.float32(0.10)
    floor = diaphragm(a, x)
    narrowing = np.clip((np.float32(-0.40) - y) / np.float32(0.40), 0.0, None)
    edge = np.minimum(x - front, back - x) - np.float32(0.10) * narrowing * narrowing
    lung = smooth(edge, 0.03) * smooth(floor - y, 0.012) * smooth(y - np.float32(a.apex + 0.02), 0.05)

    centre, axes, tilt = heart_shape(a)
    c, s = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
    dx, dy = x - np.float32(centre[0]), y - np.float32(centre[1])
    u, v = (c * dx + s * dy) / np.float32(axes[0]), (c * dy - s * dx) / np.float32(axes[1])
    heart = smooth(np.float32(1.0) - np.sqrt(u * u + v * v), 0.16) * smooth(floor + np.float32(0.05) - y, 0.03)
    wide = np.float32(max(a.mediastinum - 0.12, 0.0))
    great = canvas.blob((centre[0] + 0.16, centre[1] - 0.30), (0.09, 0.17), 0.35)
    great = np.maximum(great, canvas.blob((0.14, -0.42), (0.15, 0.055), 0.30))
    great = np.maximum(great, np.float32(0.7) * smooth(np.float32(0.06) - np.abs(x - np.float32(0.42)), 0.05))
    great *= smooth(y + np.float32(0.52), 0.06)
    mediastinum = np.maximum(great, smooth(np.float32(0.10) + np.float32(1.6) * wide - np.abs(x + 0.06), 0.06))
    mediastinum *= smooth(np.float32(-0.16) - y, 0.10) * np.float32(0.55 + 2.5 * wide)
    mediastinum = np.minimum(np.maximum(mediastinum, np.float32(0.6) * great), np.float32(1.0))
    airspace = lung * (np.float32(1.0) - np.minimum(heart + mediastinum * np.float32(0.6), np.float32(1.0)))
    black = np.zeros_like(lung)
    return LateralScene(canvas, a, rng, black, lung, airspace, heart * lung, mediastinum * lung, floor, back)


def draw_normal_lateral(rng: np.random.Generator, a: Anatomy, size: int) -> LateralScene:
    """The lateral film of a person before findings are painted.

    Args:
        size: Lines of the square canvas.
    """
    scene = outline_lateral(rng, a, size)
    canvas, lung, floor = scene.canvas, scene.lung, scene.floor
    x, y = canvas.x, canvas.y
    skin = np.float32(0.05 + 0.10 * a.flesh)
    trunk = smooth(np.minimum(x - border(canvas, FRONT) + skin, border(canvas, BACK) + skin - x), 0.02)
    value = trunk * (np.float32(0.55 + 0.08 * a.flesh) + np.float32(0.03) * canvas.noise(rng, 7))
    value -= np.float32(0.34) * lung
    value += np.float32(0.17) * scene.heart + np.float32(0.13) * scene.mediastinum
    # Shoulders and arms lie over the apices; the film darkens downwards until the diaphragm.
    value += np.float32(0.22) * smooth(np.float32(-0.58) - y, 0.22) * trunk
    value -= np.float32(0.05) * smooth(y - np.float32(0.05), 0.5) * lung
    abdomen = smooth(y - floor, 0.015) * trunk
    value += np.float32(0.17) * abdomen
    centre, axes, _ = heart_shape(a)
    behind = centre[0] + axes[0]
    second = diaphragm(a, x, 0.035)
    rim = smooth(np.float32(0.012) - np.abs(y - second), 0.012) * smooth(x - np.float32(behind), 0.08)
    value -= np.float32(0.07) * rim * abdomen
    if a.bubble:
        at = (float(rng.uniform(-0.05, 0.12)), min(a.domes) + float(rng.uniform(0.12, 0.17)))
        gas = canvas.blob(at, (float(rng.uniform(0.09, 0.13)), float(rng.uniform(0.035, 0.055))))
        value -= np.float32(0.26) * gas * smooth(y - floor - np.float32(0.03), 0.02)

    value += np.float32(0.30) * _hila(canvas, rng) * scene.airspace
    value += np.float32(0.012) * canvas.noise(rng, 40) * lung
    value += _bones(canvas, a) * trunk * (np.float32(1.0) - np.float32(0.45) * abdomen)
    airway = canvas.strokes(
        [
            (curve([(0.02, -1.2), (0.05, -0.70), (0.13, -0.22)]), 0.055, 1.0),
            ([(0.13, -0.22), (0.14, -0.14)], 0.05, 0.5),
        ]
    )
    value -= np.float32(0.13) * airway * trunk
    scene.value = value
    return scene


def _hila(canvas: Canvas, rng: np.random.Generator) -> Field:
    """Both hila and the vessels that leave them."""
    lines: list[tuple[list[Point], float, float]] = []
    for angle in np.linspace(-2.9, 3.1, 11) + rng.normal(0.0, 0.10, 11):
        start: Point = (0.13, -0.07)
        turn = float(angle)
        for width, value, reach in ((0.022, 0.34, 0.10), (0.015, 0.26, 0.10), (0.010, 0.17, 0.10)):
            turn += float(rng.normal(0.0, 0.16))
            reach *= float(rng.uniform(0.8, 1.3))
            end = (start[0] + reach * float(np.cos(turn)), start[1] + reach * float(np.sin(turn)))
            lines.append(([start, end], width, value))
            start = end
    return np.asarray(canvas.strokes(lines) + 0.55 * canvas.blob((0.13, -0.07), (0.08, 0.095)), dtype=np.float32)


def _bones(canvas: Canvas, a: Anatomy) -> Field:
    """Vertebral bodies with their discs, ribs that slope forwards and down, the breastbone."""
    centre = border(canvas, SPINE)
    off = canvas.x - centre
    gap = np.cos(canvas.y * np.float32(2 * np.pi / (a.rib_spacing * 0.95)))
    bodies = smooth(np.float32(0.080) - np.abs(off), 0.012) * (
        np.float32(0.65) + np.float32(0.35) * smooth(gap + 0.75, 0.2)
    )
    arches = smooth(np.float32(0.035) - np.abs(off - np.float32(0.15)), 0.02)
    lines: list[tuple[list[Point], float, float]] = []
    for k in range(8):
        y = a.apex + k * a.rib_spacing
        reach = max(-0.46, -0.20 - 0.05 * k)
        lines.append((curve([(0.66, y - 0.10), (0.45, y + 0.02), (0.05, y + 0.22), (reach, y + 0.33)]), 0.026, 1.0))
    sternum = canvas.strokes([(curve([(-0.33, -0.62), (-0.50, -0.35), (-0.585, 0.02), (-0.60, 0.20)]), 0.045, 1.0)])
    bones = np.float32(0.12) * bodies + np.float32(0.06) * arches + np.float32(0.14) * sternum
    return np.asarray(bones + np.float32(0.55 * a.rib_contrast) * canvas.strokes(lines), dtype=np.float32)


def lateral_pose(a: Anatomy) -> Anatomy:
    """The body is thicker from the side, so that it is nearer to the edge of the film."""
    return replace(a, scale=a.scale * 1.08)
