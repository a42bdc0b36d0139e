"""Whole reports: in another order, of another patient, empty, or as they are."""

from __future__ import annotations

from cxrbench.metrics.perturbation.base import Perturbed, Source
from cxrbench.metrics.perturbation.sentences import join, sentences


def keep(source: Source) -> Perturbed:
    """The report itself: the control that every other perturbation is compared with."""
    return Perturbed(source.text, len(sentences(source.text)), 0, 0)


def shuffle_sentences(source: Source) -> Perturbed:
    """The same sentences in another order; reports of fewer than two different sentences stay as they are.

    With `at_most` = n, n sentences move to another place, and the others close up.
    """
    parts = sentences(source.text)
    if len(set(parts)) < 2:
        return Perturbed(source.text, len(parts), 0, 0)
    order = list(parts)
    while order == parts:
        if source.at_most is None or source.at_most >= len(parts):
            source.random.shuffle(order)
        else:
            for _ in range(source.at_most):
                moved = order.pop(source.random.randrange(len(order)))
                order.insert(source.random.randint(0, len(order)), moved)
    changed = sum(before != after for before, after in zip(parts, order))
    return Perturbed(join(order), len(parts), len(parts), changed)


def other_report(source: Source) -> Perturbed:
    """The report of another patient, drawn among those with another text; unchanged where there is none."""
    count = len(sentences(source.text))
    different = [text for text in source.others if text != source.text]
    if not different:
        return Perturbed(source.text, count, 0, 0)
    return Perturbed(source.random.choice(different), count, count, count)


def empty(source: Source) -> Perturbed:
    """No text at all."""
    count = len(sentences(source.text))
    return Perturbed("", count, count, count)
