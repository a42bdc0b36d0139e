"""The rows of a pool by one score: order, ranks, who beats whom, which pairs are tested, what could be detected."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from cxrbench.leaderboard.board.ranking import Verdicts, ranks, verdicts
from cxrbench.leaderboard.board.replicates import Replicates
from cxrbench.metrics.base import FloatArray
from cxrbench.statistics.bootstrap import MAX_UNDEFINED, percentile_interval
from cxrbench.statistics.corrections import holm
from cxrbench.statistics.power import ALPHA, POWER, Spread, detectable_difference

Pair = tuple[int, int]
_DIGITS = 10
_FEWEST_DEFINED = 0.5
"""Share of the resamples in which all rows must be defined together."""


@dataclass(frozen=True)
class Standing:
    """Rows whose score is defined in nearly all resamples.

    Attributes:
        rows: Their places in the pool.
        floors: Which of them are baselines.
        points: float64 [rows].
        values: Replicates in which all rows are defined. float64 [rows, replicates].
    """

    score: str
    higher: bool
    rows: tuple[int, ...]
    floors: tuple[bool, ...]
    points: FloatArray
    values: FloatArray
    groups: int
    examples: int

    @cached_property
    def order(self) -> list[int]:
        """Positions in `rows`, best first, models before floors."""
        sign = -1.0 if self.higher else 1.0
        return sorted(range(len(self.rows)), key=lambda at: (self.floors[at], sign * self.points[at], self.rows[at]))

    @property
    def ranked(self) -> list[int]:
        """The positions that get a rank: those of models, best first."""
        return [at for at in self.order if not self.floors[at]]

    def pairs(self) -> dict[Pair, str]:
        """Pairs of positions to be tested -> why: "leader" (against every other row) or "neighbours".

        Neighbours are models next to each other in the order; without any model, floors are.
        """
        line = self.ranked or self.order
        found = dict.fromkeys(pairwise(line), "neighbours")
        return found | dict.fromkeys([(self.order[0], at) for at in self.order[1:]], "leader")

    def describe(self, p_value: Callable[[int, int], float | None]) -> dict[str, Any]:
        """Everything a page says about the order, as JSON values; rows by their places.

        Args:
            p_value: Of the randomisation test of two rows.
        """
        told = verdicts(self.points, self.values, higher=self.higher)
        return {
            "groups": self.groups,
            "examples": self.examples,
            "replicates": self.values.shape[1],
            "order": [self.rows[at] for at in self.order],
            "ranks": {str(self.rows[at]): rank for at, rank in self._ranks(told).items()},
            "beats": {
                str(self.rows[at]): [self.rows[other] for other in self.order if told.better[at, other]]
                for at in self.order
            },
            "critical": None if told.critical is None else _rounded(told.critical),
            "tests": self._tests(p_value),
            "detectable": self._detectable(told),
        }

    def _ranks(self, told: Verdicts) -> dict[int, dict[str, Any]]:
        found = ranks(told.better, self.ranked)
        return {
            at: {
                "rank": rank.rank,
                "high": rank.high,
                "of": rank.of,
                "tied": [self.rows[other] for other in rank.tied],
            }
            for at, rank in found.items()
        }

    def _tests(self, p_value: Callable[[int, int], float | None]) -> list[dict[str, Any]]:
        """First minus second, leader first; Holm's correction over all tests of this score."""
        pairs = self.pairs()
        p_values = [p_value(self.rows[one], self.rows[other]) for one, other in pairs]
        found = []
        for ((one, other), kind), p, corrected in zip(pairs.items(), p_values, holm(p_values)):
            interval, _ = percentile_interval(self.values[one] - self.values[other])
            found.append(
                {
                    "one": self.rows[one],
                    "other": self.rows[other],
                    "kind": kind,
                    "difference": _rounded(self.points[one] - self.points[other]),
                    "ci95": None if interval is None else [_rounded(bound) for bound in interval],
                    "p": None if p is None else float(f"{p:.{_DIGITS}g}"),
                    "p_holm": None if corrected is None else float(f"{corrected:.{_DIGITS}g}"),
                }
            )
        return sorted(found, key=lambda test: (test["kind"] != "leader", self._place(test["one"], test["other"])))

    def _place(self, one: int, other: int) -> tuple[int, int]:
        places = [self.rows[at] for at in self.order]
        return places.index(one), places.index(other)

    def _detectable(self, told: Verdicts) -> dict[str, Any] | None:
        """The smallest true difference that a test of two such models on these examples finds.

        From the median standard error of the differences of two models; of two rows where there is one model; of one
        row, as if a second one varied as much and independently, where there is one row.
        """
        bases = {
            "models": _errors(told, self.ranked),
            "rows": _errors(told, self.order),
            "one": [math.sqrt(2) * float(self.values[self.order[0]].std(ddof=1))],
        }
        basis, errors = next(((name, errors) for name, errors in bases.items() if errors), ("one", [0.0]))
        error = float(np.median(errors)) * math.sqrt(self.groups / (self.groups - 1))
        if error == 0:
            return None
        found = Spread(self.score, None, error, self.groups, self.examples, basis != "one")
        return {
            "difference": _rounded(detectable_difference(found, self.groups)),
            "error": _rounded(error),
            "basis": basis,
            "power": POWER,
            "alpha": ALPHA,
        }


def _errors(told: Verdicts, chosen: Sequence[int]) -> list[float]:
    """Standard errors of the differences of all pairs that vary."""
    errors = [float(told.errors[one, other]) for place, one in enumerate(chosen) for other in chosen[place + 1 :]]
    return [error for error in errors if error > 0]


def settle(
    score: str,
    higher: bool,
    rows: Sequence[int],
    floors: Sequence[bool],
    found: Replicates,
    groups: int,
    examples: int,
) -> tuple[Standing | None, dict[int, str]]:
    """The standing of the rows that are defined often enough, and why the others are not ranked."""
    undefined = np.isnan(found.values).mean(axis=1)
    reasons = {
        row: f"undefined in {share:.0%} of the resamples"
        for row, share in zip(rows, undefined)
        if share > MAX_UNDEFINED
    }
    kept = [at for at, row in enumerate(rows) if row not in reasons]
    defined = np.isfinite(found.values[kept]).all(axis=0)
    if not kept or defined.mean() < _FEWEST_DEFINED:
        return None, reasons | {rows[at]: "too few resamples in which all rows are defined" for at in kept}
    standing = Standing(
        score=score,
        higher=higher,
        rows=tuple(rows[at] for at in kept),
        floors=tuple(floors[at] for at in kept),
        points=found.points[kept],
        values=found.values[kept][:, defined],
        groups=groups,
        examples=examples,
    )
    return standing, reasons


def _rounded(value: float) -> float:
    # Plus 0.0: a rounded -0.0 would be another JSON text than 0.0.
    return round(float(value), _DIGITS) + 0.0
