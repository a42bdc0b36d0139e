"""Questions about one finding or one device: is it there, where, how severe."""

from __future__ import annotations

from typing import Final

from cxrbench.datasets.phantom.qba.answers import DETAILS, MAIN, RELATED, Asked, Said
from cxrbench.datasets.phantom.qba.ask_study import details, yes
from cxrbench.datasets.phantom.qba.facts import Fact, Facts
from cxrbench.datasets.phantom.qba.regions import joined
from cxrbench.datasets.phantom.qba.wording import question

FINDING_TYPES: Final = (
    "D01_describe_finding",
    "D02_has_finding",
    "D03_where_is_finding",
    "D04_how_severe_is_finding",
)
DEVICE_TYPES: Final = ("D05_describe_device", "D06_has_device", "D07_where_is_device")
_CHANGES: Final = {
    "new": "It is new since the prior study.",
    "unchanged": "It is unchanged since the prior study.",
    "improved": "It has improved since the prior study.",
    "worsened": "It has increased since the prior study.",
}


def about_entity(facts: Facts, type: str, entity: str, uniform: float) -> Asked:
    """D01 to D07."""
    device = type in DEVICE_TYPES
    present = [fact for fact in (facts.devices if device else facts.positive) if fact.entity == entity]
    fact = present[0] if present else facts.absent(entity)
    variables = {"device" if device else "finding": entity}
    parts = tuple(Said(part, DETAILS, part.summary) for part in fact.parts)
    answers = [Said(fact, MAIN, _text(type, fact), parts)]
    if fact.change in _CHANGES:
        answers.append(Said(fact, RELATED, _CHANGES[fact.change]))
    same_side = [
        other
        for other in facts.positive
        if other.entity != entity and fact.positive and other.side and other.side == fact.side
    ]
    answers += details(same_side[:1], RELATED)
    return Asked(type, question(type, uniform, entity), answers, variables)


def _text(type: str, fact: Fact) -> str:
    if type in ("D02_has_finding", "D06_has_device"):
        if fact.uncertain:
            return fact.summary
        return yes(fact.positive, fact.summary)
    if not fact.positive:
        return fact.summary
    name = fact.entity
    if type in ("D03_where_is_finding", "D07_where_is_device"):
        return f"The {name} is located in the {joined(fact.regions)}."
    if type == "D04_how_severe_is_finding":
        return f"The {name} is {fact.degree}." if fact.degree else f"The severity of the {name} is not stated."
    return fact.summary
