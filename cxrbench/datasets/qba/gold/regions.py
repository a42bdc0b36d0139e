"""The gold regions of an answer: its region names among the 26, on the side that the answer says."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from cxrbench.core.regions import REGIONS
from cxrbench.datasets.region_map import map_region

_ORDER: Final = {name: place for place, name in enumerate(REGIONS)}
_OTHER: Final = {"left": "right ", "right": "left "}


class Regions(NamedTuple):
    """What a set of region names stands for.

    Attributes:
        names: Of the 26, in the order of `REGIONS`, each once.
        unmapped: Names that mean none of the 26, as they were written.
    """

    names: tuple[str, ...]
    unmapped: tuple[str, ...]


@lru_cache(maxsize=1 << 16)
def gold_regions(regions: tuple[str, ...], laterality: str = "") -> Regions:
    """The 26-region names that a list of region names means.

    Args:
        laterality: Of the answer. "left" or "right" drops the regions of the other side that a name without a side
            brings ("pleural space", "lungs"), never the last region and never one that a name itself gives a side.
    """
    mapped = {name: map_region(name) for name in regions}
    found = {target for targets in mapped.values() for target in targets}
    other = _OTHER.get(laterality.strip().lower())
    if other is not None:
        sided = {target for name, targets in mapped.items() if _names_a_side(name) for target in targets}
        kept = {target for target in found if target in sided or not target.startswith(other)}
        found = kept or found
    unmapped = tuple(name for name, targets in mapped.items() if not targets)
    return Regions(tuple(sorted(found, key=_ORDER.__getitem__)), unmapped)


def _names_a_side(name: str) -> bool:
    words = name.lower().replace("_", " ").replace("-", " ").split()
    return "left" in words or "right" in words
