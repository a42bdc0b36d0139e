"""The gold of one question, from all its answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.regions import REGIONS
from cxrbench.datasets.qba.gold.conditions import gold_conditions
from cxrbench.datasets.qba.gold.regions import gold_regions
from cxrbench.datasets.qba.gold.severity import SCALE, Severity, severity_of
from cxrbench.datasets.qba.gold.yes_no import YesNo, YesNoGold, yes_no_gold
from cxrbench.datasets.qba.question_types import QUESTION_TYPES

Corners = tuple[float, float, float, float]
Polarity = Literal["pos", "neg"]
MAIN: Final = "main_answer"
COUNTED: Final = (MAIN, "details")
"""Kinds of answers that the gold is made of; related information answers another question."""
_NO_YES_NO: Final = YesNoGold(None, None)


class AnswerFacts(NamedTuple):
    """What of an answer the gold depends on; strings as the file has them.

    Attributes:
        kind: main_answer, details or related_information.
        positive: `positiveness`: True pos, False neg, None neither.
        severity: The `severity` modifiers.
        boxes: (x1, y1, x2, y2) on the primary frontal image, without those of a fallback localisation.
    """

    kind: str
    text: str
    positive: bool | None = None
    laterality: str = ""
    entities: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    subcategories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    boxes: tuple[Corners, ...] = ()


class LabelledBox(NamedTuple):
    """A gold box and what it shows: the first entity of its answer, else its first region, else ""."""

    corners: Corners
    label: str


class Gold(NamedTuple):
    """What a right answer says. Defined for every type; which of it a question asks for depends on the type.

    Attributes:
        text: Of the first main answer, else of the first answer; "" where there is none.
        yes_no: Of a yes/no type, else None.
        agrees: Whether sentence and positiveness say the same yes or no; None where only one of them speaks.
        polarity: Of the main answer.
        conditions, denied: CheXpert names that positive and that negative answers name, in the order of `CONDITIONS`.
        regions: Of the 26, of the main answers that deny nothing, else of their details.
        severity: "none" where the main answer denies; else by the words of the main answer, else of its details.
        boxes: Of positive answers, each rectangle once.
        unmapped_regions, unmapped_entities: Names that the maps do not know, for counting.
    """

    text: str
    yes_no: YesNo | None
    agrees: bool | None
    polarity: Polarity | None
    conditions: tuple[str, ...]
    denied: tuple[str, ...]
    regions: tuple[str, ...]
    severity: Severity | None
    boxes: tuple[LabelledBox, ...]
    unmapped_regions: tuple[str, ...]
    unmapped_entities: tuple[str, ...]


_NOTHING: Final = Gold("", None, None, None, (), (), (), None, (), (), ())


def question_gold(type: str, answers: Sequence[AnswerFacts]) -> Gold:
    """The gold of a question of a canonical type, from the answers of all levels, top down."""
    mains = [answer for answer in answers if answer.kind == MAIN]
    if not answers:
        return _NOTHING
    main = (mains or answers)[0]
    counted = [answer for answer in answers if answer.kind in COUNTED] or [main]
    inverted = _inverted(type)
    told = _NO_YES_NO if inverted is None else yes_no_gold(main.text, main.positive, inverted=inverted)
    conditions: set[str] = set()
    denied: set[str] = set()
    strangers: list[str] = []
    for answer in counted:
        if answer.entities or answer.subcategories:
            names, unknown = gold_conditions(answer.entities, answer.parents, answer.subcategories)
            strangers += unknown
            if answer.positive is not None:
                (conditions if answer.positive else denied).update(names)
    regions, lost = _regions(mains or [main], counted)
    return Gold(
        main.text,
        told.answer,
        told.agrees,
        None if main.positive is None else "pos" if main.positive else "neg",
        _in_order(frozenset(conditions)),
        _in_order(frozenset(denied)),
        regions,
        _severity(main, counted),
        _boxes(counted),
        lost,
        tuple(dict.fromkeys(strangers)),
    )


@lru_cache(maxsize=128)
def _inverted(type: str) -> bool | None:
    """Whether a positive answer means no; None where the type is not answered by yes or no."""
    known = QUESTION_TYPES.get(type)
    return known.inverted if known is not None and known.yes_no else None


def _regions(mains: Sequence[AnswerFacts], counted: Sequence[AnswerFacts]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The regions of the first group of answers that has any, and the names of all that mean none of the 26."""
    found: tuple[str, ...] = ()
    lost: list[str] = []
    for group in (mains, counted):
        named: set[str] = set()
        for answer in group:
            if answer.regions:
                names, unmapped = gold_regions(answer.regions, answer.laterality)
                lost += unmapped
                if answer.positive is not False:
                    named.update(names)
        found = found or _regions_in_order(frozenset(named))
    return found, tuple(dict.fromkeys(lost))


def _severity(main: AnswerFacts, counted: Sequence[AnswerFacts]) -> Severity | None:
    if main.positive is False:
        return "none"
    if main.severity and (own := severity_of(main.severity)) is not None:
        return own
    found = [severity_of(answer.severity) for answer in counted if answer.severity and answer.positive is not False]
    return max((item for item in found if item is not None), key=SCALE.index, default=None)


def _boxes(counted: Sequence[AnswerFacts]) -> tuple[LabelledBox, ...]:
    found: dict[Corners, LabelledBox] = {}
    for answer in counted:
        if answer.boxes and answer.positive:
            label = (*answer.entities, *answer.regions, "")[0].strip().lower()
            for corners in answer.boxes:
                found.setdefault(corners, LabelledBox(corners, label))
    return tuple(found.values())


@lru_cache(maxsize=1 << 14)
def _in_order(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in CONDITIONS if name in names)


@lru_cache(maxsize=1 << 14)
def _regions_in_order(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in REGIONS if name in names)
