"""The statistics of the rows of a table that may be ranked together: same inputs, examples, groups and signature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cxrbench.core.comparability import OpenRun
from cxrbench.core.errors import CxrbenchError
from cxrbench.core.run_statistics import (
    RunStatistics,
    UnusableStatisticsError,
    metrics_without_data,
    read_stored,
)
from cxrbench.leaderboard.board.tables import Row
from cxrbench.leaderboard.board.trust import UntrustedError, trusted_record
from cxrbench.metrics.base import Metric, Statistics

FEWEST_GROUPS = 10
"""Patients below which nothing is ranked: no test of so few can show a difference with confidence."""


@dataclass(frozen=True)
class Family:
    """Scores of one metric and signature, with the statistics of the rows that have them.

    Attributes:
        rows: Places among the rows of the pool.
        statistics: Of each of them, for the same examples.
        groups: Group of each example.
    """

    metric: Metric
    signature: str
    scores: tuple[str, ...]
    rows: tuple[int, ...]
    statistics: tuple[Statistics, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Pool:
    """What can be ranked, and why the rest cannot.

    Attributes:
        reasons: Score -> place of a row -> why it is not ranked by this score.
        refused: Whether a row could not be read here and now; another installation might.
    """

    families: tuple[Family, ...]
    reasons: Mapping[str, Mapping[int, str]]
    refused: bool = False


def usual_signatures(rows: Sequence[Row], scores: Sequence[str]) -> dict[str, str]:
    """Score -> the signature that most rows have, the first of equally frequent ones; no score without rows."""
    found = {}
    for score in scores:
        seen = Counter(row.run.results["scores"][score]["signature"] for row in rows if _has(row, score))
        if seen:
            found[score] = max(seen, key=lambda signature: seen[signature])
    return found


def load_pool(
    rows: Sequence[Row], scores: Sequence[str], signatures: Mapping[str, str], trusted: frozenset[str]
) -> Pool:
    """Read the statistics of rows that were shown the same inputs.

    Args:
        signatures: Score -> the signature that is ranked.
        trusted: `module:Name` specs of tasks and metrics that may be imported.
    """
    reasons: dict[str, dict[int, str]] = {score: {} for score in scores}
    loaded: dict[int, RunStatistics] = {}
    any_refused = False
    for place, row in enumerate(rows):
        wanted = []
        for score in scores:
            reason = _why_not(row, score, signatures[score])
            if reason:
                reasons[score][place] = reason
            else:
                wanted.append(score)
        if not wanted:
            continue
        try:
            loaded[place] = _read(row, wanted, trusted)
        except _Refused as refused:
            any_refused = True
            for score in wanted:
                reasons[score][place] = str(refused)
    _same_examples(loaded, scores, reasons)
    families: dict[tuple[str, str, bytes], Family] = {}
    for score in scores:
        _add_family(score, signatures[score], loaded, reasons[score], families)
    return Pool(tuple(families.values()), reasons, any_refused)


class _Refused(Exception):
    """Why the statistics of a row cannot serve."""


def _has(row: Row, score: str) -> bool:
    return row.run.results["scores"].get(score, {}).get("value") is not None


def _why_not(row: Row, score: str, signature: str) -> str:
    found = row.run.results["scores"].get(score)
    if found is None:
        return "this run was not scored by it"
    if found["value"] is None:
        return f"undefined: {found['reason'] or 'no reason was recorded'}"
    if found["signature"] != signature:
        return f"another signature: {found['signature']}"
    if row.run.statistics is None:
        return "statistics.parquet is missing: repeat the run command, which writes it again"
    return ""


def _read(row: Row, scores: Sequence[str], trusted: frozenset[str]) -> RunStatistics:
    try:
        record = trusted_record(row.run.record, row.run.results["protocol"], trusted)
        run = OpenRun(row.label, row.run.folder, record, row.run.results, trusted)
        return read_stored(run, metrics_without_data(run, scores), scores)
    except (UntrustedError, UnusableStatisticsError, CxrbenchError) as error:
        message = str(error).splitlines()[0]
        raise _Refused(message.replace(str(row.run.folder.path), "").lstrip("/\\")) from None
    except (ValueError, KeyError, TypeError, IndexError) as error:
        # A hostile file can have columns of any type; whatever pyarrow and numpy make of them, the row is not ranked.
        raise _Refused(f"the statistics cannot be used ({type(error).__name__})") from None


def _same_examples(
    loaded: dict[int, RunStatistics], scores: Sequence[str], reasons: dict[str, dict[int, str]]
) -> None:
    """Drop rows whose examples or groups differ from those of most rows."""
    if not loaded:
        return
    identities = {place: hash((item.ids, item.groups)) for place, item in loaded.items()}
    usual = Counter(identities.values()).most_common(1)[0][0]
    for place, identity in identities.items():
        if identity != usual:
            del loaded[place]
            for score in scores:
                reasons[score].setdefault(place, "other examples or groups than the other runs")


def _add_family(
    score: str,
    signature: str,
    loaded: Mapping[int, RunStatistics],
    reasons: dict[int, str],
    families: dict[tuple[str, str, bytes], Family],
) -> None:
    """Put a score into the family of its metric; rows scored on other examples than most get a reason instead."""
    found = {
        place: measured
        for place, item in loaded.items()
        if place not in reasons
        for measured in item.measured
        if score in measured.metric.scores
    }
    if not found:
        return
    masks = {
        place: b"" if measured.include is None or measured.include.all() else np.packbits(measured.include).tobytes()
        for place, measured in found.items()
    }
    usual = Counter(masks.values()).most_common(1)[0][0]
    for place in [place for place, mask in masks.items() if mask != usual]:
        reasons[place] = "scored on other examples than the other runs"
        del found[place]
    first = next(iter(found))
    columns = found[first].statistics.columns
    for place in [place for place, measured in found.items() if measured.statistics.columns != columns]:
        reasons[place] = "statistics of another version"
        del found[place]
    include = found[first].include
    names = loaded[first].groups
    groups = names if include is None else tuple(name for name, used in zip(names, include.tolist()) if used)
    if len(set(groups)) < FEWEST_GROUPS:
        for place in found:
            reasons[place] = f"only {len(set(groups))} resampling units: too few to tell models apart"
        return
    rows = tuple(found)
    key = (found[first].metric.name, signature, repr(rows).encode())
    known = families.get(key)
    families[key] = Family(
        metric=found[first].metric,
        signature=signature,
        scores=(*(known.scores if known else ()), score),
        rows=rows,
        statistics=tuple(measured.statistics for measured in found.values()),
        groups=groups,
    )
