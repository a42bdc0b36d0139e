"""A patient and an exposure: the numbers from which a normal film is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxrbench.datasets.phantom.plan import Plan


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Anatomical parameters in canonical units (see `canvas`), and exposure.

    Attributes:
        chest: Half-width of the thoracic cavity.
        apex: y of the lung apices.
        domes: y of the right and left diaphragm dome.
        heart_ratio: Cardiothoracic ratio; above .5 is enlarged.
        mediastinum: Half-width of the upper mediastinum.
        rib_spacing: Vertical distance of the ribs.
        flesh: Thickness of the chest wall, 0 lean to 1 obese.
        rotation, scale, shift: Where the patient stands on the film.
        exposure, contrast, gamma, noise, blur: How the film was taken.
        bubble: Whether gas in the stomach shows.
    """

    chest: float
    apex: float
    domes: tuple[float, float]
    heart_ratio: float
    mediastinum: float
    rib_spacing: float
    rib_phase: float
    rib_contrast: float
    flesh: float
    rotation: float
    scale: float
    shift: tuple[float, float]
    exposure: float
    contrast: float
    gamma: float
    noise: float
    bubble: bool


def sample_anatomy(rng: np.random.Generator, plan: Plan) -> Anatomy:
    """Draw a patient; cardiomegaly, a wide mediastinum and volume loss are part of the anatomy."""
    chest = float(rng.uniform(0.68, 0.80))
    inflation = float(rng.normal(0.0, 0.045))
    right = 0.47 + inflation + float(rng.normal(0.0, 0.015))
    left = right + float(rng.uniform(0.01, 0.06))
    for finding in plan.of("Atelectasis"):
        lift = 0.03 + 0.06 * finding.severity
        right -= lift * (finding.side == "right")
        left -= lift * (finding.side == "left")
    big = plan.of("Cardiomegaly")
    heart = float(rng.uniform(0.39, 0.49))
    if big:
        heart = 0.525 if big[0].subtle else 0.54 + 0.14 * big[0].severity
    wide = plan.of("Enlarged Cardiomediastinum")
    mediastinum = float(rng.uniform(0.105, 0.145))
    if wide:
        mediastinum = 0.17 if wide[0].subtle else 0.185 + 0.085 * wide[0].severity
    return Anatomy(
        chest=chest,
        apex=float(rng.uniform(-0.78, -0.70)),
        domes=(right, left),
        heart_ratio=heart,
        mediastinum=mediastinum,
        rib_spacing=float(rng.uniform(0.145, 0.165)),
        rib_phase=float(rng.uniform(0.0, 1.0)),
        rib_contrast=float(rng.uniform(0.075, 0.115)),
        flesh=float(rng.beta(2.0, 3.0)),
        rotation=float(np.clip(rng.normal(0.0, 0.045), -0.11, 0.11)),
        scale=float(rng.uniform(0.95, 1.15)),
        shift=(float(rng.normal(0.0, 0.045)), float(rng.normal(0.0, 0.045))),
        exposure=float(rng.normal(0.0, 0.045)),
        contrast=float(rng.uniform(0.85, 1.18)),
        gamma=float(rng.uniform(0.85, 1.2)),
        noise=float(rng.uniform(0.008, 0.024)),
        bubble=bool(rng.random() < 0.6),
    )
