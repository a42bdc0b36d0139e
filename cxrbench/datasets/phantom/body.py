"""The normal film: soft tissue, lungs, heart and mediastinum, diaphragm, bones, vessels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxrbench.datasets.phantom.anatomy import Anatomy
from cxrbench.datasets.phantom.canvas import Canvas, Field, Point, curve, smooth
from cxrbench.datasets.phantom.plan import SIDES

SIGN = {"right": -1.0, "left": 1.0}
"""Canonical x grows towards the patient's left."""

_ARCH = (-0.16, 0.46)
"""Posterior ribs: y = a t + b t^3, t the distance from the spine as a share of the chest's half-width."""


@dataclass(frozen=True, slots=True)
class Lung:
    """One lung.

    Attributes:
        mask: Share of each pixel inside the pleural cavity.
        depth: Distance-like field: 0 at the chest wall, growing inwards.
        base: y of the diaphragm at each pixel's x.
        lateral: Canonical |x| of each pixel, positive inside the side's half.
    """

    mask: Field
    depth: Field
    base: Field
    lateral: Field


def draw_lung(canvas: Canvas, a: Anatomy, side: str) -> Lung:
    lateral = canvas.x * np.float32(SIGN[side])
    middle, medial, waist = 0.52 * a.chest, 0.03, 0.34
    dy = np.clip((waist - canvas.y) / np.float32(waist - a.apex), 0.0, None)
    outer, inner = (lateral - middle) / np.float32(a.chest - middle), (middle - lateral) / np.float32(middle - medial)
    dx = np.where(outer > 0, outer, inner * np.float32(0.82))
    wall = np.where(outer > 0, outer, np.float32(0.0))
    top = dy * dy * (np.float32(0.4) + np.float32(0.6) * dy)
    f = dx * dx + top
    depth = (np.float32(1.0) - (wall * wall + top)) * np.float32(0.5 * (a.chest - middle))
    dome = a.domes[0] if side == "right" else a.domes[1]
    reach = lateral - np.float32(middle)
    base = np.float32(dome) + reach * reach * np.where(reach > 0, np.float32(1.5), np.float32(0.55))
    edge = (np.float32(1.0) - f) * np.float32(0.5 * (a.chest - middle))
    mask = smooth(edge, 0.016) * smooth(base - canvas.y, 0.014)
    return Lung(mask, depth, base, lateral)


def _silhouette(canvas: Canvas, left: list[Point], right: list[Point]) -> Field:
    """Distance inside two borders given as (|x|, y) points from top to bottom; negative outside."""
    x = canvas.x - np.float32(0.005)
    edges = []
    for border in (left, right):
        path = np.asarray(curve(border, 8))
        edges.append(np.interp(canvas.y, path[:, 1], path[:, 0]).astype(np.float32))
    return np.asarray(np.minimum(edges[0] - x, edges[1] + x), dtype=np.float32)


def heart_and_mediastinum(canvas: Canvas, a: Anatomy) -> tuple[Field, Field]:
    """Masks of the heart and of the mediastinum above it, which join without a notch."""
    width = 2 * a.chest * a.heart_ratio
    left, right, m = 0.69 * width, 0.31 * width, a.mediastinum
    floor = max(a.domes)
    excess = max(m - 0.12, 0.0)
    knob = m + 0.030 + 0.25 * excess
    low = floor - 0.47
    outer: list[Point] = [
        (0.085, -1.2),
        (0.09, -0.80),
        (0.55 * m + 0.04, -0.64),
        (m - 0.01, -0.50),
        (knob, -0.38),
        (m - 0.005 + 0.5 * excess, -0.26),
        (0.125 + 0.4 * excess, -0.14),
        (0.26 * left + 0.075 + 0.1 * excess, low),
        (0.64 * left, low + 0.12),
        (0.92 * left, low + 0.25),
        (left, low + 0.35),
        (0.97 * left, low + 0.44),
        (0.78 * left, low + 0.55),
        (0.3 * left, low + 0.70),
        (0.05, 1.2),
    ]
    inner: list[Point] = [
        (0.085, -1.2),
        (0.08, -0.80),
        (0.5 * m + 0.04, -0.64),
        (m - 0.03, -0.50),
        (m - 0.015, -0.38),
        (m - 0.02, -0.26),
        (0.085 + 0.8 * excess, -0.12),
        (0.62 * right + 0.02, low),
        (0.90 * right, low + 0.12),
        (right, low + 0.24),
        (0.93 * right, low + 0.38),
        (0.7 * right, low + 0.50),
        (0.2 * right, low + 0.66),
        (0.04, 1.2),
    ]
    inside = _silhouette(canvas, outer, inner)
    whole = smooth(inside, 0.016)
    below = smooth(canvas.y - np.float32(low - 0.02), 0.07)
    return whole * below, whole * (np.float32(1.0) - below)


