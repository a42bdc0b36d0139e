"""The anatomical regions of the graphs: side, parts, and which regions a finding concerns."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from cxrbench.datasets.phantom.mimic.frontal_regions import PAIRS
from cxrbench.datasets.phantom.plan import SIDES

_LUNG_PARTS: Final = (
    ("upper lung zone", "upper lobe"),
    ("lower lung zone", "lower lobe", "lung base"),
)
SAME: Final[dict[str, tuple[str, ...]]] = {
    **{
        f"{side} {name}": tuple(f"{side} {other}" for other in names)
        for side in SIDES
        for names in _LUNG_PARTS
        for name in names
    },
    "right mid lung zone": ("right mid lung zone", "right middle lobe"),
    "right middle lobe": ("right mid lung zone", "right middle lobe"),
    "left mid lung zone": ("left mid lung zone", "lingula"),
    "lingula": ("left mid lung zone", "lingula"),
}
"""Names of the same place, seen as a zone of the film or as a lobe."""


def _parents() -> dict[str, tuple[str, ...]]:
    parents: dict[str, list[str]] = {}
    for whole, parts in PAIRS.items():
        for part in parts:
            parents.setdefault(part, []).append(whole)
    for name in SAME:
        side = "left" if name == "lingula" else name.split()[0]
        parents.setdefault(name, []).append(f"{side} lung")
    for name in ("upper mediastinum", "aortic arch", "descending aorta", "svc", "trachea", "carina"):
        parents.setdefault(name, []).append("mediastinum")
    for name in ("right atrium", "cavoatrial junction"):
        parents.setdefault(name, []).append("cardiac silhouette")
    parents["thoracic spine"] = ["spine"]
    parents["stomach"] = ["abdomen"]
    return {name: tuple(wholes) for name, wholes in parents.items()}


PARENTS: Final[dict[str, tuple[str, ...]]] = _parents()
"""Region -> the regions it is a part of."""
ALWAYS: Final = (
    "right lung",
    "right apical zone",
    "right upper lung zone",
    "right mid lung zone",
    "right lower lung zone",
    "right hilar structures",
    "right costophrenic angle",
    "right hemidiaphragm",
    "right clavicle",
    "left lung",
    "left apical zone",
    "left upper lung zone",
    "left mid lung zone",
    "left lower lung zone",
    "left hilar structures",
    "left costophrenic angle",
    "left hemidiaphragm",
    "left clavicle",
    "trachea",
    "spine",
    "aortic arch",
    "mediastinum",
    "upper mediastinum",
    "svc",
    "cardiac silhouette",
    "cavoatrial junction",
    "right atrium",
    "carina",
    "abdomen",
)
"""The 29 regions of Chest ImaGenome: every graph has them."""
UNLOCALISED: Final = ("soft tissues", "pulmonary vasculature", "bones")
"""Regions that no box is drawn for."""
ASKED: Final = (
    *ALWAYS,
    "lungs",
    "right upper lobe",
    "right middle lobe",
    "right lower lobe",
    "right lung base",
    "left upper lobe",
    "lingula",
    "left lower lobe",
    "left lung base",
    "lung bases",
    "hila",
    "pleural space",
    "right pleural space",
    "left pleural space",
    "costophrenic angles",
    "hemidiaphragms",
    "ribs",
    "right ribs",
    "left ribs",
    "clavicles",
    "thoracic spine",
    "descending aorta",
    "right chest wall",
    "left chest wall",
    "sternum",
    "stomach",
    "neck",
    *UNLOCALISED,
)
"""Regions that are asked about, the usual ones first."""
MASKED: Final = frozenset({"lungs", "right lung", "left lung", "cardiac silhouette"})
"""Regions with a segmentation mask besides the box."""


def laterality(region: str) -> str:
    """ "left", "right", "bilateral" or ""."""
    if region == "lingula":
        return "left"
    first = region.split()[0]
    return first if first in SIDES else "bilateral" if region in PAIRS else ""


@cache
def upwards(region: str) -> frozenset[str]:
    """The region, its other names, and everything that contains it."""
    found = {region, *SAME.get(region, ())}
    for name in tuple(found):
        for parent in PARENTS.get(name, ()):
            found |= upwards(parent)
    return frozenset(found)


@cache
def _reach(regions: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*map(upwards, regions))


def concerns(regions: tuple[str, ...], asked: str, *, throughout: bool) -> bool:
    """Whether a statement about some regions says something about the one asked for.

    What is in a part is in the whole. What is absent in the whole, or fills it, is so in its parts too: `throughout`.
    """
    return asked in _reach(regions) or (throughout and not upwards(asked).isdisjoint(regions))


def are(region: str) -> str:
    """ "is" or "are"."""
    return "are" if region.endswith("s") else "is"


def joined(names: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    items = list(names)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
