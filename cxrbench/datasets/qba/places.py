"""Where things lie in the images of a study: localisation objects and their boxes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cxrbench.core.types import Box
from cxrbench.datasets.qba.records import Localisation
from cxrbench.datasets.qba.values import Notes, entries_of, flag_of, integer_of, texts_of

Sizes = Mapping[str, tuple[int, int]]
"""Image id -> (width, height) in pixels."""


def localisations_of(value: Any, place: str, sizes: Sizes | None, notes: Notes) -> dict[str, Localisation]:
    """Image id -> place."""
    found = {}
    for image_id, item in entries_of(value, "localization", "image_id", place, notes):
        size = sizes.get(image_id) if sizes is not None else None
        if sizes is not None and size is None:
            notes.add("a localization is of an image whose size is not known", f"{place}, {image_id}")
        found[image_id] = Localisation(
            image_id,
            boxes_of(item.get("bboxes"), place, size, notes),
            texts_of(item.get("localization_reference_ids"), "localization_reference_ids", place, notes),
            texts_of(item.get("missing_localization"), "missing_localization", place, notes),
            flag_of(item.get("is_fallback"), "is_fallback", place, notes, default=False),
            integer_of(item.get("localization_quality"), "localization_quality", place, notes),
        )
    return found


def boxes_of(value: Any, place: str, size: tuple[int, int] | None, notes: Notes) -> tuple[Box, ...]:
    """The boxes that have an area inside the image.

    A box that reaches outside is clipped and noted; one without area, or wholly outside, or that is not four finite
    numbers, is left out and noted. Without the image's size only the left and upper edge are known.
    """
    if not value:
        return ()
    if not isinstance(value, list):
        notes.add("bboxes is no list, left empty", place)
        return ()
    if all(isinstance(number, (int, float)) for number in value):
        notes.add("bboxes is one box, expected a list of boxes", place)
        value = [value]
    width, height = (math.inf, math.inf) if size is None else size
    boxes = []
    for item in value:
        numbers = _four_numbers(item)
        if numbers is None:
            notes.add("a box is not four finite numbers, left out", place)
            continue
        if any(isinstance(number, str) for number in item):
            notes.add("a box has texts for numbers, read as numbers", place)
        x1, y1, x2, y2 = numbers
        if x2 <= x1 or y2 <= y1:
            notes.add("a box has no area, left out", place)
            continue
        if x1 < 0 or y1 < 0 or x2 > width or y2 > height:
            x1, y1, x2, y2 = max(x1, 0.0), max(y1, 0.0), min(x2, width), min(y2, height)
            if x2 <= x1 or y2 <= y1:
                notes.add("a box lies outside the image, left out", place)
                continue
            notes.add("a box reaches outside the image, clipped", place)
        boxes.append(Box(x1, y1, x2, y2))
    return tuple(boxes)


def _four_numbers(item: Any) -> list[float] | None:
    if not isinstance(item, list) or len(item) != 4 or any(isinstance(number, bool) for number in item):
        return None
    try:
        numbers = [float(number) for number in item]
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if all(map(math.isfinite, numbers)) else None
