"""The embedded lexicon of chest radiology: plain text files that a radiologist can read and extend.

`findings.txt`, `devices.txt`, `anatomy.txt` and `descriptors.txt` name the concepts, their synonyms, their semantic
type (the section), and what a structure is part of. Everything was written for this package; nothing is taken from
UMLS, SNOMED CT or RadLex.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from cxrbench.metrics.concepts.base import KINDS, Kind

_FILES = ("findings", "devices", "anatomy", "descriptors")
SIDES = ("left", "right")


@dataclass(frozen=True, slots=True)
class Concept:
    """An entry of the lexicon.

    Attributes:
        name: Identifier and preferred phrase.
        kind: Semantic type.
        patterns: Phrases, in the language of `labelers.rules.matcher.expand`.
        parent: Name of the structure that it is part of.
    """

    name: str
    kind: Kind
    patterns: tuple[str, ...]
    parent: str | None = None


@lru_cache(maxsize=1)
def concepts() -> dict[str, Concept]:
    """Every concept by name; paired structures also as their left and right one."""
    found: dict[str, Concept] = {}
    for name in _FILES:
        for concept in _read((files(__package__) / f"{name}.txt").read_text(encoding="utf-8")):
            if concept.name in found:
                raise ValueError(f"{name}.txt names {concept.name!r} twice")
            found[concept.name] = concept
    for concept in found.values():
        if concept.parent is not None and concept.parent not in found:
            raise ValueError(f"{concept.name!r} is part of {concept.parent!r}, which is no concept")
    return found


def ancestors(name: str) -> frozenset[str]:
    """The structures that a concept is part of, nearest and farther."""
    known = concepts()
    found = []
    parent = known[name].parent if name in known else None
    while parent is not None:
        found.append(parent)
        parent = known[parent].parent
    return frozenset(found)


def _read(text: str) -> Iterator[Concept]:
    kind: Kind | None = None
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            heading = line[1:-1]
            kind = next(known for known in KINDS if known == heading)
            continue
        if kind is None:
            raise ValueError(f"no section before {line!r}")
        yield from _entry(line, kind)


def _entry(line: str, kind: Kind) -> Iterator[Concept]:
    head, _, tail = line.partition(":")
    paired = head.startswith("*")
    name, _, parent = (part.strip() for part in head.lstrip("* ").partition("<"))
    patterns = tuple(part.strip() for part in (name, *tail.split(";")) if part.strip())
    yield Concept(name, kind, patterns, parent or None)
    if not paired:
        return
    for side in SIDES:
        forms = (f"({side}|{side} sided) {pattern}" for pattern in patterns)
        after = (f"{pattern} (on|of) {side} (side)?" for pattern in patterns)
        inner = (
            f"{words[0]} {side} {words[1]}" for words in (pattern.split() for pattern in patterns) if _two(words)
        )
        yield Concept(f"{side} {name}", kind, (*forms, *after, *inner), name)


def _two(words: list[str]) -> bool:
    """Two plain words, between which the side may stand: "upper right lobe"."""
    return len(words) == 2 and not any(mark in word for word in words for mark in "()|?")
