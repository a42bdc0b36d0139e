"""The mirror image of each of the 26 regions."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import UnknownNameError
from cxrbench.core.regions import REGIONS
from cxrbench.datasets.augment.laterality.words import NoMirrorImage, swap_sides


def mirrored_region(region: str) -> str:
    """The region on the other side; a region of the midline is its own mirror image.

    Raises:
        UnknownNameError: None of the 26.
        NoMirrorImage: The right middle lobe, which has no counterpart.
    """
    if region not in REGIONS:
        raise UnknownNameError("region", region, REGIONS)
    other = swap_sides(region)
    if other not in REGIONS:
        raise NoMirrorImage(f"region {region!r} has no counterpart on the other side")
    return other


def mirror_region_vector(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Exchange the sides of region labels.

    Args:
        values: [..., 26] in the order of `REGIONS`; 0 where a region is not meant.

    Raises:
        NoMirrorImage: The right middle lobe is meant.
    """
    order, lonely = _order()
    if np.any(values[..., lonely] != 0):
        raise NoMirrorImage("the right middle lobe has no counterpart on the other side")
    return values[..., order]


@cache
def _order() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Position of each region's mirror image, and the positions of those that have none (they stay)."""
    order = np.arange(len(REGIONS))
    lonely = []
    for place, name in enumerate(REGIONS):
        try:
            order[place] = REGIONS.index(mirrored_region(name))
        except NoMirrorImage:
            lonely.append(place)
    return order.astype(np.intp), np.array(lonely, np.intp)
