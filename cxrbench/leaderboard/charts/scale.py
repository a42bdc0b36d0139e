"""From values to coordinates, with ticks at round numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale.

    Attributes:
        low, high: Values at the two ends.
        start, end: Their coordinates in pixels; `end` below `start` turns the axis round.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The coordinate of a value, to a tenth of a pixel; values outside are put at the end they passed."""
        inside = min(max(value, self.low), self.high)
        part = (inside - self.low) / (self.high - self.low)
        return round(self.start + part * (self.end - self.start), 1)

    def ticks(self, about: int = 5) -> list[tuple[float, str]]:
        """(coordinate, label) of round values, about as many as asked for."""
        rough = (self.high - self.low) / max(about, 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in _STEPS if factor * power >= rough - 1e-12)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        digits = max(0, -math.floor(math.log10(step) + 1e-9) + (0 if step / power in (1.0, 2.0, 5.0, 10.0) else 1))
        return [
            (self(place * step), f"{place * step + 0.0:.{digits}f}".replace("-", "−"))
            for place in range(first, last + 1)
        ]


def spanning(values: Iterable[float], start: float, end: float, *, include: Iterable[float] = ()) -> Scale:
    """A scale over all finite values, with a margin of 4 %; never of zero width.

    Args:
        include: Values that must be on the scale whatever the data, for example 0.
    """
    finite = [value for value in (*values, *include) if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    margin = (high - low) * 0.04 or max(abs(high) * 0.04, 0.01)
    return Scale(low - margin, high + margin, start, end)
