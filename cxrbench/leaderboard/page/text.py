"""How names and numbers are written on a page.

Names come from files that anybody may have written: control characters are made visible and characters that turn
the writing direction are taken out, so that a name looks like what it is. Escaping for HTML is the template's.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

_MISSING = "–"
_SHORT = 48


def plain(value: object) -> str:
    """The text with control, direction and surrogate characters replaced by U+FFFD; line ends and tabs stay."""
    source = str(value)
    if source.isascii() and source.isprintable():
        return source
    return "".join(
        character
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
        else "\ufffd"
        for character in source
    )


def shortened(value: object, width: int = _SHORT) -> str:
    """`plain` in one line of at most `width` characters."""
    source = " ".join(plain(value).split())
    return source if len(source) <= width else source[: width - 1] + "…"


def decimals(interval: Sequence[float] | None) -> int:
    """Digits after the point that an interval of this width justifies: two significant ones of its half width.

    At least 2 and at most 3, so that a column keeps its shape.
    """
    width = 0.0 if interval is None else abs(interval[1] - interval[0]) / 2
    if not width or not math.isfinite(width):
        return 3
    return min(3, max(2, 1 - math.floor(math.log10(width))))


def number(value: float | None, interval: Sequence[float] | None = None) -> str:
    """The value with as many digits as its interval justifies; a dash where it is undefined."""
    return _MISSING if value is None else f"{_unsigned_zero(value, decimals(interval)):.{decimals(interval)}f}"


def signed(value: float | None, interval: Sequence[float] | None = None) -> str:
    """A difference with its sign, a true minus."""
    if value is None:
        return _MISSING
    return f"{_unsigned_zero(value, decimals(interval)):+.{decimals(interval)}f}".replace("-", "−")


def interval(bounds: Sequence[float] | None) -> str:
    """`[low, high]`, or nothing."""
    if bounds is None:
        return ""
    digits = decimals(bounds)
    low, high = (f"{_unsigned_zero(bound, digits):.{digits}f}".replace("-", "−") for bound in bounds)
    return f"[{low}, {high}]"


def share(value: float | None) -> str:
    """A share as a percentage with one decimal."""
    return _MISSING if value is None else f"{100 * value:.1f} %"


def p_value(value: float | None) -> str:
    """A p-value to three decimals, `< 0.001` below that."""
    if value is None:
        return _MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def count(value: int | None) -> str:
    """A whole number with thin blanks between thousands."""
    return _MISSING if value is None else f"{value:,}".replace(",", "\u2009")


def figure(value: float | None) -> str:
    """A measured quantity of any size (seconds, tokens, money): three significant digits, thin blanks between
    thousands."""
    if value is None or not math.isfinite(value):
        return _MISSING
    if not value:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    written = f"{value:,.{min(digits, 6)}f}" if digits <= 6 else f"{value:.2e}"
    return written.replace(",", "\u2009").replace("-", "−")


def _unsigned_zero(value: float, digits: int) -> float:
    """A value that rounds to zero, without a minus sign."""
    return round(value, digits) + 0.0
