"""Questions about anatomical regions: what is in them, whether they are abnormal, whether a device is in them."""

from __future__ import annotations

from typing import Final

from cxrbench.datasets.phantom.qba.answers import MAIN, RELATED, Asked, Said
from cxrbench.datasets.phantom.qba.ask_study import details, summed, yes
from cxrbench.datasets.phantom.qba.facts import Fact, Facts
from cxrbench.datasets.phantom.qba.regions import are, concerns
from cxrbench.datasets.phantom.qba.wording import question

REGION_TYPES: Final = (
    "C01_describe_region",
    "C02_describe_abnormal_region",
    "C03_is_abnormal_region",
    "C04_is_normal_region",
)
DEVICE_TYPES: Final = ("C07_describe_region_device", "C08_has_region_device")
_MOST_DENIALS: Final = 3


def _in(facts: tuple[Fact, ...], region: str) -> list[Fact]:
    return [fact for fact in facts if concerns(fact.regions, region, throughout=fact.throughout)]


def about_region(facts: Facts, type: str, region: str, uniform: float) -> Asked:
    """C01 to C04: findings in a region."""
    known = _in(facts.positive, region)
    denied = _in(tuple(fact for fact in facts.stated if not fact.positive and not fact.is_device), region)
    devices = _in(facts.devices, region)
    some, verb = bool(known), are(region)
    main = facts.plain("abnormal" if some else "normal", some, (region,))
    normal = f"The {region} {verb} unremarkable."
    if type == "C03_is_abnormal_region":
        abnormal = f"The {region} {verb} abnormal."
        text = yes(some, abnormal if some else f"There is no abnormality in the {region}.")
    elif type == "C04_is_normal_region":
        text = yes(not some, f"The {region} {verb} {'abnormal' if some else 'normal'}.")
    elif type == "C02_describe_abnormal_region":
        text = summed(known) or f"There is no abnormality in the {region}."
    else:
        text = summed(known) or normal
    below = known if some and type != "C01_describe_region" else [*known, *denied[:_MOST_DENIALS]]
    answers = [Said(main, MAIN, text, details(below)), *details(devices[:1], RELATED)]
    return Asked(type, question(type, uniform, region, verb), answers, {"region": region})


def about_region_devices(facts: Facts, type: str, region: str, uniform: float) -> Asked:
    """C07 and C08: devices in a region."""
    known = _in(facts.devices, region)
    some = bool(known)
    main = facts.plain("device" if some else "no device", some, (region,))
    nothing = f"There is no device in the {region}."
    if type == "C08_has_region_device":
        text = yes(some, f"There is a device in the {region}." if some else nothing)
    else:
        text = summed(known) or nothing
    return Asked(type, question(type, uniform, region), (Said(main, MAIN, text, details(known)),), {"region": region})
