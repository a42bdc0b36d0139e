"""Corrections for making several comparisons at once."""

from __future__ import annotations

from collections.abc import Sequence


def bonferroni(p_values: Sequence[float | None]) -> list[float | None]:
    """Each p times the number of comparisons, at most 1. None (no test) stays None and does not count."""
    count = sum(p is not None for p in p_values)
    return [None if p is None else min(1.0, p * count) for p in p_values]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction (Holm 1979): never less powerful than Bonferroni's under the same guarantee.

    The k-th smallest of m is multiplied by m - k + 1; adjusted values never decrease in that order. None stays None
    and does not count.
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(tested):
        highest = max(highest, min(1.0, p * (len(tested) - rank)))
        adjusted[place] = highest
    return adjusted
