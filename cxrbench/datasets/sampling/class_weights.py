"""Weights that lift rare conditions, without letting the rarest dominate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from cxrbench.core.errors import DataError

CAP: Final = 5.0


def class_weights(positives: Mapping[str, int], total: int, *, cap: float = CAP) -> dict[str, float]:
    """sqrt(N / N_c) per condition, at most `cap`.

    Args:
        positives: Condition -> training studies in which it is positive; with none the weight is the cap.
        total: Training studies.

    Raises:
        DataError: A count below 0 or above the total.
    """
    for name, count in positives.items():
        if not 0 <= count <= total:
            raise DataError(f"{count} positive studies for {name!r} of {total}", valid=f"0 to {total}")
    return {name: min(cap, math.sqrt(total / count)) if count else cap for name, count in positives.items()}
