"""What is drawn in a study: which findings, where, how severe. Pictures and reports are both made from the plan.

Sides are the patient's: "left" is on the image's right.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cxrbench.core.conditions import NO_FINDING, SUPPORT_DEVICES

SIDES = ("right", "left")
ZONES = ("upper", "mid", "lower")

ABNORMAL_SHARE = 0.62
"""Share of studies with at least one finding other than a device."""

PREVALENCE: dict[str, float] = {
    "Enlarged Cardiomediastinum": 0.11,
    "Cardiomegaly": 0.16,
    "Lung Opacity": 0.15,
    "Lung Lesion": 0.14,
    "Edema": 0.10,
    "Consolidation": 0.13,
    "Pneumonia": 0.13,
    "Atelectasis": 0.15,
    "Pneumothorax": 0.11,
    "Pleural Effusion": 0.17,
    "Pleural Other": 0.11,
    "Fracture": 0.10,
}
"""Intended share of all studies, before rejections; measured shares lie between 5 and 25 %."""

SUBTLE_SHARE = 0.07
"""Share of findings drawn near the limit of visibility; their reports are often hedged."""

DEVICES = (
    "endotracheal tube",
    "central venous catheter",
    "enteric tube",
    "pacemaker",
    "sternotomy wires",
    "chest tube",
    "port",
)
LESIONS = ("nodule", "mass", "nodules")
FRACTURES = ("displaced", "healing")
PLEURAL = ("thickening", "apical", "plaque")
MOST_FINDINGS = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One drawn finding.

    Attributes:
        condition: A CheXpert condition.
        side: "left", "right" (the patient's), "bilateral", or "" for the midline.
        zone: "upper", "mid", "lower", or "".
        severity: 0 to 1 within what is drawn for the condition.
        kind: Variant within the condition, for example "mass" or "pacemaker".
        subtle: Near the limit of visibility.
        hedged: Reported as uncertain.
    """

    condition: str
    side: str = ""
    zone: str = ""
    severity: float = 0.5
    kind: str = ""
    subtle: bool = False
    hedged: bool = False

    @property
    def grade(self) -> str:
        """ "mild", "moderate" or "severe"."""
        return "mild" if self.severity < 0.4 else "moderate" if self.severity < 0.75 else "severe"


@dataclass(frozen=True, slots=True)
class Plan:
    """The findings of one study, devices last."""

    uid: str
    findings: tuple[Finding, ...] = field(default_factory=tuple)

    @property
    def conditions(self) -> frozenset[str]:
        """The conditions that are drawn; No Finding when nothing but devices is."""
        drawn = frozenset(finding.condition for finding in self.findings)
        return drawn if drawn - {SUPPORT_DEVICES} else drawn | {NO_FINDING}

    def of(self, condition: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.condition == condition]


def _choose(rng: np.random.Generator) -> set[str]:
    """Conditions of an abnormal study: independent draws, then mild clinical co-occurrence."""
    while True:
        chosen = {name for name, share in PREVALENCE.items() if rng.random() < share / ABNORMAL_SHARE * 0.86}
        if "Cardiomegaly" in chosen and rng.random() < 0.15:
            chosen.add("Edema")
        if chosen & {"Edema", "Consolidation"} and rng.random() < 0.18:
            chosen.add("Pleural Effusion")
        if "Pleural Effusion" in chosen and rng.random() < 0.10:
            chosen.add("Atelectasis")
        # Both are haze without an edge: drawn together neither could be told from the other.
        if {"Edema", "Lung Opacity"} <= chosen:
            chosen.discard(str(rng.choice(["Edema", "Lung Opacity"])))
        if 0 < len(chosen) <= MOST_FINDINGS:
            return chosen


