"""Which of the CheXpert conditions the finding entities of the data set stand for."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from cxrbench.core.conditions import CONDITIONS, SUPPORT_DEVICES

_NONE: Final = "none"
_WORD: Final = re.compile(r"[a-z0-9]+")
_ORDER: Final = {name: place for place, name in enumerate(CONDITIONS)}
_DEVICES: Final = ("device", "tubes", "hardware")
"""What a subcategory or category contains that says "device", where no entity name does."""
_Table = dict[tuple[str, ...], tuple[str, ...]]


class Conditions(NamedTuple):
    """What a set of entities stands for.

    Attributes:
        names: Conditions in the order of `CONDITIONS`, each once.
        unmapped: Entity names that the table does not know, as they were written.
    """

    names: tuple[str, ...]
    unmapped: tuple[str, ...]


@lru_cache(maxsize=1 << 16)
def gold_conditions(
    entities: tuple[str, ...], parents: tuple[str, ...] = (), subcategories: tuple[str, ...] = ()
) -> Conditions:
    """The conditions of `obs_entities`; of the parents only where no entity is known, of the subcategories only where
    no parent is known either (they are too coarse for more than "a device").

    The caller passes positive answers only: a denied entity is no condition.
    """
    known, unmapped = _of_names(entities)
    if known is None:
        known, _ = _of_names(parents)
    if known is None and any(word in name.lower() for name in subcategories for word in _DEVICES):
        known = {SUPPORT_DEVICES}
    return Conditions(tuple(sorted(known or (), key=_ORDER.__getitem__)), unmapped)


@lru_cache(maxsize=1 << 12)
def conditions_of_entity(name: str) -> tuple[str, ...] | None:
    """The conditions of one entity: () for a known finding that none of them covers, None for an unknown name."""
    words = tuple(_singular(word) for word in _WORD.findall(name.lower()))
    table = _table()
    for length in range(len(words), 0, -1):
        # The last words first: in "pleural effusion catheter" the catheter is the thing.
        for start in range(len(words) - length, -1, -1):
            found = table.get(words[start : start + length])
            if found is not None:
                return found
    return None


def _of_names(names: tuple[str, ...]) -> tuple[set[str] | None, tuple[str, ...]]:
    """The conditions of the known names (None where none is known), and the unknown names."""
    found = {name: conditions_of_entity(name) for name in names}
    known = [conditions for conditions in found.values() if conditions is not None]
    unknown = tuple(name for name, conditions in found.items() if conditions is None)
    return ({condition for conditions in known for condition in conditions} if known else None), unknown


@cache
def _table() -> _Table:
    table: dict[tuple[str, ...], list[str]] = {}
    section = _NONE
    for line in (files(__package__) / "findings.txt").read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("["):
            section = text.strip("[]")
            continue
        words = tuple(_singular(word) for word in text.split())
        conditions = table.setdefault(words, [])
        if section != _NONE and section not in conditions:
            conditions.append(section)
    return {words: tuple(conditions) for words, conditions in table.items()}


def _singular(word: str) -> str:
    """A word without the ending of its plural; the same rule for the table and for what is looked up in it."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("sses"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "is", "us")) else word
