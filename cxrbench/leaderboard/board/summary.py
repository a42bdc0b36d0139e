"""The leaderboard as data, from which pages, CSV and JSON are made: no HTML, no formatted number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cxrbench.core.run_folder import folder_name
from cxrbench.leaderboard.board.analysis import Settings, analyse
from cxrbench.leaderboard.board.cache import Cache
from cxrbench.leaderboard.board.collect import LeftOut
from cxrbench.leaderboard.board.controls import image_reliances
from cxrbench.leaderboard.board.tables import Row, Table, TableKey
from cxrbench.leaderboard.board.trust import UntrustedError, trusted_task
from cxrbench.leaderboard.page.names import resampling_unit
from cxrbench.tasks.base import Task

_FIRST_SCORES = 8
"""Scores shown first where the task is not installed and names no headline."""
_DIFFERENCES = {
    "phantom": "phantom and real data",
    "data": "data set",
    "split": "split",
    "task_version": "version of the task",
    "fingerprint": "content of the data",
    "protocol": "protocol",
}
_ORDER = ("model", "oracle", "control", "unranked", "floor")


def summarise(
    tables: Sequence[Table],
    left_out: Sequence[LeftOut],
    settings: Settings,
    cache: Cache,
    *,
    rank_by: Sequence[str] = (),
    trusted: frozenset[str] = frozenset(),
    note: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Everything a site says, as JSON values.

    Args:
        rank_by: Scores to rank by besides the headline scores of each task.
        trusted: `module:Name` specs of tasks and metrics that may be imported.
        note: Told what is being computed.
    """
    names = _names([table.key for table in tables])
    found = []
    for table in tables:
        note(f"ranking {table.key.task}, protocol {table.key.protocol}: {len(table.rows)} rows")
        found.append(_table(table, names, settings, cache, rank_by, trusted))
    return {
        "schema": "cxrbench.leaderboard/1",
        "settings": asdict(settings),
        "tables": found,
        "left_out": [asdict(item) for item in left_out],
    }


def _names(keys: Sequence[TableKey]) -> dict[TableKey, str]:
    """A file name per table, with as much of its identity as tells it apart."""
    names: dict[TableKey, str] = {}
    for key in keys:
        parts = [key.task, key.protocol, *(["phantom"] if key.phantom else [])]
        alike = [other for other in keys if (other.task, other.protocol, other.phantom) == (*parts[:2], key.phantom)]
        for field in ("data", "split", "task_version"):
            if len({getattr(other, field) for other in alike}) > 1:
                parts.append(getattr(key, field))
        name = "--".join(folder_name(part)[:40] for part in parts)
        taken = set(names.values())
        names[key] = name if name not in taken else f"{name}--{folder_name(key.fingerprint)[:8]}"
        while names[key] in taken:
            names[key] += "-2"
    return names


def _table(
    table: Table,
    names: Mapping[TableKey, str],
    settings: Settings,
    cache: Cache,
    rank_by: Sequence[str],
    trusted: frozenset[str],
) -> dict[str, Any]:
    key = table.key
    task = _task(table, trusted)
    headline = _headline(table, task)
    ranked = list(dict.fromkeys([*headline, *(score for score in rank_by if _occurs(table, score))]))
    main = ranked[0] if ranked else None
    rows = sorted(table.rows, key=lambda row: _place(row, main))
    ids = {id(row): f"r{number}" for number, row in enumerate(rows, start=1)}
    pools = _pools(rows)
    analyses = [analyse(pool, ranked, settings, cache, trusted) for pool in pools]
    signatures = _signatures(analyses, table, ranked)
    return {
        "id": names[key],
        **asdict(key),
        "restricted": _restricted(table, task),
        "n": table.n,
        "unit": resampling_unit(key.data),
        "unit_one": resampling_unit(key.data, many=False),
        "main": main,
        "ranked_by": ranked,
        "scores": [
            {
                "name": score,
                "direction": found["direction"],
                "headline": score in headline,
                "signature": signatures[score],
            }
            for score, found in _scores(table, ranked).items()
        ],
        "undefined": _undefined(table),
        "rows": [_row(row, ids[id(row)], pools, analyses, ids, signatures) for row in rows],
        "pools": [
            {
                "inputs": list(pool[0].inputs),
                "rows": [ids[id(row)] for row in pool],
                "by": {score: _by_score(found, pool, ids) for score, found in analysis.items()},
            }
            for pool, analysis in zip(pools, analyses)
        ],
        "reliance": image_reliances(rows, ids, [name for name in headline if not name.endswith("_rate")], cache),
        "apart": _apart(key, names),
    }


def _task(table: Table, trusted: frozenset[str]) -> Task | None:
    """The task that the runs name; None where it is not installed or not trusted."""
    for row in table.rows:
        try:
            return trusted_task(row.run.record, trusted)
        except UntrustedError:
            continue
    return None


def _headline(table: Table, task: Task | None) -> list[str]:
    wanted = list(_scores(table, ()))[:_FIRST_SCORES] if task is None else task.headline
    return [score for score in wanted if _occurs(table, score)]


def _occurs(table: Table, score: str) -> bool:
    return any(row.run.results["scores"].get(score, {}).get("value") is not None for row in table.rows)


