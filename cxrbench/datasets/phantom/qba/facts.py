"""What the graph and the answers of a study are made of: observations, and denials of what nobody mentioned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson

from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.entities import ENTITIES
from cxrbench.datasets.phantom.mimic.statements import Statement, deny
from cxrbench.datasets.phantom.mimic.study import Study
from cxrbench.datasets.phantom.qba import quality
from cxrbench.datasets.phantom.qba.places import Place, nowhere, place_of
from cxrbench.datasets.phantom.qba.quality import Codes, Draw
from cxrbench.datasets.phantom.qba.regions import ALWAYS, laterality

_PLACED: Final = Draw({4: 0.60, 3: 0.16, 2: 0.10, 1: 0.14})
_DENIED: Final = Draw({1: 0.62, 4: 0.22, 2: 0.12, 0: 0.04})
_ENTITY: Final = Draw({2: 0.93, 1: 0.06, 0: 0.01})
_NAME: Final = Draw({2: 0.94, 1: 0.03, 0: 0.03})
_CHANGE: Final = Draw({3: 0.93, 2: 0.03, 1: 0.02, 0: 0.02})
_ISSUE: Final = Draw({5: 0.885, 4: 0.06, 3: 0.04, 2: 0.007, 1: 0.004, 0: 0.004})
_LARGEST_BATCH: Final = 1024


class Uniforms:
    """An endless row of uniform numbers."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._numbers = self._endless(rng)
        self.next = self._numbers.__next__

    @staticmethod
    def _endless(rng: np.random.Generator) -> Iterator[float]:
        while True:
            yield from rng.random(_LARGEST_BATCH).tolist()


@dataclass(slots=True)
class Fact:
    """One thing that an answer can say.

    Attributes:
        id: Of the observation; "" where the report says nothing of it.
        positive: Told or suspected, as against denied.
        codes: Extraction quality; None for answers that no observation stands behind.
        rank: Of the best grade that the codes allow.
        tail: The answer's JSON behind text and sub-answers.
        graph: The same as an observation of the scene graph; empty for facts without an id.
    """

    id: str
    entity: str
    positive: bool
    name: str
    summary: str
    regions: tuple[str, ...]
    side: str
    place: Place
    codes: Codes | None
    tail: bytes
    uncertain: bool = False
    degree: str = ""
    key: int | None = None
    change: str = ""
    throughout: bool = False
    from_report: bool = True
    rank: int = quality.BEST
    parts: tuple[Fact, ...] = ()
    graph: dict[str, Any] = field(default_factory=dict)

    @property
    def is_device(self) -> bool:
        return bool(self.entity) and ENTITIES[self.entity].is_device

    def walk(self) -> Iterator[Fact]:
        yield self
        yield from self.parts


class Facts:
    """All facts of a study.

    Attributes:
        stated: Facts of the report, `O01`, `O02`, ... each with its parts `O01.01`.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.uniforms = Uniforms(study.own.of(streams.GRAPH, study.visit.number))
        self._absent: dict[str, Fact] = {}
        self._plain: dict[tuple[str, bool, tuple[str, ...]], Fact] = {}
        self.nowhere = nowhere(study)
        statements = study.story.statements
        self.stated = tuple(self._state(item, f"O{number:02d}") for number, item in enumerate(statements, 1))
        self.positive = tuple(fact for fact in self.stated if fact.positive and not fact.is_device)
        self.devices = tuple(fact for fact in self.stated if fact.positive and fact.is_device)

    def absent(self, entity: str) -> Fact:
        """The denial of something: the report's own, else one that follows from its silence."""
        for fact in self.stated:
            if fact.entity == entity and not fact.positive:
                return fact
        if entity not in self._absent:
            self._absent[entity] = self._make(deny(entity), "", from_report=False)
        return self._absent[entity]

    def plain(self, name: str, positive: bool, regions: tuple[str, ...] = ()) -> Fact:
        """What sums up others ("abnormal"); it names no entity."""
        known = (name, positive, regions)
        if known not in self._plain:
            place = place_of(self.study, regions, None) if regions and not positive else self.nowhere
            sides = {laterality(region) for region in regions}
            side = sides.pop() if len(sides) == 1 else ""
            self._plain[known] = Fact(
                "", "", positive, name, "", regions, side, place, None,
                _tail(name, side, regions, "", "certain", positive, [], place, None, False), from_report=False,
            )  # fmt: skip
        return self._plain[known]

    def _state(self, item: Statement, id: str) -> Fact:
        made = self._make(item, id, from_report=True)
        made.parts = tuple(
            self._make(part, f"{id}.{number:02d}", from_report=True) for number, part in enumerate(item.parts, 1)
        )
        return made

    def _make(self, item: Statement, id: str, *, from_report: bool) -> Fact:
        positive = item.polarity != "negative"
        # A part lies where its regions are; only the finding itself has boxes of its own.
        key = item.key if positive and not item.relation else None
        place = place_of(self.study, item.regions, key)
        codes = self._codes(item, place, from_report)
        certainty = "uncertain" if item.polarity == "uncertain" else "certain"
        modifiers = [
            *((["severity", item.degree],) if item.degree else ()),
            *(["texture", word] for word in item.texture),
            *(["spread", word] for word in item.spread),
        ]
        tail = _tail(
            item.name, item.side, item.regions, item.entity, certainty, positive, modifiers, place, codes, from_report
        )
        return Fact(
            id,
            item.entity,
            positive,
            item.name,
            item.summary,
            item.regions,
            item.side,
            place,
            codes,
            tail,
            uncertain=item.polarity == "uncertain",
            degree=item.degree,
            key=key,
            change=item.change,
            throughout=not positive or "diffuse" in item.spread,
            from_report=from_report,
            rank=quality.rank_of(codes),
            graph=observation_of(item, id, place, codes) if id else {},
        )

    def _codes(self, item: Statement, place: Place, from_report: bool) -> Codes:
        draw = self.uniforms.next
        placed = item.polarity != "negative" or item.key is not None
        changed = bool(item.change)
        return (
            (_PLACED if placed else _DENIED)(draw()),
            _ENTITY(draw()),
            _NAME(draw()) if changed else 2,
            _CHANGE(draw()) if changed else 3,
            _ISSUE(draw()) if from_report else 5,
            place.quality,
        )


