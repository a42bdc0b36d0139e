"""Longest-match tagging of token sequences by a trie of phrases.

A trie over whole tokens costs one dictionary look-up for a word that starts no phrase, whatever the size of the
lexicon; an alternation of hundreds of phrases in one regular expression costs as many attempts at every word.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cxrbench.metrics.labelers.rules.tags import Span

_END = ""
_PART = re.compile(r"\(([^)]*)\)(\??)|(\S+)")


def expand(pattern: str) -> list[tuple[str, ...]]:
    """All token sequences of a pattern.

    `a (b|c d)? (e|f)` is "a e", "a f", "a b e", "a b f", "a c d e" and "a c d f".
    """
    choices: list[list[tuple[str, ...]]] = []
    for group, optional, word in _PART.findall(pattern):
        options = [tuple(option.split()) for option in (group or word).split("|")]
        choices.append([*options, ()] if optional else options)
    return [tuple(itertools.chain.from_iterable(combination)) for combination in itertools.product(*choices)]


class Matcher:
    """A set of phrases, each with a kind and the conditions it speaks of.

    A phrase entered twice keeps its first meaning, so that the exceptions of a lexicon come first.

    Args:
        forms: Token -> canonical spelling, applied to phrases as it is to texts; an empty one drops the token.
    """

    def __init__(self, forms: Mapping[str, str] | None = None) -> None:
        self._forms = forms or {}
        self._root: dict[str, Any] = {}

    def add(self, patterns: Iterable[str], kind: int, conditions: tuple[str, ...] = ()) -> None:
        """Enter every expansion of the patterns."""
        for pattern in patterns:
            for words in expand(pattern):
                tokens = [form for word in words if (form := self._forms.get(word, word))]
                if not tokens:
                    raise ValueError(f"pattern {pattern!r} matches nothing")
                node = self._root
                for token in tokens:
                    node = node.setdefault(token, {})
                node.setdefault(_END, (kind, conditions))

    def vocabulary(self) -> set[str]:
        """Every token that occurs in a phrase."""
        found: set[str] = set()
        stack = [self._root]
        while stack:
            for token, child in stack.pop().items():
                if token != _END:
                    found.add(token)
                    stack.append(child)
        return found

    def spans(self, tokens: Sequence[str]) -> list[Span]:
        """Non-overlapping spans from left to right, the longest phrase at each place."""
        root = self._root
        found: list[Span] = []
        position, count = 0, len(tokens)
        while position < count:
            node = root.get(tokens[position])
            if node is None:
                position += 1
                continue
            best = node.get(_END)
            ahead = end = position + 1
            while ahead < count:
                node = node.get(tokens[ahead])
                if node is None:
                    break
                ahead += 1
                if _END in node:
                    best, end = node[_END], ahead
            if best is not None:
                found.append(Span(best[0], best[1], position, end))
            position = end
        return found
