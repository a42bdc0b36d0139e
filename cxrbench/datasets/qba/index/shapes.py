"""What the gold depends on in an answer and in a question, kept once for all that are alike.

Answers differ in their sentence and their boxes; the rest (kind, polarity, names, modifiers) takes few values and
repeats from question to question. So an answer is a number, that of its rest, and what follows from the answers of a
question is worked out once for each combination: by `question_gold`, the one definition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from cxrbench.core.regions import GROUP_OF, REGION_GROUPS
from cxrbench.datasets.qba.gold import AnswerFacts, gold_regions, question_gold
from cxrbench.datasets.qba.gold.question import MAIN
from cxrbench.datasets.qba.index.codes import Cached

_POSITIVE: Final = {"pos": True, "neg": False, None: None}
_MOST: Final = 20_000
_GROUP_ORDER: Final = tuple(REGION_GROUPS)
PROFILE_COLUMNS: Final = (
    "polarity",
    "region_names",
    "mentioned_regions",
    "region_group",
    "entities",
    "regions",
    "conditions",
    "denied_conditions",
    "severity",
    "answers",
)


class Shapes:
    """Answers without their sentence and boxes, numbered, and the profiles of their combinations.

    Attributes:
        raw: Fields as they are decoded (kind, positiveness, laterality, entities, parents, subcategories, regions,
            modifiers; each may be None) -> number.
        names: A list of names, or None -> its names without blanks around them and without empty ones.
        facts: Number -> what the gold is made of.
        profiles: Numbers of the answers of a question -> its profile.
    """

    def __init__(self) -> None:
        self.raw = Cached(self._of_raw)
        self.names = Cached(_names)
        self.facts: list[AnswerFacts] = []
        self.profiles = Cached(lambda numbers: Profile([self.facts[number] for number in numbers]))
        self._numbers: dict[AnswerFacts, int] = {}

    def trim(self) -> None:
        """Forget everything where there is too much of it; numbers given out before mean nothing then."""
        if len(self.profiles) + len(self.names) + len(self.raw) > _MOST:
            for table in (self.raw, self.names, self.facts, self.profiles, self._numbers):
                table.clear()

    def number(self, facts: AnswerFacts) -> int:
        """The number of an answer; its text and boxes do not count."""
        bare = facts._replace(text="", boxes=())
        number = self._numbers.setdefault(bare, len(self.facts))
        if number == len(self.facts):
            self.facts.append(bare)
        return number

    def _of_raw(self, raw: tuple[Any, ...]) -> int:
        kind, positiveness, laterality, entities, parents, subcategories, regions, modifiers = raw
        return self.number(
            AnswerFacts(
                kind.strip(),
                "",
                _POSITIVE[positiveness],
                (laterality or "").strip(),
                self.names[entities],
                self.names[parents],
                self.names[subcategories],
                self.names[regions],
                _names(word for name, word in modifiers or () if name.strip() == "severity"),
            )
        )


def _names(names: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in names or ())))


class Profile:
    """What follows from the answers of a question, whatever its type, their sentences and their boxes are.

    Attributes:
        values: In the order of `PROFILE_COLUMNS`.
        shows: For each answer what its boxes show, None where they are no gold; empty where none are.
        main: Position of the main answer; None where there is no answer.
        positive: Of the main answer.
        entities: How many distinct ones.
        unmapped: Kind of problem and name, of names that the maps do not know.
    """

    __slots__ = ("entities", "main", "positive", "shows", "unmapped", "values")

    def __init__(self, answers: Sequence[AnswerFacts]) -> None:
        # A rectangle of its own for each answer shows whose boxes are gold, and of what.
        marked = [AnswerFacts._make((*answer[:-1], _mark(place))) for place, answer in enumerate(answers)]
        gold = question_gold("", marked)
        shown = {int(box.corners[0]): box.label for box in gold.boxes}
        names, mentioned = _places(answers)
        entities = tuple(dict.fromkeys(name for answer in answers for name in answer.entities))
        kinds = [answer.kind for answer in answers]
        self.main = kinds.index(MAIN) if MAIN in kinds else 0 if kinds else None
        self.positive = None if self.main is None else answers[self.main].positive
        self.entities = len(entities)
        self.shows = tuple(shown.get(place) for place in range(len(answers))) if shown else ()
        self.unmapped = (
            *(("unmapped_region", name) for name in gold.unmapped_regions),
            *(("unmapped_entity", name) for name in gold.unmapped_entities),
        )
        self.values: tuple[Any, ...] = (
            gold.polarity,
            names,
            mentioned,
            region_group(mentioned),
            entities,
            gold.regions,
            gold.conditions,
            gold.denied,
            gold.severity,
            len(answers),
        )


@cache
def _mark(place: int) -> tuple[tuple[float, float, float, float]]:
    return ((float(place), 0.0, 0.0, 0.0),)


@lru_cache(maxsize=1 << 14)
def region_group(regions: tuple[str, ...]) -> str | None:
    """The group that most of the regions belong to, the first in order among equals; None for no region."""
    counts = Counter(GROUP_OF[name] for name in regions)
    return max(counts, key=lambda group: (counts[group], -_GROUP_ORDER.index(group))) if counts else None


def _places(answers: Sequence[AnswerFacts]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The region names of the main answers, else of all, and what they are among the 26."""
    named = [answer for answer in answers if answer.regions]
    if not named:
        return (), ()
    chosen = [answer for answer in named if answer.kind == MAIN] or named
    if len(chosen) == 1:
        return chosen[0].regions, gold_regions(chosen[0].regions, chosen[0].laterality).names
    names = dict.fromkeys(name for answer in chosen for name in answer.regions)
    mentioned = {name for answer in chosen for name in gold_regions(answer.regions, answer.laterality).names}
    return tuple(names), tuple(name for name in GROUP_OF if name in mentioned)
