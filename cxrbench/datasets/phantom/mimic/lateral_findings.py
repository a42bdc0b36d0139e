"""Painters of findings on the lateral film. Each returns the masks it drew; none where this view does not show it.

Heights are those of the frontal film; depth follows the lobes: the middle lobe and the lingula lie in front, over the
heart, the lower lobes behind, the upper lobes above both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from cxrbench.datasets.phantom.canvas import Field, Point, curve, smooth
from cxrbench.datasets.phantom.mimic.lateral import LateralScene, diaphragm
from cxrbench.datasets.phantom.plan import Finding

_PLACES: Final = {"upper": (0.02, 0.60, 0.06), "mid": (-0.22, 0.0, 0.00), "lower": (0.36, 0.0, 0.17)}
"""Zone -> x; share of the apex's y; distance above the diaphragm (lower zone) or y offset."""


def paint_lateral(scene: LateralScene, finding: Finding) -> list[Field]:
    """Draw a finding; returns the masks it occupies, one per box."""
    painter = _PAINTERS.get(finding.condition)
    return painter(scene, finding) if painter is not None else []


def _center(scene: LateralScene, f: Finding) -> Point:
    a, rng = scene.anatomy, scene.rng
    x, share, offset = _PLACES[f.zone]
    x += float(rng.uniform(-0.06, 0.06))
    y = float(diaphragm(a, x)) - offset if f.zone == "lower" else share * a.apex + offset
    return x, y + float(rng.uniform(-0.04, 0.04))


def _amount(f: Finding, faint: float, low: float, high: float) -> float:
    return faint if f.subtle else low + (high - low) * f.severity


def _opacity(scene: LateralScene, f: Finding) -> list[Field]:
    rng = scene.rng
    patch = scene.canvas.blob(_center(scene, f), (0.15, 0.13), float(rng.uniform(-0.5, 0.5))) * scene.lung
    scene.value += np.float32(_amount(f, 0.08, 0.16, 0.25)) * patch
    return [patch]


def _dense(scene: LateralScene, f: Finding) -> list[Field]:
    """Consolidation: dense, with one straight edge where the fissure bounds it."""
    x0, y0 = _center(scene, f)
    canvas, rng = scene.canvas, scene.rng
    u, v = canvas.x - np.float32(x0), canvas.y - np.float32(y0) + np.float32(0.25) * (canvas.x - np.float32(x0))
    ragged = np.float32(0.02) * canvas.noise(rng, 24)
    shape = smooth(np.float32(0.18) - np.abs(u) + ragged, 0.035) * smooth(np.float32(0.14) - v + ragged, 0.035)
    shape = shape * smooth(v + np.float32(0.10), 0.010) * scene.lung
    scene.value += np.float32(_amount(f, 0.12, 0.22, 0.31)) * shape
    return [shape]


def _patches(scene: LateralScene, f: Finding) -> list[Field]:
    x0, y0 = _center(scene, f)
    canvas, rng = scene.canvas, scene.rng
    total = np.zeros_like(scene.value)
    for k in range(8):
        reach = 0.16 * float(np.sqrt((k + 0.5) / 8))
        at = (x0 + reach * float(np.cos(2.4 * k)), y0 + reach * float(np.sin(2.4 * k)))
        r = float(rng.uniform(0.028, 0.04))
        total += canvas.blob(at, (r, r))
    scene.value += np.float32(_amount(f, 0.10, 0.17, 0.26)) * np.minimum(total, np.float32(1.2)) * scene.lung
    return [canvas.blob((x0, y0), (0.13, 0.13)) * scene.lung]


def _lesion(scene: LateralScene, f: Finding) -> list[Field]:
    x, y = _center(scene, f)
    canvas = scene.canvas
    radius = _amount(f, 0.036, 0.050, 0.072) if f.kind != "mass" else _amount(f, 0.09, 0.10, 0.14)
    spots = [(x, y)]
    if f.kind == "nodules":
        radius = _amount(f, 0.032, 0.042, 0.054)
        spots = [(x + 0.12 * float(np.cos(2.1 * k)), y + 0.12 * float(np.sin(2.1 * k))) for k in range(3)]
    masks = [canvas.disc(at, radius, 0.012) * scene.lung for at in spots]
    for mask in masks:
        scene.value += np.float32(_amount(f, 0.14, 0.26, 0.34)) * mask
    return masks


def _bands(scene: LateralScene, f: Finding) -> list[Field]:
    x0, y0 = _center(scene, f)
    lines: list[tuple[list[Point], float, float]] = []
    for k in range(1 if f.subtle else 1 + round(1.6 * f.severity)):
        y = y0 + 0.06 * k - 0.03
        lines.append((curve([(x0 - 0.17, y - 0.05), (x0, y), (x0 + 0.15, y + 0.06)]), 0.026, 1.0))
    mask = scene.canvas.strokes(lines) * scene.lung
    scene.value += np.float32(_amount(f, 0.12, 0.20, 0.28)) * mask
    return [mask]


