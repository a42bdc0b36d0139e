"""Painters of the findings inside the lungs. Each returns the masks it drew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cxrbench.datasets.phantom.body import SIGN
from cxrbench.datasets.phantom.canvas import Field, Point, curve, smooth
from cxrbench.datasets.phantom.plan import SIDES, Finding

if TYPE_CHECKING:
    from cxrbench.datasets.phantom.film import Scene


def _center(scene: Scene, finding: Finding, spread: float = 0.05) -> Point:
    """A place in the zone, clear of the heart and of the chest wall."""
    a, rng = scene.anatomy, scene.rng
    dome = a.domes[0] if finding.side == "right" else a.domes[1]
    y = {"upper": 0.60 * a.apex + 0.06, "mid": 0.02, "lower": dome - 0.17}[finding.zone]
    x = {"upper": 0.50, "mid": 0.60, "lower": 0.62}[finding.zone] * a.chest
    if finding.side == "left" and finding.zone == "lower":
        x = max(x, min(1.30 * a.chest * a.heart_ratio, a.chest - 0.15))
    return SIGN[finding.side] * (x + float(rng.uniform(-spread, spread))), y + float(rng.uniform(-spread, spread))


def _amount(finding: Finding, faint: float, low: float, high: float) -> float:
    return faint if finding.subtle else low + (high - low) * finding.severity


def opacity(scene: Scene, finding: Finding) -> list[Field]:
    """A hazy, ill-defined patch without an edge."""
    at = _center(scene, finding)
    rng = scene.rng
    radii = (float(rng.uniform(0.13, 0.17)), float(rng.uniform(0.11, 0.16)))
    patch = scene.canvas.blob(at, radii, float(rng.uniform(-0.6, 0.6))) * scene.veil
    patch = patch * (np.float32(1.0) + np.float32(0.12) * scene.canvas.noise(rng, 14))
    scene.value += np.float32(_amount(finding, 0.10, 0.20, 0.30)) * patch
    return [patch]


def lesion(scene: Scene, finding: Finding) -> list[Field]:
    """Round and sharply edged: a nodule, a mass, or several nodules."""
    rng, canvas = scene.rng, scene.canvas
    at = _center(scene, finding)
    if finding.kind == "mass":
        spots = [(at, _amount(finding, 0.09, 0.10, 0.14))]
    elif finding.kind == "nodule":
        spots = [(at, _amount(finding, 0.036, 0.050, 0.072))]
    else:
        r = _amount(finding, 0.032, 0.042, 0.054)
        turn = float(rng.uniform(0, 2 * np.pi))
        spots = [
            ((at[0] + 0.12 * float(np.cos(turn + k * 2.1)), at[1] + 0.12 * float(np.sin(turn + k * 2.1))), r)
            for k in range(3)
        ]
    masks = [canvas.disc(center, radius, 0.012) for center, radius in spots]
    strength = _amount(finding, 0.16, 0.32, 0.42)
    for mask in masks:
        scene.value += np.float32(strength) * mask * np.maximum(scene.veil, np.float32(0.35))
    return masks


def edema(scene: Scene, finding: Finding) -> list[Field]:
    """Perihilar haze on both sides and Kerley lines at the lateral bases; the vessels are engorged already."""
    rng, canvas, a = scene.rng, scene.canvas, scene.anatomy
    amount = _amount(finding, 0.10, 0.15, 0.26)
    masks: list[Field] = []
    lines: list[tuple[list[Point], float, float]] = []
    for side in SIDES:
        s = SIGN[side]
        haze = canvas.blob((s * 0.27, 0.02), (0.16, 0.25), -0.25 * s) * scene.airspace
        scene.value += np.float32(amount) * haze * (np.float32(1.0) + np.float32(0.15) * canvas.noise(rng, 20))
        masks.append(haze)
        dome = a.domes[0] if side == "right" else a.domes[1]
        for k in range(6):
            y = dome - 0.04 - 0.05 * k + float(rng.uniform(-0.01, 0.01))
            x = a.chest - 0.02
            lines.append(([(s * x, y + 0.01), (s * (x - float(rng.uniform(0.07, 0.13))), y)], 0.010, 1.0))
    kerley = canvas.strokes(lines) * scene.airspace
    scene.value += np.float32(0.5 * amount + 0.06) * kerley
    return masks


def consolidation(scene: Scene, finding: Finding) -> list[Field]:
    """Dense and homogeneous, with one straight edge (a fissure) and air bronchograms."""
    rng, canvas = scene.rng, scene.canvas
    x0, y0 = _center(scene, finding)
    s = SIGN[finding.side]
    w, h = float(rng.uniform(0.17, 0.22)), float(rng.uniform(0.13, 0.17))
    tilt = float(rng.uniform(-0.2, 0.2))
    u, v = canvas.x - np.float32(x0), canvas.y - np.float32(y0) - np.float32(tilt) * (canvas.x - np.float32(x0))
    # The fissure bounds the patch from below in the upper zone, from above elsewhere.
    flip = np.float32(-1.0 if finding.zone == "upper" else 1.0)
    v = v * flip
    ragged = np.float32(0.02) * canvas.noise(rng, 24)
    shape = smooth(np.float32(w) - np.abs(u) + ragged, 0.035) * smooth(np.float32(h) - v + ragged, 0.035)
    shape = shape * smooth(v + np.float32(h * 0.75), 0.008) * scene.veil
    lines: list[tuple[list[Point], float, float]] = []
    start = (x0 - s * w * 0.8, y0 - 0.03)
    for angle in (-0.5, 0.0, 0.5):
        end = (x0 + s * w * 0.55, y0 + float(np.sin(angle)) * h * 0.9)
        lines.append((curve([start, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 0.02), end]), 0.014, 1.0))
    air = canvas.strokes(lines) * shape
    scene.value += np.float32(_amount(finding, 0.15, 0.27, 0.36)) * shape - np.float32(0.13) * air
    return [shape]


def pneumonia(scene: Scene, finding: Finding) -> list[Field]:
    """A cluster of fluffy spots that partly run together: patchy and multifocal."""
    rng, canvas = scene.rng, scene.canvas
    x0, y0 = _center(scene, finding)
    total = np.zeros_like(scene.value)
    count = 9 + round(6 * finding.severity)
    turns = np.arange(count) * 2.39996 + rng.uniform(0, 6.28)
    for k, turn in enumerate(turns):
        reach = 0.19 * float(np.sqrt((k + 0.5) / count))
        at = (x0 + reach * float(np.cos(turn)), y0 + reach * 0.95 * float(np.sin(turn)))
        r = float(rng.uniform(0.024, 0.036))
        total += canvas.blob(at, (r, r)) * np.float32(rng.uniform(0.7, 1.1))
    total = np.minimum(total, np.float32(1.25)) * scene.veil
    scene.value += np.float32(_amount(finding, 0.12, 0.20, 0.30)) * total
    return [canvas.blob((x0, y0), (0.14, 0.14)) * scene.veil]


def atelectasis(scene: Scene, finding: Finding) -> list[Field]:
    """Plate-like bands, nearly horizontal; the raised diaphragm is part of the anatomy."""
    rng, canvas = scene.rng, scene.canvas
    x0, y0 = _center(scene, finding)
    s = SIGN[finding.side]
    lines: list[tuple[list[Point], float, float]] = []
    tilt = float(rng.uniform(-0.12, 0.12))
    for k in range(1 if finding.subtle else 1 + round(1.6 * finding.severity)):
        half, y = float(rng.uniform(0.14, 0.21)), y0 + 0.065 * k - 0.03
        x = x0 + s * float(rng.uniform(-0.04, 0.02))
        points = [(x - half, y - tilt * half), (x, y + 0.012), (x + half, y + tilt * half)]
        lines.append((curve(points), float(rng.uniform(0.022, 0.032)), 1.0))
    bands = canvas.strokes(lines) * scene.veil
    scene.value += np.float32(_amount(finding, 0.13, 0.22, 0.32)) * bands
    return [bands]
