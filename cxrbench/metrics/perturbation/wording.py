"""Changes of single words: the side, the severity, a comparison that nobody made."""

from __future__ import annotations

import re
from random import Random

_SIDES = {"left": "right", "Left": "Right", "LEFT": "RIGHT"}
_SIDES |= {other: side for side, other in _SIDES.items()}
_SIDE = re.compile(r"\b(left|Left|LEFT|right|Right|RIGHT)(?=\b|ward\b|wards\b|sided\b)")

_DEGREES = {
    "mild": "severe",
    "mildly": "severely",
    "small": "large",
    "tiny": "massive",
    "minimal": "marked",
    "minimally": "markedly",
    "slight": "pronounced",
    "slightly": "considerably",
    "trace": "extensive",
}
_DEGREES |= {other: degree for degree, other in _DEGREES.items()}
_DEGREE = re.compile(rf"\b({'|'.join(_DEGREES)})\b(?!\s+(?:bowel|bore|intestine))", re.IGNORECASE)
_MIDDLE = {"moderate": ("mild", "severe"), "moderately": ("mildly", "severely"), "moderate-sized": ("small", "large")}
_MODERATE = re.compile(r"\b(moderate[ -]sized|moderately|moderate)\b", re.IGNORECASE)
_DENIES = re.compile(r"\b(?:no|not|without|free of|clear of|negative for|neither|nor)\b", re.IGNORECASE)
_INVENTED = (", unchanged from the prior study", ", stable compared to the previous radiograph", ", again seen")


def swap_sides(sentence: str, random: Random) -> str | None:
    """Left for right and right for left; done twice, it gives the sentence back. None where no side is named.

    "bilateral" and "both" stay. "Left" is never read as a form of "leave".
    """
    swapped, count = _SIDE.subn(lambda match: _SIDES[match[1]], sentence)
    return swapped if count else None


def change_severity(sentence: str, random: Random) -> str | None:
    """Small for large, mild for severe, and so on. None where no degree is named.

    "Moderate" becomes one or the other where no other degree is named ("mild to moderate" becomes "severe to
    moderate"). A sentence that denies something is left alone: "no large effusion" and "no small effusion" differ in
    strength, not in what is said to be there.
    """
    if _DENIES.search(sentence):
        return None

    changed, count = _DEGREE.subn(lambda match: _cased(match[1], _DEGREES[match[1].lower()]), sentence)
    if count:
        return changed
    side = random.randrange(2)
    changed, count = _MODERATE.subn(
        lambda match: _cased(match[1], _MIDDLE[match[1].lower().replace(" ", "-")][side]), sentence
    )
    return changed if count else None


def claim_comparison(sentence: str, random: Random) -> str:
    """The sentence as if an earlier film had been looked at."""
    end = len(sentence.rstrip(".!? \t\r\n"))
    return f"{sentence[:end]}{random.choice(_INVENTED)}{sentence[end:]}"


def _cased(before: str, after: str) -> str:
    return after.capitalize() if before[0].isupper() else after
