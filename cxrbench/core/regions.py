"""The 26 anatomical regions that region answers and region boxes are named by, and the five groups they form."""

from __future__ import annotations

from typing import Final

REGION_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "cardiac": ("heart", "cardiac silhouette"),
    "pulmonary": (
        "left lung",
        "right lung",
        "left upper lobe",
        "left lower lobe",
        "right upper lobe",
        "right middle lobe",
        "right lower lobe",
        "left hilum",
        "right hilum",
    ),
    "pleural": (
        "pleura",
        "left costophrenic angle",
        "right costophrenic angle",
        "left diaphragm",
        "right diaphragm",
    ),
    "mediastinal": ("mediastinum", "aorta", "aortic arch", "trachea", "carina"),
    "osseous": ("left clavicle", "right clavicle", "spine"),
    "other": ("abdomen", "neck"),
}
"""Group -> regions. The SSG-VQA document samples uniformly over the first five; "other" belongs to none of them."""

REGIONS: Final[tuple[str, ...]] = tuple(name for group in REGION_GROUPS.values() for name in group)
GROUP_OF: Final[dict[str, str]] = {name: group for group, names in REGION_GROUPS.items() for name in names}
"""Region -> its group."""
