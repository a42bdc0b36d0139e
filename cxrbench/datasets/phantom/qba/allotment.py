"""How many questions of each type a study gets, and what they ask for: the shares of the types are the data set's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Final

import numpy as np

from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.entities import DEVICE_SUBCATEGORIES, ENTITIES, FINDING_SUBCATEGORIES
from cxrbench.datasets.phantom.qba import ask_findings, ask_regions, ask_study
from cxrbench.datasets.phantom.qba.answers import Asked
from cxrbench.datasets.phantom.qba.ask_relations import relations
from cxrbench.datasets.phantom.qba.facts import Facts
from cxrbench.datasets.phantom.qba.regions import ASKED, concerns
from cxrbench.datasets.qba.question_types import QUESTION_TYPES

FEWEST: Final = 20
MOST: Final = 400
"""Questions per study that can be written."""
_MOST_MARKED: Final = 4
_PULL: Final = 0.25
"""How far what the report speaks of moves to the front: most questions are about what is not there."""
_ACQUISITION_SHARE: Final = 0.03
_GROUP_TYPES: Final = (
    "B08_describe_subcat",
    "B09_describe_abnormal_subcat",
    "B10_is_abnormal_subcat",
    "B11_is_normal_subcat",
)
_DEVICE_GROUP_TYPES: Final = ("B12_describe_device", "B13_has_devices")
_FILLED: Final = (
    *_GROUP_TYPES,
    *_DEVICE_GROUP_TYPES,
    *ask_regions.REGION_TYPES,
    *ask_regions.DEVICE_TYPES,
    *ask_findings.FINDING_TYPES,
    *ask_findings.DEVICE_TYPES,
)
_SPILL: Final = (*ask_regions.DEVICE_TYPES, *ask_regions.REGION_TYPES, *ask_findings.FINDING_TYPES)
"""Types that take what others have no object for."""


def questions_of(facts: Facts, count: int) -> list[Asked]:
    """The questions of a study in the data set's order, the marked ones last.

    Args:
        count: How many, from `FEWEST` to `MOST`.
    """
    rng = facts.study.own.of(streams.QUESTIONS, facts.study.visit.number)
    uniforms = rng.random(2 * count + 16).tolist()
    draw = iter(uniforms).__next__
    asked = list(_always(facts, draw))
    marked = list(relations(facts))
    if len(marked) > _MOST_MARKED:
        marked = [marked[place] for place in sorted(rng.choice(len(marked), _MOST_MARKED, replace=False).tolist())]
    objects = _objects(facts, rng)
    left = count - len(asked) - len(marked)
    for type, number in _numbers(left, {type: len(names) for type, names in objects.items()}, draw()):
        asked += [_ask(facts, type, name, draw()) for name in objects[type][:number]]
    order = {type: place for place, type in enumerate(QUESTION_TYPES)}
    asked.sort(key=lambda item: order[item.type])
    return asked + marked


def _always(facts: Facts, draw: Callable[[], float]) -> Iterator[Asked]:
    if (indication := ask_study.indication(facts, draw())) is not None:
        yield indication
    yield ask_study.describe_all(facts, draw())
    yield ask_study.describe_abnormal(facts, draw())
    yield ask_study.is_abnormal(facts, draw())
    yield ask_study.is_normal(facts, draw())
    if draw() < _ACQUISITION_SHARE:
        yield ask_study.acquisition(facts, draw())
    yield from ask_study.artifacts(facts, (draw(), draw()))


def _objects(facts: Facts, rng: np.random.Generator) -> dict[str, Sequence[str]]:
    """Type -> what it can ask for: what the report speaks of first, the rest in a free order."""
    stated = facts.stated
    entities = [fact.entity for fact in stated]
    findings = [name for name, entity in ENTITIES.items() if not entity.is_device]
    devices = [name for name, entity in ENTITIES.items() if entity.is_device and name not in _PARTS]
    findings = _first([name for name in findings if name not in _PARTS], set(entities), rng)
    groups = {group for name in entities for group in ENTITIES[name].subcategories}
    regions = _first(ASKED, {r for r in ASKED if _spoken_of(facts, r, devices=False)}, rng)
    with_devices = _first(ASKED, {r for r in ASKED if _spoken_of(facts, r, devices=True)}, rng)
    graded = [name for name in findings if ENTITIES[name].graded]
    # Where a report names no degree, nobody asks for it.
    graded = [name for name in graded if not any(f.entity == name and f.positive and not f.degree for f in stated)]
    placed = [name for name in findings if ENTITIES[name].drawn]
    return {
        **dict.fromkeys(_GROUP_TYPES, _first(FINDING_SUBCATEGORIES, groups, rng)),
        **dict.fromkeys(_DEVICE_GROUP_TYPES, _first(DEVICE_SUBCATEGORIES, groups, rng)),
        **dict.fromkeys(ask_regions.REGION_TYPES, regions),
        **dict.fromkeys(ask_regions.DEVICE_TYPES, with_devices),
        "D01_describe_finding": findings,
        "D02_has_finding": findings,
        "D03_where_is_finding": placed,
        "D04_how_severe_is_finding": graded,
        **dict.fromkeys(ask_findings.DEVICE_TYPES, _first(devices, set(entities), rng)),
    }


_PARTS: Final = frozenset(
    {
        "pulmonary vascular congestion",
        "costophrenic angle blunting",
        "air bronchogram",
        "volume loss",
        "catheter tip",
        "pacemaker lead",
    }
)
"""Entities that are told only as part of another."""


def _spoken_of(facts: Facts, region: str, *, devices: bool) -> bool:
    known = facts.devices if devices else facts.positive
    return any(concerns(fact.regions, region, throughout=fact.throughout) for fact in known)


def _first(names: Sequence[str], spoken_of: set[str], rng: np.random.Generator) -> list[str]:
    """The names in a free order in which those spoken of tend to come first."""
    keys = rng.random(len(names)).tolist()
    ranked = sorted((key - (_PULL if name in spoken_of else 0.0), name) for key, name in zip(keys, names))
    return [name for _, name in ranked]


@cache
def _edges() -> tuple[float, ...]:
    totals = [QUESTION_TYPES[type].total for type in _FILLED]
    return tuple(edge / sum(totals) for edge in accumulate(totals))


def _numbers(count: int, available: dict[str, int], offset: float) -> list[tuple[str, int]]:
    """Type -> how many, in the proportions of the data set; what a type has no object for goes to the next ones."""
    before, numbers = 0, {}
    for type, edge in zip(_FILLED, _edges()):
        upto = int(count * edge + offset)
        numbers[type], before = upto - before, upto
    over = 0
    for type in numbers:
        excess = max(numbers[type] - available[type], 0)
        numbers[type] -= excess
        over += excess
    for type in _SPILL:
        more = min(over, available[type] - numbers[type])
        numbers[type] += more
        over -= more
    return list(numbers.items())


def _ask(facts: Facts, type: str, name: str, uniform: float) -> Asked:
    if type in _GROUP_TYPES or type in _DEVICE_GROUP_TYPES:
        return ask_study.about_group(facts, type, name, uniform)
    if type in ask_regions.REGION_TYPES:
        return ask_regions.about_region(facts, type, name, uniform)
    if type in ask_regions.DEVICE_TYPES:
        return ask_regions.about_region_devices(facts, type, name, uniform)
    return ask_findings.about_entity(facts, type, name, uniform)
