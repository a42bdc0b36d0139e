"""Which films a visit has: projection, what the tables say of it, size, and how the patient stood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from cxrbench.core.conditions import SUPPORT_DEVICES
from cxrbench.core.types import Box
from cxrbench.datasets.phantom.anatomy import Anatomy
from cxrbench.datasets.phantom.mimic.course import Visit

Projection = Literal["PA", "AP", "LATERAL"]
LONG: Final = 288
SHORT: Final = 256
"""Pixels of a film's long and short side; the thorax is as large as on the films of the IU phantom."""
_UNSEEN_FROM_THE_SIDE: Final = frozenset({"Pneumothorax", "Fracture", "Pleural Other"})
_PORTABLE_SHARE: Final = 0.30
_BEDRIDDEN: Final = frozenset({"endotracheal tube", "chest tube"})
_TUBES: Final = frozenset({"enteric tube", "central venous catheter"})


@dataclass(frozen=True, slots=True)
class View:
    """One film of a study.

    Attributes:
        number: From 0, inside the study.
        projection: What was taken.
        recorded: `ViewPosition` of the metadata table: the projection, LL for some laterals, empty for a few films.
        rows, columns: Size of the stored film: upright, except for AP films, which lie on their side.
        orientation: "Erect", "Recumbent" or empty, as recorded.
    """

    number: int
    projection: Projection
    recorded: str
    rows: int
    columns: int
    orientation: str

    @property
    def frontal(self) -> bool:
        return self.projection != "LATERAL"

    def box(self, box: Box | None, grain: int = 1) -> Box | None:
        """A box of the square canvas as a box of the film; None where it lies outside.

        Args:
            grain: Film pixels per canvas pixel.
        """
        if box is None:
            return None
        left, top = (LONG - self.columns) / 2, (LONG - self.rows) / 2
        x1, x2 = (min(max(x * grain - left, 0.0), float(self.columns)) for x in (box.x1, box.x2))
        y1, y2 = (min(max(y * grain - top, 0.0), float(self.rows)) for y in (box.y1, box.y2))
        return replace(box, x1=x1, y1=y1, x2=x2, y2=y2) if x2 - x1 >= 1 and y2 - y1 >= 1 else None


_UPRIGHT: Final[tuple[tuple[tuple[Projection, ...], float], ...]] = (
    (("PA", "LATERAL"), 0.80),
    (("PA",), 0.08),
    (("AP", "LATERAL"), 0.07),
    (("PA", "LATERAL", "LATERAL"), 0.03),
    (("PA", "PA", "LATERAL"), 0.02),
)
_PORTABLE: Final[tuple[tuple[tuple[Projection, ...], float], ...]] = ((("AP",), 0.87), (("AP", "AP"), 0.13))
_LATERAL_ONLY: Final = 0.01


def views_of(rng: np.random.Generator, visit: Visit) -> tuple[View, ...]:
    """The films of a visit. Patients with tubes are filmed in bed; a few visits have a lateral film alone."""
    kinds = {item.finding.kind for item in visit.present}
    chance = 1.0 if kinds & _BEDRIDDEN else 0.8 if kinds & _TUBES else _PORTABLE_SHARE
    portable = rng.random() < chance
    sets = _PORTABLE if portable else _UPRIGHT
    chosen = sets[int(rng.choice(len(sets), p=[share for _, share in sets]))][0]
    visible = not any(
        item.finding.condition in _UNSEEN_FROM_THE_SIDE or item.finding.condition == SUPPORT_DEVICES
        for item in visit.present
    )
    if rng.random() < _LATERAL_ONLY and visible and not portable:
        chosen = ("LATERAL",)
    views = []
    for number, projection in enumerate(chosen):
        upright = projection != "AP"
        recorded: str = "LL" if projection == "LATERAL" and rng.random() < 0.3 else projection
        if rng.random() < 0.02:
            recorded = ""
        orientation = "" if rng.random() < 0.06 else "Recumbent" if portable and rng.random() < 0.5 else "Erect"
        size = (LONG, SHORT) if upright else (SHORT, LONG)
        views.append(View(number, projection, recorded, *size, orientation))
    return tuple(views)


def pose(rng: np.random.Generator, person: Anatomy, view: View) -> Anatomy:
    """The person before this film: breath, rotation, place and exposure. A film taken in bed is the worse one."""
    portable = view.projection == "AP"
    breath = float(rng.normal(-0.035 if portable else 0.0, 0.014))
    spread = 1.4 if portable else 1.0
    scale = float(rng.uniform(0.97, 1.13)) * SHORT / LONG
    # Upright films reach further down, not further up: nothing is drawn above the neck.
    lift = 0.0 if portable else min(scale - 1.0, 0.0)
    return replace(
        person,
        domes=(person.domes[0] + breath, person.domes[1] + breath),
        heart_ratio=person.heart_ratio * (1.03 if portable else 1.0),
        rotation=float(np.clip(rng.normal(0.0, 0.035 * spread), -0.11, 0.11)),
        scale=scale,
        shift=(float(rng.normal(0.0, 0.03)), float(rng.normal(0.0, 0.025)) + lift),
        exposure=float(rng.normal(0.0, 0.04 * spread)),
        contrast=float(rng.uniform(0.88, 1.15)) * (0.93 if portable else 1.0),
        gamma=float(rng.uniform(0.88, 1.15)),
        noise=float(rng.uniform(0.008, 0.02)) * spread,
        bubble=bool(rng.random() < 0.6),
    )
