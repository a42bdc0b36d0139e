"""Questions whose answer is a relation, and questions that chain two: marked, outside the 27 types of the data set.

The real data have none; without them relational scores would have no gold. Main answers are short, the sentence that
explains them is a detail. Their types begin with `relational_` and `multi_hop_`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cxrbench.core.types import Box
from cxrbench.datasets.phantom.mimic.study import Study
from cxrbench.datasets.phantom.plan import SIDES
from cxrbench.datasets.phantom.qba.answers import DETAILS, MAIN, Asked, Said
from cxrbench.datasets.phantom.qba.facts import Fact, Facts
from cxrbench.datasets.phantom.qba.regions import joined, laterality

RELATIONAL_TYPES: Final = ("relational_side", "relational_neighbour", "relational_above", "relational_sign")
MULTI_HOP_TYPES: Final = ("multi_hop_same_side", "multi_hop_other_finding", "multi_hop_region")
_GAP: Final = 6.0
"""Pixels between the boxes of two findings of which one is called above the other."""
_NEIGHBOURS: Final = {"pleural effusion": "hemidiaphragm", "pneumothorax": "clavicle"}


def relations(facts: Facts) -> Iterator[Asked]:
    """All relational and multi-hop questions that the study has an answer to."""
    sided = [fact for fact in (*facts.positive, *facts.devices) if fact.side in SIDES and not fact.uncertain]
    once = [fact for fact in sided if sum(other.entity == fact.entity for other in sided) == 1]
    for fact in once:
        yield from _about_one(facts, fact)
    for number, one in enumerate(once):
        for other in once[number + 1 :]:
            yield from _about_two(facts, one, other)


def _asked(
    type: str, text: str, answer: str, facts: Facts, about: tuple[Fact, ...], regions: tuple[str, ...]
) -> Asked:
    main = facts.plain(answer, answer != "no", regions)
    below = tuple(Said(fact, DETAILS, fact.summary) for fact in about)
    names = {f"finding_{number}": fact.entity for number, fact in enumerate(about, 1)}
    return Asked(type, text, (Said(main, MAIN, answer.capitalize(), below),), names)


def _about_one(facts: Facts, fact: Fact) -> Iterator[Asked]:
    name = fact.entity
    yield _asked(
        "relational_side",
        f"Is the {name} to the left or to the right of the midline?",
        fact.side,
        facts,
        (fact,),
        tuple(region for region in fact.regions if laterality(region) == fact.side),
    )
    if name in _NEIGHBOURS:
        place = f"{fact.side} {_NEIGHBOURS[name]}"
        text = f"Which {_NEIGHBOURS[name]} is the {name} adjacent to?"
        yield _asked("relational_neighbour", text, place, facts, (fact,), (place,))
    for part in fact.parts:
        if part.graph["child_type"] == "associated_with":
            text = f"Which sign is associated with the {name}?"
            yield _asked("relational_sign", text, part.entity, facts, (fact,), part.regions)


def _about_two(facts: Facts, one: Fact, other: Fact) -> Iterator[Asked]:
    first, second = one.entity, other.entity
    same = one.side == other.side
    about = (one, other)
    yield _asked(
        "multi_hop_same_side",
        f"Is the {first} in the half of the chest that contains the {second}?",
        "yes" if same else "no",
        facts,
        about,
        (),
    )
    if same and not one.is_device and sum(fact.side == one.side for fact in facts.positive) == (2 - other.is_device):
        besides = "" if other.is_device else ", besides it"
        text = f"Which finding is in the half of the chest that contains the {second}{besides}?"
        yield _asked("multi_hop_other_finding", text, first, facts, about, one.regions)
    if not same and not one.is_device:
        place = joined(one.regions[:1])
        text = f"In which region is the finding on the side opposite to the {second}?"
        if sum(fact.side == one.side for fact in facts.positive) == 1:
            yield _asked("multi_hop_region", text, place, facts, about, one.regions[:1])
    order = _order(facts.study, one, other)
    if order and same:
        text = f"Is the {first} above or below the {second}?"
        yield _asked("relational_above", text, order, facts, about, ())


def _order(study: Study, one: Fact, other: Fact) -> str:
    """ "above", "below", or "" where the boxes on the first frontal film leave it open."""
    film = next((film for film in study.films if film.view.frontal), None)
    if film is None or one.key is None or other.key is None:
        return ""
    a, b = film.drawing.boxes.get(one.key, ()), film.drawing.boxes.get(other.key, ())
    if not a or not b:
        return ""
    if _bottom(a) + _GAP < _top(b):
        return "above"
    return "below" if _bottom(b) + _GAP < _top(a) else ""


def _top(boxes: tuple[Box, ...]) -> float:
    return min(box.y1 for box in boxes)


def _bottom(boxes: tuple[Box, ...]) -> float:
    return max(box.y2 for box in boxes)
