"""Simple sections through abdomen and head, so that chest and other organs can be told apart in mixed data sets.

As sections are hung: the patient's left is on the image's right. At most one lesion each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from cxrbench.core.types import Box
from cxrbench.datasets.phantom.canvas import Canvas, Field, smooth
from cxrbench.datasets.phantom.plan import SIDES

_LESION_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Lesion:
    """Attributes:
    name: "cyst", "mass" or "hemorrhage".
    organ: "liver", "left kidney", "right kidney" or "brain".
    side: "left" or "right", the patient's.
    """

    name: str
    organ: str
    side: str
    box: Box


@dataclass(frozen=True, slots=True)
class Section:
    """Attributes:
    value: 0 black to 1 white.
    organs: Name -> boxes.
    masks: Name -> share of each pixel.
    """

    value: Field
    organs: dict[str, tuple[Box, ...]]
    masks: dict[str, Field]
    lesion: Lesion | None


def draw(rng: np.random.Generator, kind: Literal["abdomen", "head"], modality: str, size: int) -> Section:
    """Draw a section on a square canvas."""
    canvas = Canvas(size, float(rng.normal(0.0, 0.03)), float(rng.uniform(0.86, 0.96)))
    return _abdomen(canvas, rng) if kind == "abdomen" else _head(canvas, rng, modality)


def _oval(canvas: Canvas, x: float, y: float, rx: float, ry: float, edge: float = 0.02) -> Field:
    dx, dy = (canvas.x - np.float32(x)) / np.float32(rx), (canvas.y - np.float32(y)) / np.float32(ry)
    return smooth((np.float32(1.0) - np.sqrt(dx * dx + dy * dy)) * np.float32(min(rx, ry)), edge)


def _boxed(canvas: Canvas, name: str, mask: Field) -> tuple[Box, ...]:
    box = canvas.box(mask, name)
    return (box,) if box is not None else ()


def _abdomen(canvas: Canvas, rng: np.random.Generator) -> Section:
    """Liver on the patient's right, spleen on the left, kidneys beside the spine."""
    body = _oval(canvas, 0.0, 0.0, 0.92, 0.68)
    value = np.float32(0.30) * body
    inside = _oval(canvas, 0.0, 0.0, 0.82, 0.58)
    value += np.float32(0.08) * inside + np.float32(0.03) * canvas.noise(rng, 40) * inside
    organs: dict[str, Field] = {
        "liver": np.maximum(_oval(canvas, -0.40, -0.08, 0.38, 0.36), _oval(canvas, -0.08, -0.26, 0.30, 0.16)),
        "spleen": _oval(canvas, 0.60, 0.12, 0.17, 0.27),
        "right kidney": _oval(canvas, -0.36, 0.36, 0.13, 0.12),
        "left kidney": _oval(canvas, 0.34, 0.34, 0.13, 0.12),
        "spine": _oval(canvas, 0.0, 0.34, 0.13, 0.12),
        "aorta": _oval(canvas, 0.06, 0.14, 0.055, 0.055),
        "stomach": _oval(canvas, 0.26, -0.26, 0.22, 0.16),
    }
    gains = {"spine": 0.42, "stomach": -0.10, "aorta": 0.22}
    for name, mask in organs.items():
        value += np.float32(gains.get(name, 0.17)) * mask * inside
    lesion = None
    if rng.random() < _LESION_SHARE:
        organ = str(rng.choice(["liver", "left kidney", "right kidney"]))
        x, y, r = {
            "liver": (-0.45, -0.05, 0.10),
            "left kidney": (0.34, 0.34, 0.06),
            "right kidney": (-0.36, 0.36, 0.06),
        }[organ]
        spot = canvas.disc((x + float(rng.uniform(-0.03, 0.03)), y + float(rng.uniform(-0.03, 0.03))), r)
        value -= np.float32(0.20) * spot
        box = canvas.box(spot, "cyst")
        if box is not None:
            lesion = Lesion("cyst", organ, "left" if organ == "left kidney" else "right", box)
    return Section(value, {name: _boxed(canvas, name, mask) for name, mask in organs.items()}, organs, lesion)


def _head(canvas: Canvas, rng: np.random.Generator, modality: str) -> Section:
    """Skull, brain and ventricles; bone is bright on CT and dark on MRI."""
    skull, brain = _oval(canvas, 0.0, 0.0, 0.66, 0.84), _oval(canvas, 0.0, 0.0, 0.58, 0.76)
    ct = modality == "CT"
    value = np.float32(0.85 if ct else 0.12) * skull * (np.float32(1.0) - brain)
    value += np.float32(0.42) * brain + np.float32(0.03) * canvas.noise(rng, 30) * brain
    folds = canvas.noise(rng, 18)
    value += np.float32(0.05) * folds * brain * smooth(np.abs(canvas.x) + np.abs(canvas.y) - np.float32(0.5), 0.2)
    ventricles = np.maximum(_oval(canvas, -0.10, -0.05, 0.06, 0.20), _oval(canvas, 0.10, -0.05, 0.06, 0.20))
    value -= np.float32(0.26) * ventricles
    value -= np.float32(0.12) * smooth(np.float32(0.008) - np.abs(canvas.x), 0.008) * brain
    organs = {"skull": skull, "brain": brain, "ventricles": ventricles}
    lesion = None
    if rng.random() < _LESION_SHARE:
        side = SIDES[int(rng.integers(2))]
        s = 1.0 if side == "left" else -1.0
        at = (s * float(rng.uniform(0.28, 0.36)), float(rng.uniform(-0.35, 0.35)))
        spot = canvas.disc(at, float(rng.uniform(0.08, 0.13)), 0.03)
        name = "hemorrhage" if ct else "mass"
        value += np.float32(0.34 if ct else 0.28) * spot
        box = canvas.box(spot, name)
        if box is not None:
            lesion = Lesion(name, "brain", side, box)
    return Section(value, {name: _boxed(canvas, name, mask) for name, mask in organs.items()}, organs, lesion)
