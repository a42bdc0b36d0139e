"""The same question by another template; what it asks about is kept word for word.

Templates are plain lines of `question_templates.txt`. Since they contain no side, no negation and no finding, and
what they share is copied, a rephrased question asks about the same side and has the same answer.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

_SLOT = "{x}"


class _Template(NamedTuple):
    text: str
    pattern: re.Pattern[str]
    block: int


def rephrase(question: str, random: np.random.Generator) -> str:
    """The question by a template of its block drawn at random, which may be its own; unchanged where none fits.

    The template with the most words of its own counts, so that "Is there evidence of pneumonia?" asks about
    "pneumonia".
    """
    text = question.strip()
    found = next(((item, match) for item in _templates() if (match := item.pattern.fullmatch(text))), None)
    if found is None:
        return question
    template, match = found
    block = blocks()[template.block]
    return block[int(random.integers(len(block)))].replace(_SLOT, match["x"])


@cache
def blocks() -> tuple[tuple[str, ...], ...]:
    """The templates that may take each other's places."""
    text = (files(__package__) / "question_templates.txt").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(tuple(block.splitlines()) for block in re.split(r"\n{2,}", lines.strip()))


@cache
def _templates() -> tuple[_Template, ...]:
    """All templates, those with the most text of their own first."""
    found = [_Template(text, _pattern(text), number) for number, block in enumerate(blocks()) for text in block]
    return tuple(sorted(found, key=lambda item: -len(item.text)))


def _pattern(template: str) -> re.Pattern[str]:
    before, after = template.rstrip("?.").split(_SLOT)
    return re.compile(
        rf"{re.escape(before)}(?P<x>\S(?:.*?\S)?){re.escape(after)}\s*[?.]?".replace(r"\ ", r"\s+"), re.IGNORECASE
    )
