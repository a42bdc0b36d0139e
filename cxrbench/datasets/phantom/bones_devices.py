"""Painters of rib fractures and of support devices. Each returns the masks it drew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cxrbench.datasets.phantom.anatomy import Anatomy
from cxrbench.datasets.phantom.body import SIGN, rib_center
from cxrbench.datasets.phantom.canvas import Canvas, Field, Point, curve, smooth
from cxrbench.datasets.phantom.plan import Finding, Plan

if TYPE_CHECKING:
    from cxrbench.datasets.phantom.film import Scene

_RIB = {"upper": 3, "mid": 5, "lower": 7}
Line = tuple[list[Point], float, float]


def _break_at(a: Anatomy, finding: Finding) -> tuple[int, float, float]:
    """Rib number, |x| and y of the break."""
    rib, lateral = _RIB[finding.zone], a.chest * 0.80
    return rib, lateral, rib_center(a, rib, lateral)


def _offset(finding: Finding) -> float:
    if finding.kind != "displaced":
        return 0.0
    return 0.03 if finding.subtle else 0.055 + 0.03 * finding.severity


def rib_steps(canvas: Canvas, a: Anatomy, plan: Plan) -> dict[str, Field]:
    """Vertical displacement of the lateral fragment of displaced fractures, per side."""
    steps: dict[str, Field] = {}
    for finding in plan.of("Fracture"):
        if finding.kind == "displaced":
            _, lateral, y = _break_at(a, finding)
            side = canvas.x * np.float32(SIGN[finding.side])
            near = smooth(np.float32(a.rib_spacing * 0.45) - np.abs(canvas.y - np.float32(y)), 0.02)
            steps[finding.side] = np.float32(_offset(finding)) * smooth(side - np.float32(lateral), 0.006) * near
    return steps


def fracture(scene: Scene, finding: Finding) -> list[Field]:
    """A gap with a step between bright fragment ends, or the bright spindle of callus."""
    canvas, a = scene.canvas, scene.anatomy
    _, lateral, y = _break_at(a, finding)
    s = SIGN[finding.side]
    strength = 0.13 if finding.subtle else 0.28 + 0.14 * finding.severity
    mask = canvas.blob((s * lateral, y), (0.06, 0.05))
    if finding.kind == "healing":
        slope = s * 0.35
        size = 0.058 + 0.018 * finding.severity
        callus = smooth(canvas.blob((s * lateral, y), (size * 1.3, size * 0.8), slope) - np.float32(0.4), 0.25)
        crack = canvas.strokes(
            [([(s * lateral - s * 0.02, y - 0.05), (s * lateral + s * 0.01, y + 0.05)], 0.010, 1.0)]
        )
        scene.value += np.float32(strength) * callus - np.float32(0.5 * strength) * crack * callus
        return [mask]
    d = _offset(finding)
    rib = _RIB[finding.zone]
    inner = [(s * (lateral - 0.14), rib_center(a, rib, lateral - 0.14)), (s * (lateral - 0.014), y)]
    outer = [(s * (lateral + 0.014), y + d), (s * (lateral + 0.11), rib_center(a, rib, lateral + 0.11) + d)]
    ends: list[Line] = [(inner, 0.05, 1.0), (outer, 0.05, 1.0)]
    gap: list[Line] = [([(s * (lateral - 0.015), y - 0.05), (s * (lateral + 0.015), y + 0.05 + d)], 0.028, 1.0)]
    scene.value += np.float32(strength * 0.75) * canvas.strokes(ends)
    scene.value -= np.float32(strength) * canvas.strokes(gap)
    return [mask]


def _tube(scene: Scene, points: list[Point], width: float, value: float, core: float = 0.0) -> Field:
    mask = scene.canvas.strokes([(curve(points), width, 1.0)])
    scene.value += np.float32(value) * mask
    if core:
        scene.value -= np.float32(core) * scene.canvas.strokes([(curve(points), width * 0.4, 1.0)])
    return mask


def device(scene: Scene, finding: Finding) -> list[Field]:
    """A tube, line, wire or generator."""
    return [_DEVICES[finding.kind](scene, SIGN.get(finding.side, 1.0))]


def _endotracheal(scene: Scene, s: float) -> Field:
    tip = float(scene.rng.uniform(-0.42, -0.34))
    return _tube(scene, [(0.02, -1.05), (0.0, -0.8), (0.0, tip)], 0.036, 0.26, core=0.14)


def _enteric(scene: Scene, s: float) -> Field:
    end = scene.anatomy.domes[1] + 0.2
    points = [(-0.02, -1.05), (-0.015, -0.5), (0.01, 0.0), (0.03, end - 0.2), (0.14, end), (0.3, end + 0.04)]
    return _tube(scene, points, 0.022, 0.30)


def _catheter(scene: Scene, s: float) -> Field:
    a, tip = scene.anatomy, float(scene.rng.uniform(-0.12, 0.02))
    if scene.rng.random() < 0.5:
        points = [(s * 0.20, -1.05), (s * 0.14, -0.8), (s * 0.06 - 0.03, -0.5), (-0.085, -0.35), (-0.09, tip)]
    else:
        points = [
            (s * 1.1, -0.30),
            (s * 0.85, -0.62),
            (s * 0.5, a.apex + 0.14),
            (s * 0.18, -0.55),
            (-0.07, -0.38),
            (-0.09, tip),
        ]
    return _tube(scene, points, 0.020, 0.32)


def _generator(scene: Scene, s: float) -> Field:
    canvas = scene.canvas
    x, y = s * float(scene.rng.uniform(0.56, 0.66)), -0.46
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    can = canvas.polygons([([(x + 0.105 * float(np.cos(t)), y + 0.085 * float(np.sin(t))) for t in turn], 1.0)])
    scene.value += np.float32(0.42) * can
    lead = [(x - s * 0.05, y - 0.07), (s * 0.25, -0.62), (-0.06, -0.45), (-0.10, 0.0), (0.05, 0.28), (0.20, 0.30)]
    return np.maximum(can, _tube(scene, lead, 0.018, 0.30))


def _port(scene: Scene, s: float) -> Field:
    x, y = s * 0.50, -0.36
    hub = scene.canvas.disc((x, y), 0.055, 0.01)
    scene.value += np.float32(0.38) * hub - np.float32(0.15) * scene.canvas.disc((x, y), 0.025, 0.01)
    line = [(x - s * 0.02, y - 0.05), (s * 0.34, -0.62), (s * 0.14, -0.66), (-0.06, -0.40), (-0.09, -0.05)]
    return np.maximum(hub, _tube(scene, line, 0.018, 0.30))


def _sternotomy(scene: Scene, s: float) -> Field:
    lines: list[Line] = []
    for k in range(5):
        y = -0.36 + 0.13 * k
        turn = np.linspace(0, 2 * np.pi, 14)
        lines.append(([(0.01 + 0.032 * float(np.cos(t)), y + 0.022 * float(np.sin(t))) for t in turn], 0.013, 1.0))
    wires = scene.canvas.strokes(lines)
    scene.value += np.float32(0.34) * wires
    return wires


def _chest_tube(scene: Scene, s: float) -> Field:
    a = scene.anatomy
    points = [
        (s * 1.1, 0.34),
        (s * (a.chest + 0.02), 0.20),
        (s * (a.chest - 0.14), -0.10),
        (s * (a.chest - 0.26), a.apex + 0.28),
    ]
    return _tube(scene, points, 0.034, 0.30, core=0.16)


_DEVICES = {
    "endotracheal tube": _endotracheal,
    "enteric tube": _enteric,
    "central venous catheter": _catheter,
    "pacemaker": _generator,
    "port": _port,
    "sternotomy wires": _sternotomy,
    "chest tube": _chest_tube,
}
