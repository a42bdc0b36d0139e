"""From labels to the set of conditions that count as present."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.conditions import CONDITIONS, POSITIVE, UNCERTAIN
from cxrbench.core.types import Labels

Uncertain = Literal["positive", "negative"]
UNCERTAIN_POLICIES: tuple[Uncertain, ...] = ("positive", "negative")
"""f1chexbert and RadEval count uncertain as positive; R2Gen's compute_ce, cvt2distilgpt2 and cxrmate as negative."""


def positive_conditions(labels: Labels, uncertain: Uncertain = "positive") -> tuple[str, ...]:
    """Names of the conditions that count as present, in the order of `CONDITIONS`.

    Args:
        uncertain: What -1 counts as. Unmentioned conditions are never present.
    """
    counted = (POSITIVE, UNCERTAIN) if uncertain == "positive" else (POSITIVE,)
    return tuple(name for name in CONDITIONS if labels.get(name) in counted)


def positive_matrix(labels: Sequence[Labels], uncertain: Uncertain) -> NDArray[np.bool_]:
    """Whether each condition counts as present: bool [texts, 14], columns in the order of `CONDITIONS`."""
    counted = (POSITIVE, UNCERTAIN) if uncertain == "positive" else (POSITIVE,)
    # Texts may share one dictionary of labels; each is read once.
    places: dict[int, int] = {}
    rows: list[list[bool]] = []
    index = np.empty(len(labels), np.int64)
    for number, row in enumerate(labels):
        place = places.get(id(row))
        if place is None:
            place = places[id(row)] = len(rows)
            rows.append([row.get(name) in counted for name in CONDITIONS])
        index[number] = place
    return np.array(rows, dtype=bool).reshape(len(rows), len(CONDITIONS))[index]
