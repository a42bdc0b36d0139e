"""A report file as the hospital's system writes it: headings in capitals, short lines, `___` for what was removed."""

from __future__ import annotations

import textwrap
from typing import Final

import numpy as np

from cxrbench.datasets.phantom.mimic.story import Story
from cxrbench.datasets.phantom.mimic.views import View

_WIDTH: Final = 79
_HEAD: Final = " " * 33 + "FINAL REPORT"
_ADDENDUM: Final = (
    "                                 ADDENDUM\n A preliminary read was communicated at ___ on ___.\n ______________"
    "________________________________________________________________\n"
)


def examination_of(views: tuple[View, ...]) -> str:
    """`PerformedProcedureStepDescription` of the study."""
    taken = {view.projection for view in views}
    if taken == {"AP"}:
        return "CHEST (PORTABLE AP)"
    if "LATERAL" in taken and len(taken) > 1:
        return "CHEST (PA AND LAT)"
    return "CHEST (LATERAL ONLY)" if taken == {"LATERAL"} else "CHEST (SINGLE VIEW)"


def report_text(rng: np.random.Generator, story: Story, views: tuple[View, ...]) -> str:
    """The content of a report file."""
    body: dict[str, list[str]] = {"FINDINGS": [], "IMPRESSION": []}
    for item in story.sentences:
        if item.section in body:
            body[item.section].append(item.text)
    findings, impression = body["FINDINGS"], body["IMPRESSION"]
    numbered = len(impression) > 1 and rng.random() < 0.5
    addendum = _ADDENDUM if rng.random() < 0.02 else ""
    if story.shape == "no headers":
        return f"{addendum}{_HEAD}\n{_wrapped(['Chest radiograph.', *findings])}\n"
    examination = examination_of(views)
    lines = [f"{addendum}{_HEAD}", f" EXAMINATION:  {examination}", ""]
    if story.indication.text:
        lines += [_wrapped([f"INDICATION:  {story.indication.text}"]), ""]
    portable = examination == "CHEST (PORTABLE AP)"
    lines += [f" TECHNIQUE:  {'Portable AP radiograph of the chest' if portable else 'Chest radiograph'}", ""]
    lines += [f" COMPARISON:  {story.comparison}", ""]
    if story.shape == "joined":
        lines += [" FINDINGS AND IMPRESSION:", "", _wrapped(findings), ""]
    else:
        if findings:
            lines += [" FINDINGS:", "", _wrapped(findings), ""]
        if numbered:
            items = [_wrapped([f"{number}. {text}"]) for number, text in enumerate(impression, 1)]
            lines += [" IMPRESSION:", "", *items, ""]
        elif impression:
            lines += [" IMPRESSION:", "", _wrapped(impression), ""]
    return "\n".join(lines)


def _wrapped(texts: list[str]) -> str:
    """Sentences with two blanks between them, in lines that begin with one."""
    return textwrap.fill("  ".join(texts), _WIDTH, initial_indent=" ", subsequent_indent=" ")
