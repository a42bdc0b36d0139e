"""Where an observation or a region lies on each film of a study, in the data set's localisation objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from cxrbench.datasets.phantom.mimic.study import Film, Study, corners
from cxrbench.datasets.phantom.qba.regions import MASKED, PARENTS, SAME

NONE, FALLBACK, INCOMPLETE, BOXES, MASKS = range(5)
"""Codes of `localization_quality`."""


class OnFilm(NamedTuple):
    """The columns of one answer and image in the metadata table."""

    missing: bool
    regions: int
    boxes: bool
    masks: bool
    quality: int


@dataclass(frozen=True, slots=True)
class Place:
    """A localisation.

    Attributes:
        objects: Image id -> localisation object; empty for what has no place.
        rows: One per film of the study, in its order.
        quality: Best code over the films.
    """

    objects: dict[str, dict[str, Any]]
    rows: tuple[OnFilm, ...]
    quality: int


_NOWHERE: Final = OnFilm(True, 0, False, False, NONE)


def nowhere(study: Study) -> Place:
    """The place of what has none ("No, the chest X-ray is normal")."""
    return Place({}, (_NOWHERE,) * len(study.films), NONE)


def place_of(study: Study, regions: tuple[str, ...], key: int | None) -> Place:
    """Where something lies.

    Args:
        regions: Named regions. Without a key their boxes count; a region that this view does not show is stood in for
            by the region that contains it (a fallback), or is missing.
        key: A drawn finding: its own boxes count, where the view shows it.
    """
    if not regions:
        return nowhere(study)
    objects: dict[str, dict[str, Any]] = {}
    rows: list[OnFilm] = []
    for film in study.films:
        shown, row = _on_film(film, regions, key)
        objects[film.dicom_id] = shown
        rows.append(row)
    return Place(objects, tuple(rows), max(row.quality for row in rows))


def _on_film(film: Film, regions: tuple[str, ...], key: int | None) -> tuple[dict[str, Any], OnFilm]:
    known = film.drawing.regions
    masks: list[str] = []
    missing: list[str] = []
    fallback = False
    if key is not None:
        boxes = [corners(box) for box in film.drawing.boxes.get(key, ())]
        references = list(regions) if boxes else []
        missing = [] if boxes else list(regions)
    else:
        references, missing = [name for name in regions if name in known], [n for n in regions if n not in known]
        if not references:
            references = list(_stand_ins(regions, known))
            fallback = bool(references)
            missing = [] if fallback else missing
        boxes = [corners(box) for name in references for box in known[name]]
        masks = [name for name in references if name in MASKED]
    quality = NONE if not boxes else FALLBACK if fallback else INCOMPLETE if missing else MASKS if masks else BOXES
    shown = {
        "image_id": film.dicom_id,
        "localization_reference_ids": references,
        "bboxes": boxes,
        "instance_mask_ids": masks,
        "missing_localization": missing,
        "is_fallback": fallback,
        "localization_quality": quality,
    }
    return shown, OnFilm(not boxes, len(references), bool(boxes), bool(masks), quality)


def _stand_ins(regions: tuple[str, ...], known: dict[str, Any]) -> Iterable[str]:
    """The nearest regions that contain what this view does not show, each once."""
    found: dict[str, None] = {}
    for region in regions:
        level: tuple[str, ...] = (region,)
        while level and not any(name in known for name in level):
            level = tuple(
                dict.fromkeys(
                    parent for name in level for other in SAME.get(name, (name,)) for parent in PARENTS.get(other, ())
                )
            )
        found.update(dict.fromkeys(name for name in level if name in known))
    return found