def ribs(canvas: Canvas, a: Anatomy, side: str, step: Field | None = None) -> Field:
    """Posterior ribs arching outward and down, and fainter anterior ribs.

    Args:
        step: Vertical displacement of the ribs (a fracture's offset), canonical.
    """
    lateral = canvas.x * np.float32(SIGN[side])
    t = lateral / np.float32(a.chest + 0.03)
    y = canvas.y if step is None else canvas.y - step
    arch = np.float32(_ARCH[0]) * t + np.float32(_ARCH[1]) * t * t * t
    phase = (y - arch - np.float32(a.apex)) / np.float32(a.rib_spacing) + np.float32(a.rib_phase * 0.5)
    index = np.rint(phase)
    offset = (phase - index) * np.float32(a.rib_spacing)
    inside = smooth(np.float32(1.03) - t, 0.03) * smooth(lateral - np.float32(0.05), 0.02)
    present = ((index >= 0) & (index <= 10)).astype(np.float32) * inside
    thickness = np.float32(0.026) + np.float32(0.006) * t
    band = smooth(thickness - np.abs(offset), 0.014)
    rim = smooth(np.float32(0.008) - np.abs(np.abs(offset) - thickness), 0.010)
    posterior = (band * np.float32(0.75) + rim * np.float32(0.5)) * present
    slope = np.float32(0.46) * (np.float32(1.0) - t)
    phase = (y - slope - np.float32(a.apex)) / np.float32(a.rib_spacing * 1.12) + np.float32(a.rib_phase)
    index = np.rint(phase)
    offset = (phase - index) * np.float32(a.rib_spacing * 1.12)
    reach = smooth(t - np.float32(0.42), 0.10) * inside
    anterior = smooth(np.float32(0.034) - np.abs(offset), 0.014) * ((index >= 1) & (index <= 6)) * reach
    return np.asarray(posterior + np.float32(0.42) * anterior, dtype=np.float32)


def rib_center(a: Anatomy, index: int, lateral: float) -> float:
    """y of the middle of posterior rib `index` at |x| = lateral."""
    t = lateral / (a.chest + 0.03)
    return a.apex + (index - a.rib_phase * 0.5) * a.rib_spacing + _ARCH[0] * t + _ARCH[1] * t**3


def spine(canvas: Canvas, a: Anatomy) -> Field:
    wave = np.cos(canvas.y * np.float32(2 * np.pi / (a.rib_spacing * 0.9)))
    body = smooth(np.float32(0.062) - np.abs(canvas.x), 0.014)
    return np.asarray(body * (np.float32(0.8) + np.float32(0.2) * wave), dtype=np.float32)


def airway(canvas: Canvas) -> Field:
    lines: list[tuple[list[Point], float, float]] = [
        ([(0.0, -1.0), (0.004, -0.6), (0.0, -0.24)], 0.062, 1.0),
        (curve([(0.0, -0.25), (-0.07, -0.15), (-0.14, -0.08)]), 0.042, 0.75),
        (curve([(0.0, -0.25), (0.08, -0.15), (0.17, -0.10)]), 0.038, 0.75),
    ]
    return canvas.strokes(lines)


def vessels(canvas: Canvas, rng: np.random.Generator, a: Anatomy, engorged: float = 0.0) -> Field:
    """Pulmonary vessels branching from the hila; `engorged` (0 to 1) thickens them, as in congestion."""
    lines: list[tuple[list[Point], float, float]] = []
    for side in SIDES:
        sign = SIGN[side]
        for angle in np.linspace(-1.25, 1.35, 13) + rng.normal(0.0, 0.07, 13):
            length = float(rng.uniform(0.32, 0.55)) * (0.78 if abs(angle) < 0.5 else 1.0)
            bend = float(rng.normal(0.0, 0.18))
            points: list[Point] = [(sign * float(rng.uniform(0.12, 0.17)), -0.07 + 0.07 * float(angle))]
            direction = float(angle)
            for step in range(4):
                direction += bend * 0.4
                x, y = points[-1]
                d = length / 4
                points.append((x + sign * d * float(np.cos(direction)), y + d * float(np.sin(direction)) * 1.15))
                width = (0.022, 0.015, 0.010, 0.007)[step] * (1.0 + 1.1 * engorged)
                value = (0.50, 0.42, 0.32, 0.22)[step] * (1.0 + 0.5 * engorged)
                lines.append((points[-2:], width, value))
                if step >= 1:
                    fork = direction + float(rng.choice([-1.0, 1.0])) * float(rng.uniform(0.35, 0.8))
                    end = (
                        points[-1][0] + sign * d * 0.8 * float(np.cos(fork)),
                        points[-1][1] + d * 0.8 * float(np.sin(fork)),
                    )
                    lines.append(([points[-1], end], width * 0.6, value * 0.8))
    return canvas.strokes(lines)


def clavicles(canvas: Canvas, rng: np.random.Generator, a: Anatomy) -> Field:
    lines: list[tuple[list[Point], float, float]] = []
    lift = float(rng.normal(0.0, 0.03))
    for side in SIDES:
        s = SIGN[side]
        y = a.apex + 0.10 + lift
        lines.append(
            (
                curve([(s * 0.07, y + 0.05), (s * 0.27, y + 0.02), (s * 0.52, y - 0.07), (s * 0.80, y - 0.10)]),
                0.048,
                1.0,
            )
        )
        lines.append(
            (
                curve([(s * 0.80, y - 0.08), (s * (a.chest + 0.06), y + 0.20), (s * (a.chest + 0.02), y + 0.55)]),
                0.03,
                0.5,
            )
        )
    return canvas.strokes(lines)


def body_mask(canvas: Canvas, a: Anatomy) -> Field:
    """Neck, shoulders and trunk; beyond them is air."""
    y = canvas.y
    neck = np.float32(0.24 + 0.05 * a.flesh)
    shoulder = smooth(y - np.float32(a.apex - 0.02), 0.16)
    trunk = np.float32(a.chest + 0.14 + 0.22 * a.flesh) + np.float32(0.28) * smooth(np.float32(-0.1) - y, 0.5)
    half = neck + (trunk - neck) * shoulder
    return smooth(half - np.abs(canvas.x), 0.02)