def _scores(table: Table, first: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Every score that some row has a value of: `first`, then in the order of the results files."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in table.rows:
        for score, item in row.run.results["scores"].items():
            if item["value"] is not None:
                found.setdefault(score, item)
    return {score: found[score] for score in dict.fromkeys([*first, *found])}


def _undefined(table: Table) -> dict[str, str]:
    """Scores that no row has a value of -> why."""
    return {
        score: item["reason"] or "undefined"
        for row in table.rows
        for score, item in row.run.results["scores"].items()
        if not _occurs(table, score)
    }


def _place(row: Row, main: str | None) -> tuple[Any, ...]:
    """Sections, then best first by the main score, undefined last."""
    item = row.run.results["scores"].get(main, {}) if main else {}
    value = item.get("value")
    sign = -1 if item.get("direction") == "higher" else 1
    known = (0, sign * value) if value is not None else (1, 0)
    return (_ORDER.index(row.kind), len(row.inputs), row.inputs, *known, row.label)


def _pools(rows: Sequence[Row]) -> list[list[Row]]:
    """Models and floors that were shown the same inputs; the pool with most models first."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if row.kind in ("model", "floor"):
            found.setdefault(row.inputs, []).append(row)
    return sorted(found.values(), key=lambda pool: (-sum(row.kind == "model" for row in pool), pool[0].inputs))


def _signatures(analyses: Sequence[Mapping[str, Any]], table: Table, ranked: Sequence[str]) -> dict[str, str]:
    """Score -> the signature of its column: the ranked one, else that of the first row with a value."""
    found = {score: item["signature"] for score, item in _scores(table, ranked).items()}
    for analysis in reversed(analyses):
        found |= {score: item["signature"] for score, item in analysis.items()}
    return found


def _row(
    row: Row,
    name: str,
    pools: Sequence[Sequence[Row]],
    analyses: Sequence[Mapping[str, Any]],
    ids: Mapping[int, str],
    signatures: Mapping[str, str],
) -> dict[str, Any]:
    record, results = row.run.record, row.run.results
    ranks: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for pool, analysis in zip(pools, analyses):
        if row not in pool:
            continue
        place = str([id(other) for other in pool].index(id(row)))
        for score, found in analysis.items():
            if place in found["reasons"]:
                reasons[score] = found["reasons"][place]
            elif place in found.get("beats", {}):
                ranks[score] = _rank(found, place, pool, ids)
    return {
        "id": name,
        "label": row.label,
        "kind": row.kind,
        "reason": row.reason,
        "seen": row.seen,
        "inputs": list(row.inputs),
        "model": dict(record["model"]),
        "run": {
            "id": record["run_id"],
            "path": row.run.path,
            "seed": record["identity"]["seed"],
            "notes": record["data"]["notes"],
            **record["provenance"],
        },
        "n": results["n"],
        "status_counts": dict(results["status_counts"]),
        "scores": {
            score: {
                key: item[key]
                for key in ("value", "ci95", "n", "reason", "signature")
                if key in ("value", "ci95", "n") or (item[key] and item[key] != signatures[score])
            }
            for score, item in results["scores"].items()
            if score in signatures
        },
        "ranks": ranks,
        "not_ranked": reasons,
    }


def _rank(found: Mapping[str, Any], place: str, pool: Sequence[Row], ids: Mapping[int, str]) -> dict[str, Any]:
    """Rank (models only), with who beats whom among all rows of the pool."""

    def named(places: Sequence[int]) -> list[str]:
        return [ids[id(pool[other])] for other in places]

    rank = found["ranks"].get(place)
    known = {**rank, "tied": named(rank["tied"])} if rank else {}
    beaten_by = [int(other) for other, beaten in found["beats"].items() if int(place) in beaten]
    return {**known, "beats": named(found["beats"][place]), "beaten_by": named(beaten_by)}


def _by_score(found: Mapping[str, Any], pool: Sequence[Row], ids: Mapping[int, str]) -> dict[str, Any]:
    kept = ("groups", "examples", "replicates", "critical", "detectable")
    return {
        **{key: found[key] for key in kept if key in found},
        "order": [ids[id(pool[place])] for place in found.get("order", [])],
        "tests": [
            {**test, "one": ids[id(pool[test["one"]])], "other": ids[id(pool[test["other"]])]}
            for test in found.get("tests", [])
        ],
    }


def _restricted(table: Table, task: Task | None) -> bool:
    """Whether the data must not be passed on; by the task where the runs do not say."""
    said = [row.run.record["data"]["restricted"] for row in table.rows]
    if any(item is not None for item in said):
        return any(bool(item) for item in said)
    return task is not None and task.restricted and not table.key.phantom


def _apart(key: TableKey, names: Mapping[TableKey, str]) -> list[dict[str, Any]]:
    """Other tables of the same task, and in what they differ: why they are not ranked together."""
    others = [(other, name) for other, name in names.items() if other.task == key.task and other != key]

    def differs(other: TableKey) -> list[str]:
        return [what for field, what in _DIFFERENCES.items() if getattr(key, field) != getattr(other, field)]

    return [{"id": name, "differs_in": differs(other)} for other, name in others]
