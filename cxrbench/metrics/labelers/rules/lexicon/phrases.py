"""Reads the phrase files of the lexicon."""

from __future__ import annotations

import re
from importlib.resources import files

_SECTION = re.compile(r"\[(.+)\]")
_MACRO = re.compile(r"([A-Z]+) = (.+)")


def read_sections(name: str) -> dict[str, list[str]]:
    """Section name -> its phrases, in the order of the file `name`.txt beside this module.

    A line `NAME = pattern` before the sections defines an abbreviation for the phrases after it.
    """
    sections: dict[str, list[str]] = {}
    macros: dict[str, str] = {}
    current: list[str] = []
    for line in _logical_lines(_text(name)):
        if heading := _SECTION.fullmatch(line):
            current = sections.setdefault(heading[1], [])
        elif macro := _MACRO.fullmatch(line):
            macros[macro[1]] = macro[2]
        else:
            for abbreviation, pattern in macros.items():
                line = line.replace(abbreviation, pattern)
            current.append(line)
    return sections


def read_forms(name: str) -> dict[str, tuple[str, ...]]:
    """Canonical spelling -> its other forms, from lines `word: form form`."""
    forms: dict[str, tuple[str, ...]] = {}
    for line in _logical_lines(_text(name)):
        canonical, _, others = line.partition(":")
        forms[canonical.strip()] = tuple(others.split())
    return forms


def _text(name: str) -> str:
    return (files(__package__) / f"{name}.txt").read_text(encoding="utf-8")


def _logical_lines(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            # A line broken behind "|" goes on inside a choice, any other between two words.
            joint = "" if lines[-1].endswith("|") else " "
            lines[-1] += joint + line.strip()
        else:
            lines.append(line.strip())
    return lines
