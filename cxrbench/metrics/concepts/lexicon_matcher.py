"""Concepts of the embedded lexicon in text: longest phrases first, in any spelling and number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from cxrbench.metrics.concepts.base import DENIABLE, Kind, Mention
from cxrbench.metrics.concepts.denial import denied
from cxrbench.metrics.concepts.lexicon import Concept, concepts
from cxrbench.metrics.labelers.rules.lexicon import lexicon
from cxrbench.metrics.labelers.rules.matcher import expand
from cxrbench.metrics.labelers.rules.text import sentences

_END = ""
_SIDES = {"left": "left", "right": "right", "bilateral": "bilateral", "both": "bilateral"}
_PLURALS = (("is", "es"), ("um", "a"), ("us", "i"), ("a", "ae"), ("y", "ies"), ("", "s"), ("", "es"))
_SHORTEST_NOUN = 4
_SHORT = 2000
"""Texts up to this many characters are remembered."""


class Found(NamedTuple):
    """A concept at tokens [start, end) of a sentence."""

    concept: str
    kind: Kind
    start: int
    end: int


class _Tables(NamedTuple):
    trie: dict[str, Any]
    forms: dict[str, str]
    fingerprint: str


class LexiconMatcher:
    """Finds the concepts of the embedded chest-radiology lexicon.

    Sentences and spelling are those of the rule labeler (sections of context, such as the indication, say nothing);
    plurals of every word are understood. Of overlapping phrases the longest counts, of equally long ones a finding
    before an anatomical structure, then the first. A side inside the phrase of a finding ("elevated left
    hemidiaphragm") is a mention of its own. Loading takes about 0.2 s once; texts already seen cost a look-up.
    """

    name = "lexicon"
    version = "1"

    def signature(self) -> str:
        return f"concepts:{self.name}|version:{self.version}|entries:{_tables().fingerprint}"

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Mentions sentence by sentence, in reading order."""
        return _remembered(text) if len(text) <= _SHORT else _mentions(text)

    def sentences(self, text: str) -> list[list[str]]:
        """Sentences of the text as tokens in the spelling of the lexicon."""
        return sentences(text, _tables().forms)

    def places(self, tokens: Sequence[str]) -> list[Found]:
        """Concepts of one sentence with their places, in order, not overlapping."""
        return _places(tokens)


def _mentions(text: str) -> tuple[Mention, ...]:
    found: list[Mention] = []
    for tokens in sentences(text, _tables().forms):
        places = _places(tokens)
        deniable = [(place.start, place.end) for place in places if place.kind in DENIABLE]
        said = dict(zip(deniable, denied(tokens, deniable))) if deniable else {}
        for concept, kind, start, end in places:
            negated = said.get((start, end), False)
            if negated is None:
                continue
            found.append(Mention(concept, kind, negated))
            if kind == "finding":
                sides = {_SIDES[token] for token in tokens[start:end] if token in _SIDES}
                found.extend(Mention(side, "position", False) for side in sorted(sides))
    return tuple(found)


_remembered = lru_cache(maxsize=1 << 16)(_mentions)


def _places(tokens: Sequence[str]) -> list[Found]:
    candidates = _candidates(tokens)
    if len(candidates) > 1:
        candidates.sort(key=_preference)
    free = [True] * len(tokens)
    chosen: list[Found] = []
    for item in candidates:
        if all(free[item.start : item.end]):
            free[item.start : item.end] = [False] * (item.end - item.start)
            chosen.append(item)
    chosen.sort(key=lambda item: item.start)
    return chosen


def _preference(item: Found) -> tuple[int, bool, int]:
    return item.start - item.end, item.kind not in DENIABLE, item.start


def _candidates(tokens: Sequence[str]) -> list[Found]:
    """Every phrase at every place."""
    trie = _tables().trie
    found: list[Found] = []
    count = len(tokens)
    for start in range(count):
        node = trie.get(tokens[start])
        position = start + 1
        while node is not None:
            concept = node.get(_END)
            if concept is not None:
                found.append(Found(concept.name, concept.kind, start, position))
            if position == count:
                break
            node = node.get(tokens[position])
            position += 1
    return found


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    spelling = lexicon()[1]
    entries = concepts()
    phrases = [(concept, words) for concept in entries.values() for words in _phrases(concept, spelling)]
    forms = {**_plurals({word for _, words in phrases for word in words}), **spelling}
    trie: dict[str, Any] = {}
    for concept, words in phrases:
        node = trie
        for word in words:
            node = node.setdefault(forms.get(word, word), {})
        node.setdefault(_END, concept)
    hasher = blake2b(digest_size=4)
    for concept in entries.values():
        hasher.update(repr((concept.name, concept.kind, concept.patterns)).encode())
    return _Tables(trie, forms, hasher.hexdigest())


def _phrases(concept: Concept, spelling: dict[str, str]) -> Iterable[tuple[str, ...]]:
    for pattern in concept.patterns:
        for words in expand(pattern):
            normal = tuple(form for word in words if (form := spelling.get(word, word)))
            if normal:
                yield normal


def _plurals(vocabulary: set[str]) -> dict[str, str]:
    """Regular plurals of the words, English and Latin -> the word."""
    found: dict[str, str] = {}
    for word in sorted(vocabulary):
        if len(word) < _SHORTEST_NOUN or not word.isalpha():
            continue
        for ending, plural in _PLURALS:
            if word.endswith(ending):
                found.setdefault(word.removesuffix(ending) + plural, word)
    return found
