"""What a report says, as facts: one statement per finding that it tells, denies or suspects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.course import Change, Present, Visit
from cxrbench.datasets.phantom.mimic.entities import ENTITIES
from cxrbench.datasets.phantom.mimic.naming import Naming, name_finding
from cxrbench.datasets.phantom.mimic.streams import Streams

Polarity = Literal["positive", "negative", "uncertain"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact.

    Attributes:
        entity: Key of `ENTITIES`.
        name: A short name, "small left pleural effusion" or "no pneumothorax".
        summary: A sentence that stands alone.
        key: The drawn finding it is about (of this visit, or of the one before where it has resolved); None for a
            denial of what never was there.
        change: Since the visit before.
        relation: How a part belongs to its parent; "" for a statement of its own.
        parts: Signs told with it.
        indirect: The sentence names no finding ("the lungs are clear").
    """

    entity: str
    polarity: Polarity
    name: str
    summary: str
    regions: tuple[str, ...]
    side: str = ""
    degree: str = ""
    texture: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    key: int | None = None
    change: Change | Literal["resolved"] = ""
    relation: str = ""
    parts: tuple[Statement, ...] = ()
    naming: Naming | None = None
    indirect: bool = False


def state_finding(own: Streams, item: Present) -> Statement:
    """The statement of a present finding. A finding keeps its words from visit to visit, its degree apart."""
    words = name_finding(own.of(streams.NAMES, item.key), item.finding)
    are = "are" if words.plural else "is"
    hedged = item.finding.hedged
    verb = "may be" if hedged else are
    parts = tuple(
        Statement(
            entity=sign.entity,
            polarity="uncertain" if hedged else "positive",
            name=sign.text.removeprefix("its "),
            summary=_hedged(sign.summary) if hedged else sign.summary,
            regions=sign.regions,
            side=words.side,
            key=item.key,
            relation=sign.relation,
        )
        for sign in words.signs
    )
    return Statement(
        entity=words.entity,
        polarity="uncertain" if hedged else "positive",
        name=f"possible {words.phrase()}" if hedged else words.phrase(),
        summary=f"There {verb} {words.with_article()}.",
        regions=words.regions,
        side=words.side,
        degree=words.degree,
        texture=words.texture,
        spread=words.spread,
        key=item.key,
        change=item.change,
        parts=parts,
        naming=words,
    )


def _hedged(summary: str) -> str:
    return summary.replace("There is ", "There may be ").replace("There are ", "There may be ")


def state_resolved(own: Streams, item: Present) -> Statement:
    """The statement that a finding of the visit before is gone."""
    words = name_finding(own.of(streams.NAMES, item.key), item.finding)
    phrase = words.phrase(degree=False)
    return Statement(
        entity=words.entity,
        polarity="negative",
        name=f"resolved {phrase}",
        summary=f"The previously seen {phrase} {'have' if words.plural else 'has'} resolved.",
        regions=words.regions,
        side=words.side,
        key=item.key,
        change="resolved",
        naming=words,
    )


def deny(entity: str, indirect: bool = False) -> Statement:
    """The statement that something is not there."""
    known = ENTITIES[entity]
    return Statement(
        entity=entity,
        polarity="negative",
        name=f"no {entity}",
        summary=(_PRAISE if indirect else _DENIALS).get(entity, f"There is no {entity}."),
        regions=known.regions,
        side="bilateral" if known.regions[0].endswith("s") or known.regions == ("pleural space",) else "",
        indirect=indirect,
    )


_DENIALS: Final = {
    "cardiomegaly": "The heart size is normal.",
    "mediastinal widening": "The mediastinal contours are normal.",
}
_PRAISE: Final = {"lung opacity": "The lungs are clear.", "rib fracture": "The osseous structures are intact."}


def statements_of(own: Streams, visit: Visit) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """(findings of the visit in their order, findings of the visit before that have resolved).

    What is seen elsewhere is not told as resolved: "the nodule has resolved" beside "there is a nodule" would be
    true of two nodules and a riddle to the reader.
    """
    present = tuple(state_finding(own, item) for item in visit.present)
    conditions = {ENTITIES[item.entity].condition for item in present if not ENTITIES[item.entity].is_device}
    gone = (state_resolved(own, item) for item in visit.resolved)
    kinds = {item.entity for item in present}
    return present, tuple(
        item
        for item in gone
        if item.entity not in kinds
        and (ENTITIES[item.entity].is_device or ENTITIES[item.entity].condition not in conditions)
    )


def without_priors(item: Statement) -> Statement:
    """The statement of a reader who has no earlier film."""
    return replace(item, change="")
