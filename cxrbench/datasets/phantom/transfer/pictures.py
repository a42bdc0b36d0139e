"""Pictures of another place than the training data: other exposure, contrast, noise, size and margins.

A model that is trained on the MIMIC phantom meets here the same anatomy and the same findings in films that look
different, which makes a zero-shot run a transfer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import Box
from cxrbench.datasets.phantom.anatomy import sample_anatomy
from cxrbench.datasets.phantom.canvas import Field
from cxrbench.datasets.phantom.film import above_diaphragm, draw_normal, paint, painting_order
from cxrbench.datasets.phantom.mimic.frontal_regions import region_boxes
from cxrbench.datasets.phantom.plan import Finding, Plan, plan_study
from cxrbench.datasets.phantom.transfer import sections

Kind = Literal["chest", "abdomen", "head"]
_CANVAS: Final = 320
_MARK: Final = 0.055
"""Height of the side marker as a share of the film."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with what it shows.

    Attributes:
        modality: "X-Ray", "CT" or "MRI".
        view: "PA" or "AP" of a chest film, else "axial".
        pixels: uint8 [height, width].
        mask: uint8 [height, width]: 0 nothing, else 1 + the place of the organ in `organs`.
        organs: Names of the organs of the mask.
        findings: Of a chest film.
        boxes: One list of boxes per finding, in its order.
        regions: Anatomical regions or organs -> boxes.
        lesion: Of a section.
    """

    kind: Kind
    modality: str
    view: str
    pixels: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    organs: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    boxes: tuple[tuple[Box, ...], ...] = ()
    regions: Mapping[str, tuple[Box, ...]] = field(default_factory=dict)
    lesion: sections.Lesion | None = None

    @property
    def plan(self) -> Plan:
        return Plan("", self.findings)


def draw_chest(rng: np.random.Generator) -> Picture:
    """A frontal chest film."""
    plan = plan_study(rng, "")
    view = "AP" if rng.random() < 0.3 else "PA"
    person = sample_anatomy(rng, plan)
    lying = view == "AP"
    breath = 0.05 if lying else 0.0
    a = replace(
        person,
        domes=(person.domes[0] - breath, person.domes[1] - breath),
        heart_ratio=person.heart_ratio * (1.03 if lying else 1.0),
        scale=float(rng.uniform(0.86, 0.98)),
        rotation=float(rng.normal(0.0, 0.03)),
    )
    scene = draw_normal(rng, plan, a, _CANVAS)
    found: dict[int, list[Box]] = {}
    for number, finding in painting_order(plan):
        masks = paint(scene, finding)
        found[number] = [box for mask in masks if (box := scene.canvas.box(mask, finding.condition))]
    heart = above_diaphragm(scene, scene.heart)
    organs = {"left lung": scene.lungs["left"].mask, "right lung": scene.lungs["right"].mask, "heart": heart}
    pixels, mask, moved = _shifted(rng, scene.value, list(organs.values()), marked=True)
    return Picture(
        "chest",
        "X-Ray",
        view,
        pixels,
        mask,
        tuple(organs),
        plan.findings,
        tuple(tuple(map(moved, found[number])) for number in range(len(plan.findings))),
        {name: tuple(map(moved, boxes)) for name, boxes in region_boxes(scene).items()},
    )


def draw_section(rng: np.random.Generator, kind: Literal["abdomen", "head"]) -> Picture:
    """A section through the abdomen or the head."""
    modality = "CT" if kind == "abdomen" or rng.random() < 0.4 else "MRI"
    section = sections.draw(rng, kind, modality, _CANVAS)
    organs = section.masks
    pixels, mask, moved = _shifted(rng, section.value, list(organs.values()), marked=False)
    lesion = section.lesion
    if lesion is not None:
        lesion = replace(lesion, box=moved(lesion.box))
    regions = {name: tuple(map(moved, boxes)) for name, boxes in section.organs.items()}
    return Picture(kind, modality, "axial", pixels, mask, tuple(organs), regions=regions, lesion=lesion)


@dataclass(frozen=True, slots=True)
class _Move:
    """From the canvas to the picture."""

    x: float
    y: float
    left: int
    top: int

    def __call__(self, box: Box) -> Box:
        return replace(
            box,
            x1=box.x1 * self.x + self.left,
            x2=box.x2 * self.x + self.left,
            y1=box.y1 * self.y + self.top,
            y2=box.y2 * self.y + self.top,
        )


def _shifted(
    rng: np.random.Generator, value: Field, organs: Sequence[Field], *, marked: bool
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], _Move]:
    """Expose a canvas the foreign way: flat and dark, blurred, with coarse grain, a vignette and black margins."""
    from PIL import Image

    contrast, gamma = np.float32(rng.uniform(0.68, 0.82)), float(rng.uniform(1.15, 1.45))
    value = np.clip((value - np.float32(0.5)) * contrast + np.float32(0.5 + rng.uniform(-0.02, 0.08)), 0.0, 1.0)
    value = value ** np.float32(gamma)
    axis = np.linspace(-1.0, 1.0, _CANVAS, dtype=np.float32)
    value *= np.float32(1.0) - np.float32(0.16) * (axis[None, :] ** 2 + axis[:, None] ** 2)
    coarse = rng.standard_normal((_CANVAS // 2, _CANVAS // 2)).astype(np.float32)
    value += np.float32(rng.uniform(0.02, 0.035)) * np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)
    width = int(rng.integers(400, 540))
    height = round(width * float(rng.uniform(0.9, 1.12)))
    left, top = int(rng.integers(0, 24)), int(rng.integers(0, 24))
    film = Image.fromarray(np.clip(value, 0.0, 1.0)).resize((width, height), Image.Resampling.BILINEAR)
    page = np.zeros((height + 2 * top, width + 2 * left), np.float32)
    page[top : top + height, left : left + width] = np.asarray(film)
    if marked:
        _mark(page)
    numbered = np.zeros((_CANVAS, _CANVAS), np.uint8)
    for number, organ in enumerate(organs, 1):
        numbered[organ > 0.5] = number
    mask = np.zeros(page.shape, np.uint8)
    mask[top : top + height, left : left + width] = np.asarray(
        Image.fromarray(numbered).resize((width, height), Image.Resampling.NEAREST)
    )
    pixels = np.clip(page * np.float32(255.0), 0.0, 255.0).astype(np.uint8)
    return pixels, mask, _Move(width / _CANVAS, height / _CANVAS, left, top)


def _mark(page: NDArray[np.float32]) -> None:
    """The letter L beside the patient's left shoulder, which is on the image's right."""
    height, width = page.shape
    size, stroke = round(height * _MARK), max(2, round(height * _MARK / 6))
    x, y = width - round(width * 0.09), round(height * 0.07)
    page[y : y + size, x : x + stroke] = 1.0
    page[y + size - stroke : y + size, x : x + round(size * 0.6)] = 1.0
