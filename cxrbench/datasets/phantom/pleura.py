"""Painters of the pleural findings. Each returns the masks it drew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cxrbench.datasets.phantom.body import SIGN
from cxrbench.datasets.phantom.canvas import Field, smooth
from cxrbench.datasets.phantom.plan import SIDES, Finding

if TYPE_CHECKING:
    from cxrbench.datasets.phantom.film import Scene


def pneumothorax(scene: Scene, finding: Finding) -> list[Field]:
    """Apical and lateral lucency without vessels, bounded by the thin white line of the visceral pleura."""
    canvas, a = scene.canvas, scene.anatomy
    lung = scene.lungs[finding.side]
    size = 0.05 if finding.subtle else 0.07 + 0.08 * finding.severity
    reach = np.float32(-0.05 + 0.5 * finding.severity)
    width = np.float32(size) * smooth(reach - canvas.y, 0.35)
    inside = width - lung.depth
    own = smooth(lung.lateral - np.float32(0.04), 0.02)
    gap = smooth(inside, 0.008) * lung.mask * own * (np.float32(1.0) - scene.mediastinum)
    line = (
        smooth(np.float32(0.008) - np.abs(inside), 0.006)
        * scene.airspace
        * own
        * smooth(width - np.float32(0.02), 0.01)
    )
    faint = np.float32(0.6 if finding.subtle else 1.0)
    # Vessels end at the pleural line: inside the gap only the ribs remain.
    calm = np.float32(0.52 + 0.08 * a.flesh - 0.33 - 0.13) + np.float32(a.rib_contrast) * scene.ribs[finding.side]
    scene.value += gap * (calm - scene.value) * np.float32(0.85) * faint
    scene.value += np.float32(0.24) * line * faint
    partial = np.float32(0.05) * (np.float32(1.0) - gap) * scene.airspace * (lung.lateral > 0)
    scene.value += partial * np.float32(finding.severity)
    return [gap]


def effusion(scene: Scene, finding: Finding) -> list[Field]:
    """Fluid in the costophrenic angle with a meniscus that climbs the lateral wall."""
    canvas, a = scene.canvas, scene.anatomy
    masks: list[Field] = []
    for side in SIDES if finding.side == "bilateral" else (finding.side,):
        lung = scene.lungs[side]
        dome = a.domes[0] if side == "right" else a.domes[1]
        height = 0.06 if finding.subtle else 0.11 + 0.36 * finding.severity
        corner = dome + 0.20
        t = np.clip((np.float32(a.chest) - lung.lateral) / np.float32(a.chest - 0.10), 0.0, 1.0)
        level = np.float32(corner - height - 0.10) + np.float32(0.10 + 0.14) * (np.float32(1.0) - (1.0 - t) ** 2)
        fluid = smooth(canvas.y - level, 0.02) * lung.mask * (lung.lateral > 0)
        target = np.float32(0.72 + 0.06 * a.flesh)
        scene.value += fluid * np.clip(target - scene.value, 0.0, None) * np.float32(0.92)
        masks.append(fluid)
    return masks


def other(scene: Scene, finding: Finding) -> list[Field]:
    """Pleural thickening along the lateral wall, an apical cap, or calcified plaques."""
    canvas, a, rng = scene.canvas, scene.anatomy, scene.rng
    lung = scene.lungs[finding.side]
    s = SIGN[finding.side]
    strength = 0.17 if finding.subtle else 0.30 + 0.12 * finding.severity
    if finding.kind == "plaque":
        mask = np.zeros_like(scene.value)
        for k in range(4):
            x, y = s * a.chest * float(rng.uniform(0.45, 0.82)), -0.22 + 0.13 * k + float(rng.uniform(-0.03, 0.03))
            size = (0.050 + 0.025 * finding.severity, 0.016)
            mask += smooth(canvas.blob((x, y), size, float(rng.uniform(0.5, 1.0)) * s) - np.float32(0.45), 0.2)
        mask = np.minimum(mask, np.float32(1.0)) * scene.airspace
        scene.value += np.float32(strength + 0.08) * mask
        return [mask]
    wavy = np.float32(0.008) * canvas.noise(rng, 18)
    if finding.kind == "apical":
        thick = np.float32(0.075 + 0.05 * finding.severity) + wavy
        span = smooth(np.float32(a.apex + 0.30) - canvas.y, 0.04)
    else:
        thick = np.float32(0.045 + 0.045 * finding.severity) + wavy
        span = smooth(canvas.y + np.float32(0.36), 0.06) * smooth(np.float32(0.24) - canvas.y, 0.06)
    band = smooth(thick - lung.depth, 0.010) * lung.mask * span * (lung.lateral > 0.05) * (1.0 - scene.mediastinum)
    scene.value += np.float32(strength) * band
    return [np.asarray(band, dtype=np.float32)]
