"""The report of a visit as sentences that know which statements they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.course import Visit
from cxrbench.datasets.phantom.mimic.entities import ENTITIES
from cxrbench.datasets.phantom.mimic.phrasing import CLEAR, DENIALS, NOTHING_ACUTE, NOTHING_NEW, Denial, tell
from cxrbench.datasets.phantom.mimic.statements import Statement, deny, statements_of, without_priors
from cxrbench.datasets.phantom.mimic.streams import Streams
from cxrbench.datasets.phantom.wording import pick

Shape = Literal["usual", "no findings", "no impression", "joined", "no headers"]
"""Which sections a report has: some lack findings or impression, some join both, a few have no headers at all."""

_BLOCKS: Final = {
    "Cardiomegaly": "heart",
    "Enlarged Cardiomediastinum": "heart",
    "Pneumothorax": "pleura",
    "Pleural Effusion": "pleura",
    "Pleural Other": "pleura",
    "Fracture": "bones",
    "Support Devices": "devices",
}
_LUNGS: Final = "lungs"
_SHAPES: Final[tuple[tuple[Shape, float], ...]] = (
    ("usual", 0.865),
    ("no findings", 0.06),
    ("no impression", 0.035),
    ("joined", 0.03),
    ("no headers", 0.01),
)
_COMPLAINTS: Final[dict[str, tuple[str, ...]]] = {
    "pneumonia": ("cough", "fever and cough", "fever"),
    "pulmonary edema": ("dyspnea", "shortness of breath"),
    "pleural effusion": ("shortness of breath", "dyspnea"),
    "pneumothorax": ("chest pain", "acute chest pain"),
    "rib fracture": ("fall", "chest trauma"),
    "mass": ("weight loss", "hemoptysis"),
    "consolidation": ("fever", "cough"),
    "cardiomegaly": ("leg swelling", "dyspnea on exertion"),
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence; `about` are positions in `Story.statements`."""

    section: str
    text: str
    about: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Indication:
    """Why the study was made.

    Attributes:
        patient: "___ year old man".
        evaluation: The entity that was asked for; "" where nothing was.
        answer: Position of the statement that answers it; None where the report does not say.
    """

    text: str
    patient: str
    complaint: str
    evaluation: str
    answer: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """A report.

    Attributes:
        compared: Whether the reader had an earlier film.
        comparison: The comparison section.
    """

    statements: tuple[Statement, ...]
    sentences: tuple[Sentence, ...]
    indication: Indication
    comparison: str
    compared: bool
    shape: Shape


def tell_visit(own: Streams, visit: Visit) -> Story:
    """Write the report of a visit: every drawn finding is told, nothing is told that is not drawn."""
    rng = own.of(streams.REPORT, visit.number)
    compared = visit.number > 0 and rng.random() > 0.06
    present, gone = statements_of(own, visit)
    if not compared:
        present, gone = tuple(map(without_priors, present)), ()
    shape = _SHAPES[int(rng.choice(len(_SHAPES), p=[share for _, share in _SHAPES]))][0]
    statements = [*present, *gone]
    sentences: list[Sentence] = []
    if shape != "no findings":
        sentences += _findings(rng, statements)
    if shape in ("usual", "no findings"):
        sentences += _impression(rng, (*present, *gone), compared, shape == "no findings")
    indication = _indication(own, rng, statements)
    if indication.text:
        sentences.append(Sentence("INDICATION", indication.text))
    none = ("None.", "None available.", "No prior studies available.")
    prior = ("___.", "Chest radiograph from ___.", "Prior chest radiograph dated ___.")
    return Story(
        tuple(statements), tuple(sentences), indication, pick(rng, prior if compared else none), compared, shape
    )


def block_of(item: Statement) -> str:
    """The paragraph of the findings section that a statement belongs to."""
    return _BLOCKS.get(ENTITIES[item.entity].condition, _LUNGS)


def _findings(rng: np.random.Generator, statements: list[Statement]) -> Iterator[Sentence]:
    """The findings section; what it denies is added to the statements."""
    told = list(enumerate(statements))
    order = ["heart", _LUNGS, "pleura", "bones"] if rng.random() < 0.5 else [_LUNGS, "pleura", "heart", "bones"]
    order.insert(0 if rng.random() < 0.6 else 4, "devices")
    for block in order:
        for number, item in told:
            if block_of(item) == block:
                yield Sentence("FINDINGS", tell(rng, item), (number,))
        denials = DENIALS.get(block, ())
        clear = not any(block_of(item) == _LUNGS or item.entity == "pneumothorax" for _, item in told)
        if block == _LUNGS and clear:
            denials = (CLEAR, *denials)
        yield from _denied(rng, denials, statements)


def _denied(rng: np.random.Generator, denials: Sequence[Denial], statements: list[Statement]) -> Iterator[Sentence]:
    for denial in denials:
        draw = rng.random()
        known = {ENTITIES[item.entity].condition or item.entity for item in statements}
        if draw >= denial.often or any((ENTITIES[name].condition or name) in known for name in denial.entities):
            continue
        first = len(statements)
        statements.extend(deny(name, denial.indirect) for name in denial.entities)
        yield Sentence("FINDINGS", pick(rng, denial.wordings), tuple(range(first, len(statements))))


def _impression(
    rng: np.random.Generator, statements: Sequence[Statement], compared: bool, complete: bool
) -> Iterator[Sentence]:
    """The impression: the findings again, in a report without findings section all there is to tell."""
    present = [item for item in statements if item.change != "resolved"]
    told = [
        number
        for number, item in enumerate(statements)
        if complete or (item.change != "resolved" and not ENTITIES[item.entity].is_device and rng.random() < 0.95)
    ]
    if not told:
        changed = any(item.change not in ("", "unchanged") for item in present)
        findings = any(not ENTITIES[item.entity].is_device for item in present)
        if not findings:
            yield Sentence("IMPRESSION", pick(rng, NOTHING_ACUTE))
        elif compared and not changed:
            yield Sentence("IMPRESSION", pick(rng, NOTHING_NEW))
        return
    for number in told:
        yield Sentence("IMPRESSION", tell(rng, statements[number]), (number,))


def _indication(own: Streams, rng: np.random.Generator, statements: Sequence[Statement]) -> Indication:
    """Half of the patients come with what they have, the others with something else, some without a word."""
    seen = [item.entity for item in statements if item.entity in _COMPLAINTS and item.polarity != "negative"]
    asked = pick(rng, tuple(seen)) if seen and rng.random() < 0.55 else pick(rng, tuple(_COMPLAINTS))
    complaint = pick(rng, _COMPLAINTS[asked])
    sex = "man" if own.of(streams.PERSON, 1).random() < 0.5 else "woman"
    draw = rng.random()
    patient = f"___ year old {sex}"
    if draw < 0.06:
        return Indication("", "", "", "", None)
    if draw < 0.24:
        return Indication(f"{patient} with {complaint}.", patient, complaint, "", None)
    forms = (
        f"{patient} with {complaint}, evaluate for {asked}.",
        f"{patient} with {complaint} // assess for {asked}",
    )
    answers = [number for number, item in enumerate(statements) if item.entity == asked]
    return Indication(pick(rng, forms), patient, complaint, asked, answers[0] if answers else None)
