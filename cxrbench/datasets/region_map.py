"""From the names of anatomical regions that data sets use to the 26 regions of `cxrbench.core.regions`.

MIMIC-Ext-CXR-QBA knows 310 names, Chest ImaGenome 36; their lists are not public, so names are understood by rules
over words (`data/region_map.yaml`) instead of being looked up. A name that no rule understands maps to nothing and is
counted; a name of one side never maps to the other.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, Literal

from cxrbench.core.regions import REGIONS

Side = Literal["left", "right", "both", "none"]
Kind = Literal["mapped", "elsewhere", "unknown"]
_WORD: Final = re.compile(r"[a-z0-9]+|[,;/&+]")
_JOINTS: Final = frozenset({"and", "or", ",", ";", "/", "&", "+"})
_SIDES: Final = frozenset({"left", "right", "bilateral"})
_NO_SIDE: Final = frozenset({"ipsilateral", "contralateral", "unilateral", "opposite"})
_LEVELS: Final = frozenset({"upper", "mid", "middle", "lower", "apex", "base", "superior", "inferior"})
_ORDER: Final = {name: number for number, name in enumerate(REGIONS)}


@dataclass(frozen=True, slots=True)
class _Rule:
    phrase: tuple[frozenset[str], ...]
    targets: Mapping[Side, tuple[str, ...]]

    def occurs_in(self, words: list[str]) -> bool:
        size = len(self.phrase)
        return any(
            all(word in any_of for word, any_of in zip(words[start : start + size], self.phrase))
            for start in range(len(words) - size + 1)
        )


@dataclass(frozen=True, slots=True)
class _Rules:
    spelling: Mapping[str, str]
    filler: frozenset[str]
    known: frozenset[str]
    rules: tuple[_Rule, ...]


def map_region(name: str) -> tuple[str, ...]:
    """The regions, of the 26, that a name means: in the order of `REGIONS`, empty when it means none of them.

    "left lower lung zone" is the left lower lobe, "lungs" both lungs, "left pleural space" the pleura, "left 5th rib"
    nothing. Case, punctuation, word order around the side, plurals and the spellings in the table do not matter.
    """
    return _read(name)[0]


def classify_region(name: str) -> Kind:
    """Why `map_region` answers as it does: "mapped", "elsewhere" (known, in none of the 26) or "unknown"."""
    return _read(name)[1]


@dataclass(slots=True)
class RegionMap:
    """Maps names and remembers what happened to them.

    Attributes:
        mapped, elsewhere, unknown: Name as it was given -> occurrences, by what became of it (`classify_region`).
    """

    mapped: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)

    def map(self, names: Iterable[str]) -> tuple[str, ...]:
        """The regions that any of the names means, each once, in the order of `REGIONS`; every name is counted."""
        found: set[str] = set()
        for name in names:
            regions, kind = _read(name)
            self._counter(kind)[name] += 1
            found.update(regions)
        return tuple(sorted(found, key=_ORDER.__getitem__))

    @property
    def unmapped(self) -> Counter[str]:
        """Name -> occurrences, of all names that mean none of the 26."""
        return self.elsewhere + self.unknown

    def merge(self, other: RegionMap) -> None:
        """Add the counts of another process or part."""
        for kind in ("mapped", "elsewhere", "unknown"):
            self._counter(kind).update(other._counter(kind))

    def to_json(self) -> dict[str, Any]:
        """Counts as plain JSON, most frequent names first."""
        return {
            "mapped": self.mapped.total(),
            "elsewhere": dict(self.elsewhere.most_common()),
            "unknown": dict(self.unknown.most_common()),
        }

    def _counter(self, kind: str) -> Counter[str]:
        counter: Counter[str] = getattr(self, kind)
        return counter


@lru_cache(maxsize=65_536)
def _read(name: str) -> tuple[tuple[str, ...], Kind]:
    words = _words(name)
    if _NO_SIDE & set(words):
        return (), "unknown"
    parts = _parts(words)
    found: set[str] = set()
    kinds: set[Kind] = set()
    side: Side = "none"
    for part in parts:
        own = _side(part)
        if own is None:
            return (), "unknown"
        # "left lung and hilum": a part without a side has the side of the part before it.
        side = own if own != "none" else side
        rest = [word for word in part if word not in _SIDES]
        rule = next((rule for rule in _rules().rules if rule.occurs_in(rest)), None)
        if rule is None:
            return (), "unknown"
        kinds.add("mapped" if rule.targets[side] else "elsewhere")
        found.update(rule.targets[side])
    if not found:
        return (), "elsewhere" if kinds else "unknown"
    return tuple(sorted(found, key=_ORDER.__getitem__)), "mapped"


def _words(name: str) -> list[str]:
    table = _rules()
    words: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", name).casefold()):
        if word not in table.known and word.endswith("s") and word[:-1] in table.known:
            word = word[:-1]
        if word in {"biapical", "bibasilar", "bibasal"}:
            words.append("bilateral")
        canonical = table.spelling.get(word, word)
        if canonical not in table.filler:
            words.append(canonical)
    return words


def _parts(words: list[str]) -> list[list[str]]:
    """The names that "and" joins: "left and right lung" is one, "heart and left lung" are two."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in _JOINTS:
            parts.append([])
        else:
            parts[-1].append(word)
    parts = [part for part in parts if part]
    joined: list[list[str]] = []
    for part in parts:
        if joined and (set(joined[-1]) <= _SIDES or set(part) <= _SIDES):
            part = [*joined.pop(), *part]
            sides = _SIDES.intersection(part)
            part = [word for word in part if word not in _SIDES]
            part.append(next(iter(sides)) if len(sides) == 1 else "bilateral")
        joined.append(part)
    # "mid and lower lung": what is missing from the first part stands in the last.
    noun = [word for word in joined[-1] if word not in _LEVELS | _SIDES] if joined else []
    return [[*part, *noun] if part and set(part) <= _LEVELS | _SIDES and len(joined) > 1 else part for part in joined]


def _side(words: list[str]) -> Side | None:
    """The side that words name; None when they name both without joining them ("right edge of the left lung")."""
    sides = {word for word in words if word in _SIDES}
    if not sides:
        return "none"
    if "bilateral" in sides:
        return "both"
    if len(sides) == 2:
        return None
    return "left" if "left" in sides else "right"


@cache
def _rules() -> _Rules:
    import yaml

    text = resources.files("cxrbench.datasets").joinpath("data/region_map.yaml").read_text(encoding="utf-8")
    table = yaml.safe_load(text)
    spelling = {other: word for word, others in table["words"].items() for other in others}
    rules = tuple(_rule(row["name"], row["to"]) for row in table["rules"])
    in_phrases = {word for rule in rules for any_of in rule.phrase for word in any_of}
    filler = frozenset(table["filler"])
    known = frozenset(spelling) | frozenset(spelling.values()) | filler | in_phrases
    return _Rules(spelling, filler, known, rules)


def _rule(name: str, to: list[str] | dict[str, list[str]]) -> _Rule:
    phrase = tuple(frozenset(position.split("|")) for position in name.split())
    if isinstance(to, dict):
        left, right, none = (tuple(to[side]) for side in ("left", "right", "none"))
        return _Rule(phrase, {"left": left, "right": right, "both": (*left, *right), "none": none})
    left, right = (tuple(target.replace("{side}", side) for target in to) for side in ("left", "right"))
    both = tuple(dict.fromkeys((*left, *right)))
    return _Rule(phrase, {"left": left, "right": right, "both": both, "none": both})