def codes_object(codes: Codes | None) -> dict[str, int]:
    """Extraction codes as the files hold them."""
    return {} if codes is None else dict(zip(quality.EXTRACTION_KEYS, codes))


def _tail(
    name: str,
    side: str,
    regions: tuple[str, ...],
    entity: str,
    certainty: str,
    positive: bool,
    modifiers: list[list[str]],
    place: Place,
    codes: Codes | None,
    from_report: bool,
) -> bytes:
    known = ENTITIES.get(entity)
    return orjson.dumps(
        {
            "name_tag": name,
            "laterality": side,
            "regions": regions,
            "obs_entities": [entity] if entity else [],
            "obs_entities_parents": known.parents if known else [],
            "obs_categories": known.categories if known else [],
            "obs_subcategories": known.subcategories if known else [],
            "certainty": certainty,
            "positiveness": "pos" if positive else "neg",
            "modifiers": modifiers,
            "localization": place.objects,
            "from_report": from_report,
            "extraction_quality": codes_object(codes),
        }
    )[1:]


def observation_of(item: Statement, id: str, place: Place, codes: Codes) -> dict[str, Any]:
    """A statement as an observation of the scene graph."""
    known = ENTITIES[item.entity]
    changes = {"": [], "resolved": ["resolved"]}.get(item.change, [item.change])
    return {
        "obs_id": id,
        "name": item.name,
        "summary_sentence": item.summary,
        "child_type": item.relation or None,
        "child_level": 1 if item.relation else 0,
        "regions": [{"region": name, "distances": []} for name in item.regions],
        "non_resolved_regions": ["hemithorax"] if codes[0] == 3 else [],
        "laterality": item.side,
        "default_regions": list(known.regions),
        "obs_entities": [item.entity],
        "obs_entities_parents": list(known.parents),
        "non_resolved_obs_entities": [item.name] if codes[1] == 1 else [],
        "obs_categories": list(known.categories),
        "obs_subcategories": list(known.subcategories),
        "probability": item.polarity,
        "certainty": "uncertain" if item.polarity == "uncertain" else "certain",
        "positiveness": "neg" if item.polarity == "negative" else "pos",
        "modifiers": {
            "temporal": [],
            "severity": [item.degree] if item.degree else [],
            "texture": list(item.texture),
            "spread": list(item.spread),
        },
        "changes": changes,
        "change_sentence": f"{item.name[:1].upper()}{item.name[1:]}: {item.change}." if item.change else "",
        "from_report": True,
        "obs_quality": codes_object(codes),
        "localization": place.objects,
    }


def graph_regions(facts: Facts) -> tuple[str, ...]:
    """The regions of a study's graph: the 29 that every graph has, then those that the report names."""
    named = (name for fact in facts.stated for one in fact.walk() for name in one.regions)
    return tuple(dict.fromkeys((*ALWAYS, *named)))
