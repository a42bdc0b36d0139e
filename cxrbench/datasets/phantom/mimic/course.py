"""A patient over time: which findings each visit shows, and what became of those of the visit before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from cxrbench.core.conditions import SUPPORT_DEVICES
from cxrbench.datasets.phantom.plan import MOST_FINDINGS, SIDES, Finding, Plan, plan_study

Change = Literal["", "new", "unchanged", "improved", "worsened"]
"""What became of a finding since the visit before; "" at a first visit."""

CHRONIC: Final = frozenset({"Cardiomegaly", "Enlarged Cardiomediastinum", "Lung Lesion", "Pleural Other", "Fracture"})
LASTING_DEVICES: Final = frozenset({"pacemaker", "sternotomy wires", "port"})
MOST_VISITS: Final = 12
_MORE_VISITS: Final = 0.71
"""Chance of another visit: 3.4 a patient, near the 3.5 of MIMIC-CXR."""
_RELAPSE: Final = 0.4
_STEP: Final = (0.22, 0.45)
"""How much a severity changes when it does: always enough to be seen."""


@dataclass(frozen=True, slots=True)
class Present:
    """A finding at one visit.

    Attributes:
        key: Number of the finding in the patient's life; the same finding is drawn at the same place at every visit.
    """

    key: int
    finding: Finding
    change: Change = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One study of a patient.

    Attributes:
        number: From 0.
        day: Days since the first visit.
        present: Devices last.
        resolved: Findings of the visit before that are gone, as they were then.
    """

    number: int
    day: int
    present: tuple[Present, ...]
    resolved: tuple[Present, ...] = ()

    @property
    def plan(self) -> Plan:
        return Plan(str(self.number), tuple(item.finding for item in self.present))


def visit_count(rng: np.random.Generator) -> int:
    """How many visits a patient has, at least one and at most `MOST_VISITS`."""
    return min(int(rng.geometric(1.0 - _MORE_VISITS)), MOST_VISITS)


def visits_of(rng: np.random.Generator, count: int) -> Iterator[Visit]:
    """The first visits of one patient."""
    first = plan_study(rng, "")
    visit = Visit(0, 0, tuple(Present(key, finding) for key, finding in enumerate(first.findings)))
    used = len(first.findings)
    yield visit
    while visit.number + 1 < count:
        visit, used = _next_visit(rng, visit, used)
        yield visit


def _next_visit(rng: np.random.Generator, before: Visit, used: int) -> tuple[Visit, int]:
    days = int(rng.integers(1, 8)) if rng.random() < 0.5 else int(rng.integers(20, 500))
    kept: list[Present] = []
    gone: list[Present] = []
    for item in before.present:
        after = _device_later(rng, item) if item.finding.condition == SUPPORT_DEVICES else _later(rng, item, days)
        (gone if after is None else kept).append(after or item)
    appeared: list[Finding] = []
    if rng.random() < _RELAPSE:
        for candidate in plan_study(rng, "").findings:
            shown = [*(item.finding for item in kept), *appeared]
            # What has just resolved is not drawn again under a new number.
            if len(shown) < MOST_FINDINGS and not any(_collide(candidate, f) for f in [*shown, *_of(gone)]):
                appeared.append(candidate)
    kept += [Present(used + number, finding, "new") for number, finding in enumerate(appeared)]
    kept.sort(key=lambda item: (item.finding.condition == SUPPORT_DEVICES, item.key))
    return Visit(before.number + 1, before.day + days, tuple(kept), tuple(gone)), used + len(appeared)


def _of(items: list[Present]) -> list[Finding]:
    return [item.finding for item in items]


def _device_later(rng: np.random.Generator, item: Present) -> Present | None:
    if item.finding.kind not in LASTING_DEVICES and rng.random() < 0.45:
        return None
    return replace(item, change="unchanged")


def _later(rng: np.random.Generator, item: Present, days: int) -> Present | None:
    """The finding at the next visit; None when it has resolved."""
    f = item.finding
    draw = float(rng.random())
    step = float(rng.uniform(*_STEP))
    if f.condition == "Fracture":
        heals = f.kind == "displaced" and days > 60
        return Present(
            item.key, replace(f, kind="healing" if heals else f.kind), "improved" if heals else "unchanged"
        )
    if f.condition in CHRONIC:
        grows = draw < 0.2 and f.condition in {"Cardiomegaly", "Lung Lesion"} and f.severity < 0.55
        return _grown(item, step) if grows else replace(item, change="unchanged")
    if draw < 0.24:
        return None
    if draw < 0.50:
        if f.severity - step < 0.05:
            return None
        return Present(item.key, replace(f, severity=f.severity - step), "improved")
    if draw < 0.78 or f.severity > 0.55:
        return replace(item, change="unchanged")
    return _grown(item, step)


def _grown(item: Present, step: float) -> Present:
    """Larger, and now beyond doubt."""
    f = item.finding
    return Present(item.key, replace(f, severity=f.severity + step, subtle=False, hedged=False), "worsened")


def _collide(one: Finding, other: Finding) -> bool:
    """Whether two findings cannot be told apart on one film, by the rules by which `plan` places them."""
    if one.condition == SUPPORT_DEVICES or other.condition == SUPPORT_DEVICES:
        return one.condition == other.condition and one.kind == other.kind
    if one.condition == other.condition or {one.condition, other.condition} == {"Edema", "Lung Opacity"}:
        return True
    return bool(_places(one) & _places(other))


def _places(f: Finding) -> set[tuple[str, str]]:
    """The (side, zone) places that a finding fills."""
    if f.condition == "Pleural Effusion":
        return {(side, "lower") for side in (SIDES if f.side == "bilateral" else (f.side,))}
    if f.condition == "Pneumothorax":
        return {(f.side, "upper"), (f.side, "mid")}
    if f.condition == "Edema":
        return {(side, "mid") for side in SIDES}
    if f.condition == "Fracture" or not f.side:
        return set()
    return {(f.side, f.zone)}
