"""Questions about the study as a whole, about groups of findings, and about the way it was taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cxrbench.datasets.phantom.mimic.entities import ENTITIES
from cxrbench.datasets.phantom.mimic.views import View
from cxrbench.datasets.phantom.qba.answers import DETAILS, MAIN, RELATED, Asked, Said
from cxrbench.datasets.phantom.qba.facts import Fact, Facts
from cxrbench.datasets.phantom.qba.graph import answer_to_indication
from cxrbench.datasets.phantom.qba.wording import CAUSE, SUBCATEGORY_NAMES, question

MOST_DETAILS: Final = 8
_VIEW_NAMES: Final = {"PA": "a posteroanterior", "AP": "an anteroposterior", "LATERAL": "a lateral"}
_TOO_DARK: Final = -0.075
_TOO_BRIGHT: Final = 0.075


def details(facts: Sequence[Fact], kind: int = DETAILS) -> tuple[Said, ...]:
    """Facts as answers of the next level, each with its parts below it."""
    return tuple(
        Said(fact, kind, fact.summary, tuple(Said(part, kind, part.summary) for part in fact.parts))
        for fact in facts[:MOST_DETAILS]
    )


def summed(facts: Sequence[Fact]) -> str:
    """The sentences of some facts, the first eight of them."""
    return " ".join(fact.summary for fact in facts[:MOST_DETAILS])


def yes(positive: bool, text: str) -> str:
    """An answer that opens with yes or no."""
    return f"{'Yes' if positive else 'No'}, {text[0].lower()}{text[1:]}"


def indication(facts: Facts, uniform: float) -> Asked | None:
    """The question that the study was made for; None where the indication names none."""
    fact = answer_to_indication(facts)
    told = facts.study.story.indication
    if fact is None:
        if not told.text:
            return None
        known = facts.positive
        main = facts.plain("explanation" if known else "no explanation", bool(known))
        text = (
            f"The study shows what may explain the {told.complaint}."
            if known
            else f"The study shows nothing that explains the {told.complaint}."
        )
        asked = question(CAUSE, uniform, told.complaint)
        return Asked("A_indication", asked, (Said(main, MAIN, text, details(known)),), {"indication": told.complaint})
    others = [other for other in facts.positive if other is not fact]
    answers = [Said(fact, MAIN, fact.summary, tuple(Said(part, DETAILS, part.summary) for part in fact.parts))]
    answers += details(others[:3], RELATED)
    return Asked(
        "A_indication", question("A_indication", uniform, told.evaluation), answers, {"indication": told.evaluation}
    )


def describe_all(facts: Facts, uniform: float) -> Asked:
    known = [*facts.positive, *(fact for fact in facts.stated if not fact.positive), *facts.devices]
    main = facts.plain("findings", bool(facts.positive))
    text = summed(known) or "No abnormality is seen."
    return Asked("B01_describe_all", question("B01_describe_all", uniform), (Said(main, MAIN, text, details(known)),))


def describe_abnormal(facts: Facts, uniform: float) -> Asked:
    main = facts.plain("abnormal findings" if facts.positive else "no abnormal findings", bool(facts.positive))
    text = summed(facts.positive) or "No abnormality is seen."
    answers = [Said(main, MAIN, text, details(facts.positive)), *details(facts.devices[:3], RELATED)]
    return Asked("B02_describe_abnormal", question("B02_describe_abnormal", uniform), answers)


def is_abnormal(facts: Facts, uniform: float) -> Asked:
    known = bool(facts.positive)
    text = yes(known, "The chest X-ray is abnormal." if known else "The chest X-ray shows no abnormality.")
    main = facts.plain("abnormal" if known else "normal", known)
    answers = [Said(main, MAIN, text, details(facts.positive)), *details(facts.devices[:2], RELATED)]
    return Asked("B03_is_abnormal", question("B03_is_abnormal", uniform), answers)


def is_normal(facts: Facts, uniform: float) -> Asked:
    """Inverted: what is abnormal is positive, and means no."""
    known = bool(facts.positive)
    text = yes(not known, "The chest X-ray is abnormal." if known else "The chest X-ray is normal.")
    main = facts.plain("abnormal" if known else "normal", known)
    return Asked(
        "B04_is_normal", question("B04_is_normal", uniform), (Said(main, MAIN, text, details(facts.positive)),)
    )


def about_group(facts: Facts, type: str, group: str, uniform: float) -> Asked:
    """B08 to B13: findings or devices of a subcategory."""
    name = SUBCATEGORY_NAMES[group]
    devices = type in ("B12_describe_device", "B13_has_devices")
    known = [
        fact
        for fact in (facts.devices if devices else facts.positive)
        if group in ENTITIES[fact.entity].subcategories
    ]
    denied = [
        fact
        for fact in facts.stated
        if not fact.positive and group in ENTITIES[fact.entity].subcategories and fact.is_device is devices
    ]
    some = bool(known)
    main = facts.plain(f"{'' if some else 'no '}{'device' if devices else 'abnormality'}", some)
    what = name if devices else f"abnormality related to {name}"
    nothing = f"There are no {name}." if devices else f"There is no {what}."
    if type == "B13_has_devices":
        text = yes(some, f"There are {name}." if some else nothing)
    elif type == "B10_is_abnormal_subcat":
        text = yes(some, f"There is an {what}." if some else nothing)
    elif type == "B11_is_normal_subcat":
        text = yes(not some, f"There is an {what}." if some else nothing)
    elif type == "B08_describe_subcat":
        text = summed([*known, *denied]) or nothing
    else:
        text = summed(known) or nothing
    below = [*known, *(() if some and type != "B08_describe_subcat" else denied)]
    variables = {"device_group" if devices else "subcategory": group}
    return Asked(type, question(type, uniform, name), (Said(main, MAIN, text, details(below)),), variables)


def acquisition(facts: Facts, uniform: float) -> Asked:
    views = [film.view for film in facts.study.films]
    named = " and ".join(f"{_VIEW_NAMES[view.projection]} view" for view in dict.fromkeys(views))
    text = f"The study consists of {named}{_position(views)}."
    return Asked(
        "B14_describe_acquisition",
        question("B14_describe_acquisition", uniform),
        (Said(facts.plain("acquisition", True), MAIN, text),),
    )


def _position(views: Sequence[View]) -> str:
    told = {view.orientation for view in views}
    return ", taken upright" if told == {"Erect"} else ", taken lying down" if told == {"Recumbent"} else ""


def artifacts(facts: Facts, uniforms: tuple[float, float]) -> Iterator[Asked]:
    """Exposure is the one technical fault that the phantom has."""
    exposures = [film.drawing.exposure for film in facts.study.films]
    faults = [
        *(("overexposed, which hides detail",) if min(exposures) < _TOO_DARK else ()),
        *(("underexposed, which hides detail",) if max(exposures) > _TOO_BRIGHT else ()),
    ]
    some = bool(faults)
    text = f"The study is partly {faults[0]}." if some else "There are no imaging artifacts."
    main = facts.plain("exposure fault" if some else "no imaging artifacts", some)
    first, second = "B15_describe_imaging_artifacts", "B16_has_imaging_artifacts"
    yield Asked(first, question(first, uniforms[0]), (Said(main, MAIN, text),))
    yield Asked(second, question(second, uniforms[1]), (Said(main, MAIN, yes(some, text)),))
