"""The strata of questions about MIMIC-Ext-CXR-QBA: where a model's score comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from cxrbench.core.regions import GROUP_OF, REGION_GROUPS
from cxrbench.datasets.qba.explore.overlap import largest_ious

STRATA: Final[dict[str, str]] = {
    "question_type": "the 27 types, with their prefix",
    "question_family": "where, what, how, yes_no, describe",
    "answer_type": "closed where exact match counts the question, else open",
    "region": "of the 26, every region that an answer to the question is about",
    "region_group": "cardiac, pulmonary, pleural, mediastinal, osseous, other",
    "condition": "CheXpert names: of finding questions the one asked about, of others those that are present",
    "polarity": "positive, negative or unstated: of the main answer",
    "grade": "A++ to D, unrated, or unknown where the metadata have none",
    "view": "PA or AP: of the film",
    "boxes": "none, 1, 2, 3 or more gold boxes",
    "box_size": "small (under 5 % of the film), medium, large (over 20 %): all gold boxes together",
    "box_overlap": "low (IoU under .1), medium, high (over .5): of the two gold boxes that overlap most",
    "severity": "none, mild, moderate, severe: of the gold answer, where it says one",
    "labels": "radiologist or chexpert: where the gold labels come from, of the questions that have any",
    "sex": "female, male: where the user has patients.csv.gz of MIMIC-IV",
    "age": "under 40, 40-59, 60-79, 80 and over: likewise",
}
"""Stratum -> its values, in words."""
_PLACE: Final = {name: place for place, name in enumerate(STRATA)}
_SMALL, _LARGE = 0.05, 0.20
_APART, _TOGETHER = 0.1, 0.5
Values = tuple[tuple[str, ...], ...]


class Strata(Mapping[str, tuple[str, ...]]):
    """Values by stratum, in a tenth of a dict's memory; strata without a value are absent."""

    __slots__ = ("_values",)

    def __init__(self, values: Values) -> None:
        self._values = values

    def __getitem__(self, name: str) -> tuple[str, ...]:
        found = self._values[_PLACE[name]]
        if not found:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name, values in zip(STRATA, self._values) if values)

    def __len__(self) -> int:
        return sum(map(bool, self._values))

    def __repr__(self) -> str:
        return repr(dict(self))


@lru_cache(maxsize=1 << 17)
def qba_strata(
    *,
    question_type: str,
    family: str,
    closed: bool,
    regions: tuple[str, ...],
    conditions: tuple[str, ...],
    polarity: str | None,
    grade: str | None,
    view: str,
    boxes: int,
    box_share: float | None,
    box_overlap: str | None,
    severity: str | None,
    labels: str | None,
    sex: str | None,
    age: str | None,
) -> Strata:
    """The strata of a question; equal arguments share one object.

    Args:
        polarity: "pos", "neg" or None.
        boxes: How many gold boxes.
        box_share: Their areas, added, as a share of the film, in steps (`box_step`); None without a box.
        box_overlap: As `overlap_step` names it.
        severity: Of the gold answer; None where it says none.
    """
    groups = {GROUP_OF[name] for name in regions}
    return Strata(
        (
            (question_type,),
            (family,),
            ("closed" if closed else "open",),
            regions,
            tuple(name for name in REGION_GROUPS if name in groups),
            conditions,
            ({"pos": "positive", "neg": "negative"}.get(polarity or "", "unstated"),),
            ("unrated" if grade == "U" else grade or "unknown",),
            (view,),
            (("none", "1", "2", "3 or more")[min(boxes, 3)],),
            () if box_share is None else ("small" if box_share < _SMALL else _medium_or_large(box_share),),
            () if box_overlap is None else (box_overlap,),
            () if severity is None else (severity,),
            () if labels is None else (labels,),
            () if sex is None else (sex,),
            () if age is None else (age,),
        )
    )


Corners = tuple[float, float, float, float]


def box_step(corners: Sequence[Corners], width: int | None, height: int | None) -> float | None:
    """One number for each of small, medium and large, so that equal strata are shared; None where it is unknown."""
    if not corners or not width or not height:
        return None
    share = sum((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in corners) / (width * height)
    return 0.0 if share < _SMALL else _SMALL if share <= _LARGE else 1.0


def overlap_step(corners: Sequence[Corners]) -> str | None:
    """How far the two boxes that overlap most do so, by their IoU; None for fewer than two boxes."""
    if len(corners) < 2:
        return None
    largest = largest_ious(np.array(corners, np.float64)).max()
    return "low" if largest < _APART else "medium" if largest <= _TOGETHER else "high"


def _medium_or_large(share: float) -> str:
    return "large" if share > _LARGE else "medium"
