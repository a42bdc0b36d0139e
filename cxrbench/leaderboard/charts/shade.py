"""Which of the nine shades of the sequential palette a value gets."""

from __future__ import annotations

from collections.abc import Sequence

SHADES = 9


def shade(value: float | None, low: float, high: float, *, higher_is_better: bool = True) -> str:
    """CSS class `q0` (worst) to `q8` (best); "few" where there is no value.

    Args:
        low, high: The values that get the end shades; where they are equal every value gets the middle one.
    """
    if value is None:
        return "few"
    if high <= low:
        return f"q{SHADES // 2}"
    part = (value - low) / (high - low)
    part = min(max(part if higher_is_better else 1 - part, 0.0), 1.0)
    return f"q{min(int(part * SHADES), SHADES - 1)}"


def ends(values: Sequence[float | None]) -> tuple[float, float]:
    """The smallest and largest value that is there; (0, 0) for none."""
    found = [value for value in values if value is not None]
    return (min(found), max(found)) if found else (0.0, 0.0)
