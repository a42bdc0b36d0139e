"""Ranks, tests and detectable differences of the rows of a pool, cached by the content of their statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cxrbench import __version__
from cxrbench.core import jsonio
from cxrbench.leaderboard.board.cache import Cache
from cxrbench.leaderboard.board.differences import Pair, randomisation_tests
from cxrbench.leaderboard.board.pool import Family, load_pool, usual_signatures
from cxrbench.leaderboard.board.replicates import shared_replicates
from cxrbench.leaderboard.board.standing import settle
from cxrbench.leaderboard.board.tables import Row
from cxrbench.statistics.bootstrap import RESAMPLES
from cxrbench.statistics.swaps import RANDOMISATION_TRIALS
from cxrbench.statistics.weights import Groups

_VERSION = 1
"""Raised when the same statistics would give another analysis."""


@dataclass(frozen=True)
class Settings:
    """How uncertainty is computed; part of every cache key.

    Attributes:
        resamples: Bootstrap replicates, the same for all models.
        trials: Exchanges of each randomisation test.
    """

    resamples: int = RESAMPLES
    trials: int = RANDOMISATION_TRIALS
    seed: int = 0


def analyse(
    rows: Sequence[Row],
    scores: Sequence[str],
    settings: Settings,
    cache: Cache,
    trusted: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Score -> what is known of the rows by it, as JSON values.

    `signature` is the one that is ranked and `reasons` says of each row that is not ranked by this score why; where a
    row is, the fields of `Standing.describe` follow. Rows are named by their places. A score without rows is absent.

    Args:
        rows: Models and floors that were shown the same inputs.
        trusted: `module:Name` specs of tasks and metrics that may be imported.
    """
    signatures = usual_signatures(rows, scores)
    known = [score for score in scores if score in signatures]
    identities = [[row.kind, row.run.statistics, row.run.record["config"], row.run.results] for row in rows]
    key = jsonio.digest([*_made_by(settings), sorted(trusted), known, identities], 64)
    found: dict[str, Any] | None = cache.get("ranks", key)
    if found is not None:
        return found
    pool = load_pool(rows, known, signatures, trusted)
    found = {score: {"signature": signatures[score], "reasons": dict(pool.reasons[score])} for score in known}
    for family in pool.families:
        for score, reasons, description in _analysed(family, rows, settings, cache):
            found[score]["reasons"] |= reasons
            found[score] |= description
    for score in known:
        found[score]["reasons"] = {str(place): text for place, text in sorted(found[score]["reasons"].items())}
    if not pool.refused:
        cache.put("ranks", key, found)
    return found


def _made_by(settings: Settings) -> list[Any]:
    return [_VERSION, __version__, settings.resamples, settings.trials, settings.seed]


def _analysed(
    family: Family, rows: Sequence[Row], settings: Settings, cache: Cache
) -> list[tuple[str, dict[int, str], dict[str, Any]]]:
    """(score, reasons, description) of each score of a family."""
    units = Groups.of(family.groups)
    replicates = shared_replicates(
        family.metric,
        family.statistics,
        units,
        family.scores,
        resamples=settings.resamples,
        seed=settings.seed,
    )
    floors = [rows[place].kind == "floor" for place in family.rows]
    settled = {
        score: settle(
            score,
            family.metric.scores[score] == "higher",
            family.rows,
            floors,
            replicates[score],
            units.count,
            len(family.groups),
        )
        for score in family.scores
    }
    pairs = {
        _ordered(standing.rows[one], standing.rows[other])
        for standing, _ in settled.values()
        if standing is not None
        for one, other in standing.pairs()
    }
    tests = _tests(family, rows, sorted(pairs), settings, cache)
    return [
        (score, reasons, {} if standing is None else standing.describe(_Lookup(tests, score)))
        for score, (standing, reasons) in settled.items()
    ]


class _Lookup:
    """The p-value of two rows, in either order: exchanging them changes only the sign of the difference."""

    def __init__(self, tests: dict[Pair, dict[str, float | None]], score: str) -> None:
        self._tests = tests
        self._score = score

    def __call__(self, one: int, other: int) -> float | None:
        return self._tests[_ordered(one, other)][self._score]


def _tests(
    family: Family, rows: Sequence[Row], pairs: Sequence[Pair], settings: Settings, cache: Cache
) -> dict[Pair, dict[str, float | None]]:
    """The randomisation tests of pairs of rows; those that an earlier build made come from the cache."""
    made_by = [*_made_by(settings), family.metric.name, family.signature, list(family.scores)]

    def key(pair: Pair) -> str:
        runs = [rows[place].run for place in pair]
        return jsonio.digest([*made_by, [(run.results["protocol"], run.statistics) for run in runs]], 64)

    found = {pair: cache.get("tests", key(pair)) for pair in pairs}
    missing = [pair for pair in pairs if found[pair] is None]
    if missing:
        at = {place: position for position, place in enumerate(family.rows)}
        fresh = randomisation_tests(
            family.metric,
            family.statistics,
            family.groups,
            [(at[one], at[other]) for one, other in missing],
            family.scores,
            trials=settings.trials,
            seed=settings.seed,
        )
        for one, other in missing:
            found[one, other] = fresh[at[one], at[other]]
            cache.put("tests", key((one, other)), found[one, other])
    return found


def _ordered(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)
