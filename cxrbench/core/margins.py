"""Non-inferiority margins that decide the exit code: `--noninferior rouge_l=0.02`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cxrbench.core.errors import UsageError


@dataclass(frozen=True)
class Margin:
    """How much worse than the run it is compared against a run may be, at most.

    Attributes:
        margin: In the unit of the score, 0 or more; 0 asks for superiority.
    """

    score: str
    margin: float

    def check(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Whether the 95 % interval of the advantage lies above -margin as a whole.

        The advantage is the difference where higher is better, and minus the difference where lower is. This is the
        confidence-interval form of the non-inferiority test at one-sided 2.5 % (CONSORT extension, Piaggio et al.,
        JAMA 2012;308:2594-2604). Without an interval, nothing is shown: missed.

        Args:
            record: The comparison of the score, with "direction" and "ci95".
        """
        interval = record["ci95"]
        lower = None
        if interval is not None:
            lower = interval[0] if record["direction"] == "higher" else -interval[1]
        return {
            "score": self.score,
            "margin": self.margin,
            "lower": lower,
            "met": lower is not None and lower > -self.margin,
        }


def parse_margins(texts: Iterable[str]) -> list[Margin]:
    """Parse `SCORE=MARGIN`.

    Raises:
        UsageError: Another form, a score given twice, or a margin that is negative or not finite.
    """
    parsed: dict[str, Margin] = {}
    for text in texts:
        score, separator, value = text.rpartition("=")
        score = score.strip()
        try:
            margin = float(value)
        except ValueError:
            margin = math.nan
        if not separator or not score or not math.isfinite(margin) or margin < 0:
            raise UsageError(
                f"non-inferiority margin {text!r} cannot be understood",
                where="--noninferior",
                valid="SCORE=MARGIN with a margin of 0 or more, for example rouge_l=0.02",
            )
        if score in parsed:
            raise UsageError(f"two margins for {score}", where="--noninferior", valid="one margin a score")
        parsed[score] = Margin(score, margin)
    return list(parsed.values())
