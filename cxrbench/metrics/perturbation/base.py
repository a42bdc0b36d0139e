"""What a perturbation is: a report text in, a changed text out, with a count of what could have been changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from cxrbench.metrics.perturbation.sentences import has_words, put_together, split


@dataclass(frozen=True, slots=True)
class Perturbed:
    """A changed report.

    Attributes:
        text: The new text; the old one, to the letter, where nothing could be changed.
        sentences: Sentences of the old text.
        changeable: Sentences that the perturbation could change (for added findings: findings that it could add).
        changed: How many of them it did change.
    """

    text: str
    sentences: int
    changeable: int
    changed: int


@dataclass(frozen=True, slots=True)
class Source:
    """One report on its way through a perturbation.

    Attributes:
        text: The report.
        others: The other reports of the set, in order of their ids.
        random: Seeded by seed, perturbation and id.
        at_most: How many sentences to change; None for all that can be.
    """

    text: str
    others: Sequence[str]
    random: Random
    at_most: int | None


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A named way of changing reports.

    Attributes:
        keeps_meaning: Whether a reader would take both texts for the same report; a good score stays where it is.
        apply: The change itself, a pure function of the source.
    """

    name: str
    description: str
    keeps_meaning: bool
    apply: Callable[[Source], Perturbed]


def chosen(count: int, source: Source) -> list[int]:
    """Which of `count` changes to make: all, or `at_most` drawn ones, in order."""
    if source.at_most is None or source.at_most >= count:
        return list(range(count))
    return sorted(source.random.sample(range(count), source.at_most))


def sentencewise(change: Callable[[str, Random], str | None]) -> Callable[[Source], Perturbed]:
    """A perturbation that changes sentences one by one.

    Args:
        change: A sentence to what becomes of it ("" drops it); None where it says nothing that could be changed.
    """

    def apply(source: Source) -> Perturbed:
        parts = split(source.text)
        # Decided for every sentence before any is drawn, so that a larger `at_most` changes them in the same way.
        results = [change(sentence, source.random) if has_words(sentence) else None for sentence, _ in parts]
        candidates = [
            (index, result)
            for index, result in enumerate(results)
            if result is not None and result != parts[index][0]
        ]
        if not candidates:
            return Perturbed(source.text, len(parts), 0, 0)
        taken = chosen(len(candidates), source)
        for place in taken:
            index, result = candidates[place]
            parts[index] = (result, parts[index][1])
        return Perturbed(put_together(parts), len(parts), len(candidates), len(taken))

    return apply