def _edema(scene: LateralScene, f: Finding) -> list[Field]:
    """Haze around the hila and fluid in the oblique fissures."""
    amount = _amount(f, 0.08, 0.13, 0.22)
    haze = scene.canvas.blob((0.12, 0.0), (0.24, 0.26)) * scene.lung
    end = (-0.42, float(diaphragm(scene.anatomy, -0.42)) - 0.02)
    fissure = scene.canvas.strokes([(curve([(0.50, -0.40), (0.10, -0.02), end]), 0.012, 1.0)]) * scene.lung
    scene.value += np.float32(amount) * haze + np.float32(0.5 * amount + 0.05) * fissure
    return [haze]


def _effusion(scene: LateralScene, f: Finding) -> list[Field]:
    """Fluid in the recess behind, which climbs the back wall; a large one in front as well."""
    canvas = scene.canvas
    height = 0.05 if f.subtle else 0.10 + 0.36 * f.severity
    corner = float(diaphragm(scene.anatomy, 0.62))
    behind = np.clip((scene.back - canvas.x) / np.float32(0.75), 0.0, 1.0)
    level = np.float32(corner - height - 0.06) + np.float32(0.30) * behind
    fluid = smooth(canvas.y - level, 0.02) * scene.lung
    target = np.float32(0.72 + 0.06 * scene.anatomy.flesh)
    scene.value += fluid * np.clip(target - scene.value, 0.0, None) * np.float32(0.9)
    return [fluid]


def _heart(scene: LateralScene, f: Finding) -> list[Field]:
    return [scene.heart]


def _mediastinum(scene: LateralScene, f: Finding) -> list[Field]:
    return [scene.mediastinum * (scene.canvas.y < -0.12)]


def _device(scene: LateralScene, f: Finding) -> list[Field]:
    """Tubes, lines and wires as they run from the side."""
    canvas, floor = scene.canvas, min(scene.anatomy.domes)
    lead: list[Point] = [(-0.34, -0.44), (-0.16, -0.58), (-0.02, -0.44), (-0.05, 0.05), (-0.24, floor - 0.10)]
    line: list[Point] = [(-0.10, -1.2), (-0.06, -0.70), (-0.04, -0.40), (-0.03, -0.06)]
    lines: dict[str, list[tuple[list[Point], float]]] = {
        "endotracheal tube": [(curve([(0.02, -1.2), (0.04, -0.72), (0.08, -0.40)]), 0.030)],
        "enteric tube": [
            (curve([(0.10, -1.2), (0.20, -0.50), (0.26, 0.05), (0.16, floor + 0.02), (0.02, floor + 0.18)]), 0.020)
        ],
        "central venous catheter": [(curve(line), 0.018)],
        "port": [(curve([(-0.46, -0.36), (-0.26, -0.60), (-0.05, -0.40), (-0.03, -0.06)]), 0.018)],
        "pacemaker": [(curve(lead), 0.018)],
        "chest tube": [(curve([(0.20, 0.34), (0.30, 0.05), (0.16, -0.35)]), 0.030)],
    }
    mask = np.zeros_like(scene.value)
    if f.kind == "sternotomy wires":
        rings: list[tuple[list[Point], float, float]] = []
        for x, y in ((-0.42, -0.50), (-0.51, -0.32), (-0.56, -0.14), (-0.585, 0.03)):
            turn = np.linspace(0, 2 * np.pi, 12)
            rings.append(([(x + 0.016 * float(np.cos(t)), y + 0.024 * float(np.sin(t))) for t in turn], 0.012, 1.0))
        mask = np.maximum(mask, canvas.strokes(rings))
    else:
        mask = np.maximum(mask, canvas.strokes([(points, width, 1.0) for points, width in lines[f.kind]]))
    if f.kind == "pacemaker":
        turn = np.linspace(0, 2 * np.pi, 20)
        can = [(-0.40 + 0.035 * float(np.cos(t)), -0.44 + 0.10 * float(np.sin(t))) for t in turn]
        mask = np.maximum(mask, canvas.polygons([(can, 1.0)]))
    if f.kind == "port":
        mask = np.maximum(mask, canvas.disc((-0.48, -0.36), 0.035, 0.01))
    scene.value += np.float32(0.30) * mask
    return [mask]


_PAINTERS: Final[dict[str, Callable[[LateralScene, Finding], list[Field]]]] = {
    "Cardiomegaly": _heart,
    "Enlarged Cardiomediastinum": _mediastinum,
    "Lung Opacity": _opacity,
    "Lung Lesion": _lesion,
    "Edema": _edema,
    "Consolidation": _dense,
    "Pneumonia": _patches,
    "Atelectasis": _bands,
    "Pleural Effusion": _effusion,
    "Support Devices": _device,
}
"""A pneumothorax, a rib fracture and pleural thickening do not show from the side."""
