"""Requirements on scores that decide the exit code: `--require "rules_micro_f1_14.lower>=0.3"`."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cxrbench.core.errors import UnknownNameError, UsageError

_PATTERN = re.compile(
    r"\s*(?P<score>[^<>=]+?)(?:\.(?P<part>lower|upper|value))?\s*(?P<sign>>=|<=|>|<)\s*(?P<bound>\S+)\s*"
)
_SIGNS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


@dataclass(frozen=True)
class Requirement:
    """One bound on a score's value or on an end of its 95 % interval."""

    text: str
    score: str
    part: str
    sign: str
    bound: float

    def check(self, scores: Mapping[str, Any]) -> dict[str, Any]:
        """Whether it holds, with the value seen. A null value or interval never fulfils a requirement.

        Raises:
            UnknownNameError: The run has no such score.
        """
        if self.score not in scores:
            raise UnknownNameError("score", self.score, scores, where="--require")
        found = scores[self.score]
        if self.part == "value":
            seen = found["value"]
        else:
            seen = None if found["ci95"] is None else found["ci95"][0 if self.part == "lower" else 1]
        met = seen is not None and _SIGNS[self.sign](seen, self.bound)
        return {"requirement": self.text, "seen": seen, "met": bool(met)}


def parse_requirements(texts: Iterable[str]) -> list[Requirement]:
    """Parse `SCORE>=X`, `SCORE.lower>=X`, `SCORE.upper<=X` and the like.

    Raises:
        UsageError: A text of another form.
    """
    parsed = []
    for text in texts:
        match = _PATTERN.fullmatch(text)
        try:
            bound = float(match["bound"]) if match else 0.0
        except ValueError:
            match = None
        if match is None:
            raise UsageError(
                f"requirement {text!r} cannot be understood", where="--require", valid='"SCORE.lower>=0.3"'
            )
        parsed.append(Requirement(text, match["score"], match["part"] or "value", match["sign"], bound))
    return parsed
