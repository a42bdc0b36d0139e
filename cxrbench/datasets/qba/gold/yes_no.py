"""Gold of the yes/no questions, whose answers are sentences."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple

YesNo = Literal["yes", "no"]
_OPENING: Final = re.compile(r"\W*(yes|no)\b\s*(\W|$)?", re.IGNORECASE)


class YesNoGold(NamedTuple):
    """What a main answer says.

    Attributes:
        answer: None where neither the sentence nor `positiveness` tells.
        agrees: Whether sentence and `positiveness` say the same; None where only one of them speaks.
    """

    answer: YesNo | None
    agrees: bool | None


def yes_no_gold(text: str, positive: bool | None, *, inverted: bool) -> YesNoGold:
    """Yes or no, from the main answer's sentence and `positiveness`.

    A sentence that begins with "Yes", or with "No" and a punctuation mark (or nothing behind it), decides; "No new
    opacity." only negates a noun, so there `positiveness` decides, and the word only where that is missing.

    Args:
        positive: `positiveness` of the main answer: True pos, False neg, None unknown.
        inverted: The question asks whether something is normal, so that a positive (abnormal) answer means no.
    """
    return _gold(_opening(text), positive, inverted)


def _opening(text: str) -> str:
    """ "yes", "no", "bare no" (a noun follows) or ""."""
    found = _OPENING.match(text)
    if found is None:
        return ""
    word = found[1].lower()
    return word if word == "yes" or found[2] is not None else "bare no"


@lru_cache(maxsize=64)
def _gold(opening: str, positive: bool | None, inverted: bool) -> YesNoGold:
    said: YesNo | None = None if opening in ("", "bare no") else "yes" if opening == "yes" else "no"
    meant: YesNo | None = None if positive is None else "no" if positive is inverted else "yes"
    if said is None and meant is None and opening == "bare no" and not inverted:
        return YesNoGold("no", None)
    return YesNoGold(said or meant, None if said is None or meant is None else said == meant)
