"""A film from a plan: the normal anatomy, then the findings, then exposure, noise and eight bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import Box
from cxrbench.datasets.phantom import body, bones_devices, lungs, pleura
from cxrbench.datasets.phantom.anatomy import Anatomy, sample_anatomy
from cxrbench.datasets.phantom.canvas import Canvas, Field, smooth
from cxrbench.datasets.phantom.plan import SIDES, Finding, Plan

SIZE = 256
"""Height and width of a film in pixels."""


@dataclass(frozen=True, slots=True)
class Film:
    """A drawn film.

    Attributes:
        pixels: uint8 [SIZE, SIZE].
        boxes: One list of boxes per finding of the plan, in its order.
        anatomy: Boxes of the anatomical regions.
    """

    pixels: NDArray[np.uint8]
    boxes: tuple[tuple[Box, ...], ...]
    anatomy: tuple[Box, ...]


@dataclass(slots=True)
class Scene:
    """What the painters of findings see and change.

    Attributes:
        value: The film so far, 0 black to 1 white.
        lungs: Per side.
        airspace: Lung not covered by heart or mediastinum.
    """

    canvas: Canvas
    anatomy: Anatomy
    rng: np.random.Generator
    value: Field
    lungs: dict[str, body.Lung]
    airspace: Field
    heart: Field
    mediastinum: Field
    ribs: dict[str, Field]

    @property
    def veil(self) -> Field:
        """Where lung disease shows: in the open lung, and more weakly through the heart that lies before it."""
        lung = np.maximum(self.lungs["right"].mask, self.lungs["left"].mask)
        return np.asarray(np.maximum(self.airspace, np.float32(0.55) * self.heart * lung), dtype=np.float32)


def outline(rng: np.random.Generator, a: Anatomy, size: int = SIZE) -> Scene:
    """Where lungs, heart and mediastinum lie, on a black film."""
    canvas = Canvas(size, a.rotation, a.scale, a.shift)
    sides = {side: body.draw_lung(canvas, a, side) for side in SIDES}
    heart, mediastinum = body.heart_and_mediastinum(canvas, a)
    lung = np.maximum(sides["right"].mask, sides["left"].mask)
    airspace = lung * (np.float32(1.0) - (heart + mediastinum))
    black = np.zeros_like(heart)
    return Scene(canvas, a, rng, black, sides, airspace, heart, mediastinum, dict.fromkeys(SIDES, black))


def draw_normal(rng: np.random.Generator, plan: Plan, a: Anatomy, size: int = SIZE) -> Scene:
    """The film before findings are painted; what a plan changes in the anatomy itself is there already."""
    scene = outline(rng, a, size)
    canvas, sides, airspace = scene.canvas, scene.lungs, scene.airspace
    heart, mediastinum = scene.heart, scene.mediastinum
    cover = heart + mediastinum
    lung = np.maximum(sides["right"].mask, sides["left"].mask)
    trunk = body.body_mask(canvas, a)

    wall = np.float32(0.52 + 0.08 * a.flesh)
    value = trunk * (wall + np.float32(0.03) * canvas.noise(rng, 7))
    value += np.float32(0.10) * smooth(np.abs(canvas.x) - np.float32(a.chest - 0.06), 0.10) * trunk
    value -= airspace * np.float32(0.33)
    across = smooth(canvas.x, 0.10)
    belly = sides["right"].base * (np.float32(1.0) - across) + sides["left"].base * across
    abdomen = smooth(canvas.y - belly, 0.02) * smooth(np.float32(a.chest + 0.1) - np.abs(canvas.x), 0.15)
    value += np.float32(0.18) * abdomen
    throat = smooth(np.float32(a.apex - 0.02) - canvas.y, 0.1)
    value += np.float32(0.09) * heart * (np.float32(1.0) - abdomen)
    value += np.float32(0.15) * mediastinum * (np.float32(1.0) - np.float32(0.5) * throat)
    value += np.float32(0.09) * smooth(np.float32(0.35) - canvas.y, 0.9) * airspace * np.float32(-0.5)
    if a.bubble:
        at = (float(rng.uniform(0.22, 0.42)), a.domes[1] + float(rng.uniform(0.10, 0.16)))
        gas = canvas.blob(at, (float(rng.uniform(0.06, 0.11)), float(rng.uniform(0.03, 0.06))))
        value -= np.float32(0.30) * gas * smooth(canvas.y - sides["left"].base - np.float32(0.02), 0.02)

    engorged = max((0.25 + 0.75 * f.severity for f in plan.of("Edema") if not f.subtle), default=0.0)
    tree = body.vessels(canvas, rng, a, engorged)
    value += np.float32(0.24) * tree * airspace
    for side in SIDES:
        value += np.float32(0.11) * canvas.blob((body.SIGN[side] * 0.17, -0.07), (0.055, 0.10)) * airspace
    value += np.float32(0.012) * canvas.noise(rng, 40) * lung

    broken = bones_devices.rib_steps(canvas, a, plan)
    cage = {side: body.ribs(canvas, a, side, broken.get(side)) for side in SIDES}
    fade = trunk * (np.float32(1.0) - np.float32(0.85) * abdomen) * (np.float32(1.0) - np.float32(0.5) * cover)
    value += np.float32(a.rib_contrast) * (cage["right"] + cage["left"]) * fade
    value += np.float32(0.12) * body.clavicles(canvas, rng, a) * trunk
    value += np.float32(0.06) * body.spine(canvas, a) * trunk
    value -= np.float32(0.13) * body.airway(canvas) * trunk
    scene.value, scene.ribs = value, cage
    return scene


def paint(scene: Scene, finding: Finding) -> list[Field]:
    """Draw a finding; returns the masks it occupies, one per box."""
    return _PAINTERS[finding.condition](scene, finding)


def above_diaphragm(scene: Scene, mask: Field) -> Field:
    return mask * (scene.canvas.y < max(scene.anatomy.domes) + 0.06)


def _cardiomegaly(scene: Scene, finding: Finding) -> list[Field]:
    return [above_diaphragm(scene, scene.heart)]


def _wide_mediastinum(scene: Scene, finding: Finding) -> list[Field]:
    high = scene.canvas.y < 0.05
    return [scene.mediastinum * (high & (scene.canvas.y > scene.anatomy.apex))]


_PAINTERS = {
    "Cardiomegaly": _cardiomegaly,
    "Enlarged Cardiomediastinum": _wide_mediastinum,
    "Lung Opacity": lungs.opacity,
    "Lung Lesion": lungs.lesion,
    "Edema": lungs.edema,
    "Consolidation": lungs.consolidation,
    "Pneumonia": lungs.pneumonia,
    "Atelectasis": lungs.atelectasis,
    "Pneumothorax": pleura.pneumothorax,
    "Pleural Effusion": pleura.effusion,
    "Pleural Other": pleura.other,
    "Fracture": bones_devices.fracture,
    "Support Devices": bones_devices.device,
}


def _anatomy_boxes(scene: Scene) -> tuple[Box, ...]:
    canvas = scene.canvas
    regions = {
        "cardiac": above_diaphragm(scene, scene.heart),
        "left lung": scene.lungs["left"].mask,
        "right lung": scene.lungs["right"].mask,
        "mediastinum": scene.mediastinum * (canvas.y > scene.anatomy.apex) * (canvas.y < 0.1),
        "diaphragm": np.maximum(scene.lungs["left"].mask, scene.lungs["right"].mask)
        * (canvas.y > min(scene.anatomy.domes) - 0.05),
        "spine": (np.abs(canvas.x) < 0.07).astype(np.float32),
    }
    return tuple(box for name, mask in regions.items() if (box := canvas.box(mask, name)))


def painting_order(plan: Plan) -> list[tuple[int, Finding]]:
    """Numbered findings of a plan: fluid hides what lies behind it, and devices lie in front of all."""
    late = {"Pleural Effusion": 1, "Support Devices": 2}
    return sorted(enumerate(plan.findings), key=lambda item: (late.get(item[1].condition, 0), item[0]))


def expose(rng: np.random.Generator, value: Field, a: Anatomy) -> NDArray[np.uint8]:
    """Contrast, exposure, gamma and noise of a film, in eight bits."""
    value = (value - np.float32(0.5)) * np.float32(a.contrast) + np.float32(0.5 + a.exposure)
    value = np.clip(value, 0.0, 1.0) ** np.float32(a.gamma)
    value += np.float32(a.noise) * rng.standard_normal(value.shape, dtype=np.float32)
    return np.asarray(np.clip(value * np.float32(255.0), 0.0, 255.0), dtype=np.uint8)


def draw_film(rng: np.random.Generator, plan: Plan) -> Film:
    """Draw a plan. The same generator state gives the same film.

    Args:
        rng: The study's own generator.
        plan: What to draw.
    """
    a = sample_anatomy(rng, plan)
    scene = draw_normal(rng, plan, a)
    found: dict[int, tuple[Box, ...]] = {}
    for number, finding in painting_order(plan):
        masks = paint(scene, finding)
        found[number] = tuple(b for mask in masks if (b := scene.canvas.box(mask, finding.condition)))
    pixels = expose(rng, scene.value, a)
    return Film(pixels, tuple(found[number] for number in range(len(plan.findings))), _anatomy_boxes(scene))