def _place(rng: np.random.Generator, chosen: set[str]) -> list[Finding] | None:
    """Give every condition a free place, or None when the lungs are too crowded."""
    free = [(side, zone) for side in SIDES for zone in ZONES]
    findings: list[Finding] = []

    def severity() -> tuple[float, bool, bool]:
        subtle = bool(rng.random() < SUBTLE_SHARE)
        hedged = bool(rng.random() < (0.5 if subtle else 0.08))
        return (0.0 if subtle else float(rng.uniform(0.08, 1.0))), subtle, hedged

    def take(zones: tuple[str, ...]) -> tuple[str, str] | None:
        options = [place for place in free if place[1] in zones]
        if not options:
            return None
        place = options[int(rng.integers(len(options)))]
        free.remove(place)
        return place

    for name in sorted(chosen, key=_PLACING_ORDER.index):
        amount, subtle, hedged = severity()
        side, zone, kind = "", "", ""
        if name == "Pleural Effusion":
            side = str(rng.choice(["left", "right", "bilateral"], p=[0.4, 0.4, 0.2]))
            sides = SIDES if side == "bilateral" else (side,)
            free[:] = [place for place in free if not (place[0] in sides and place[1] == "lower")]
        elif name == "Pneumothorax":
            side = str(rng.choice(SIDES))
            free[:] = [place for place in free if not (place[0] == side and place[1] == "upper")]
            if (side, "mid") in free and amount > 0.7:
                free.remove((side, "mid"))
        elif name == "Edema":
            side = "bilateral"
            free[:] = [place for place in free if place[1] != "mid"]
        elif name in _LUNG_ZONES:
            if (place := take(_LUNG_ZONES[name])) is None:
                return None
            side, zone = place
            if name == "Lung Lesion":
                kind = str(rng.choice(LESIONS, p=[0.45, 0.35, 0.2]))
        elif name == "Pleural Other":
            kind = str(rng.choice(PLEURAL, p=[0.4, 0.3, 0.3]))
            options = [s for s in SIDES if (s, "upper" if kind == "apical" else "mid") in free]
            if not options:
                return None
            side = str(rng.choice(options))
            zone = "upper" if kind == "apical" else "mid"
            free.remove((side, zone))
        elif name == "Fracture":
            side, zone = str(rng.choice(SIDES)), str(rng.choice(ZONES))
            kind = str(rng.choice(FRACTURES))
        findings.append(Finding(name, side, zone, amount, kind, subtle, hedged))
    return findings


_LUNG_ZONES: dict[str, tuple[str, ...]] = {
    "Lung Opacity": ZONES,
    "Lung Lesion": ZONES,
    "Consolidation": ZONES,
    "Pneumonia": ("mid", "lower", "upper"),
    "Atelectasis": ("lower", "mid"),
}
_PLACING_ORDER = [
    "Pleural Effusion",
    "Pneumothorax",
    "Edema",
    "Pleural Other",
    "Atelectasis",
    "Consolidation",
    "Pneumonia",
    "Lung Opacity",
    "Lung Lesion",
    "Fracture",
    "Cardiomegaly",
    "Enlarged Cardiomediastinum",
]


def _devices(rng: np.random.Generator, findings: list[Finding]) -> list[Finding]:
    collapsed = [finding.side for finding in findings if finding.condition == "Pneumothorax"]
    devices: list[Finding] = []
    if collapsed and rng.random() < 0.25:
        devices.append(Finding(SUPPORT_DEVICES, collapsed[0], kind="chest tube", severity=1.0))
    if rng.random() < 0.16:
        kinds = [kind for kind in DEVICES if kind != "chest tube"]
        count = 1 + int(rng.random() < 0.25)
        for kind in rng.choice(kinds, size=count, replace=False):
            side = str(rng.choice(SIDES)) if kind in {"central venous catheter", "pacemaker", "port"} else ""
            devices.append(Finding(SUPPORT_DEVICES, side, kind=str(kind), severity=1.0))
    return devices


def plan_study(rng: np.random.Generator, uid: str) -> Plan:
    """Draw the findings of one study."""
    findings: list[Finding] = []
    if rng.random() < ABNORMAL_SHARE:
        placed = None
        while placed is None:
            placed = _place(rng, _choose(rng))
        findings = placed
    return Plan(uid, (*findings, *_devices(rng, findings)))
