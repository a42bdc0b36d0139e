"""From predictions to results: statistics once per example, then values, intervals and strata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.measuring import ScoredExample, fit_states, joined
from cxrbench.core.sharded_scoring import Shards, measure_here
from cxrbench.core.types import Example, Prediction
from cxrbench.metrics.base import FloatArray, Metric
from cxrbench.statistics.bootstrap import Estimate, Measured, estimate

RESULTS_SCHEMA = "cxrbench.results/1"
_DIGITS = 10
_ROWS = 16_384
"""Rows of statistics.parquet written at once."""
_ALL = ("", "")


@dataclass(frozen=True)
class Scored:
    """The scores of one protocol, and the per-example statistics they came from."""

    examples: Sequence[ScoredExample]
    measured: Sequence[Measured]
    results: dict[str, Any]


def score_predictions(
    examples: Sequence[Example],
    predictions: Mapping[str, Prediction],
    metrics: Sequence[Metric],
    *,
    header: Mapping[str, Any],
    resamples: int,
    seed: int,
    partial: bool = False,
    shards: Shards = measure_here,
) -> Scored:
    """Score what was predicted.

    Args:
        examples: All examples of the run, in the data set's order; they are asked for part by part.
        predictions: By id; a missing one counts as "error".
        header: The leading fields of results.json: task, model, protocol, phantom.
        partial: Whether the run was limited, so that it cannot be ranked.
        shards: Measures the parts: in this process, or in workers.

    Returns:
        Results as stored in results.json, without provenance.
    """
    states = fit_states(metrics, examples)
    found = joined(metrics, shards(metrics, states, examples, predictions))
    masks = {_ALL: np.ones(len(found.rows), bool), **_masks(found.rows)}
    groups = [row.group for row in found.rows]
    estimates = estimate(found.measured, groups, masks, resamples=resamples, seed=seed)
    signatures = {name: metric.signature() for metric in metrics for name in metric.scores}
    directions = {name: direction for metric in metrics for name, direction in metric.scores.items()}
    overall = _explained(estimates[_ALL], metrics, found.failed)
    results: dict[str, Any] = {
        "schema": RESULTS_SCHEMA,
        **header,
        "n": len(examples),
        "status_counts": found.counts,
        "complete": found.counts["error"] == 0,
        "sections_cut": None if found.sections_cut is None else round(found.sections_cut, _DIGITS),
        "partial": partial,
        "resamples": resamples,
        "seed": seed,
        "scores": {
            name: {**_record(found), "direction": directions[name], "signature": signatures[name]}
            for name, found in overall.items()
        },
        "strata": _strata(masks, estimates),
    }
    return Scored(found.rows, found.measured, results)


def _explained(
    estimates: Mapping[str, Estimate], metrics: Sequence[Metric], failed: Sequence[bool]
) -> Mapping[str, Estimate]:
    """The estimates, where those without an example say so if it is because all of theirs failed."""
    reason = "every example that counts for it failed and is unscored"
    explained = dict(estimates)
    for metric, lost in zip(metrics, failed):
        empty = [name for name in metric.scores if not estimates[name].n]
        if empty and lost:
            explained |= {name: replace(estimates[name], reason=reason, interval_reason=reason) for name in empty}
    return explained


def _masks(examples: Sequence[ScoredExample]) -> dict[tuple[str, str], NDArray[np.bool_]]:
    members: dict[tuple[str, str], list[int]] = {}
    for index, example in enumerate(examples):
        for stratum, values in example.strata.items():
            for value in values:
                members.setdefault((stratum, value), []).append(index)
    masks = {}
    for key in sorted(members):
        mask = np.zeros(len(examples), bool)
        mask[members[key]] = True
        masks[key] = mask
    return masks


def _strata(
    masks: Mapping[tuple[str, str], NDArray[np.bool_]],
    estimates: Mapping[tuple[str, str], Mapping[str, Estimate]],
) -> dict[str, dict[str, Any]]:
    strata: dict[str, dict[str, Any]] = {}
    for key, mask in masks.items():
        if key == _ALL:
            continue
        stratum, value = key
        scores = {name: _record(found) for name, found in estimates[key].items()}
        strata.setdefault(stratum, {})[value] = {"n": int(mask.sum()), "scores": scores}
    return strata


def _record(found: Estimate) -> dict[str, Any]:
    record: dict[str, Any] = {
        "value": None if found.value is None else round(found.value, _DIGITS),
        "ci95": None if found.ci95 is None else [round(bound, _DIGITS) for bound in found.ci95],
        "n": found.n,
    }
    if found.reason or found.interval_reason:
        record["reason"] = found.reason or found.interval_reason
    return record


def write_statistics(path: Path, scored: Mapping[str, Scored]) -> None:
    """Write `statistics_table` as Parquet, a part of the rows at a time: that of a large run is gigabytes."""
    import pyarrow.parquet as parquet

    count = len(next(iter(scored.values())).examples)
    head = statistics_table(scored, 0, min(count, _ROWS))
    with parquet.ParquetWriter(path, head.schema) as writer:
        writer.write_table(head)
        for start in range(_ROWS, count, _ROWS):
            writer.write_table(statistics_table(scored, start, min(count, start + _ROWS)))


def statistics_table(scored: Mapping[str, Scored], start: int = 0, stop: int | None = None) -> Any:
    """One row per scored example: id, group, strata, and every metric's statistics, as a pyarrow Table.

    Columns of metrics are named `<protocol>/<metric>/<column>`; strata `stratum/<name>` are lists of strings. Null
    where a metric could not use the example.

    Args:
        start, stop: The rows; all of them by default.
    """
    import pyarrow as pa

    first = next(iter(scored.values()))
    rows = first.examples[start:stop]
    columns: dict[str, Any] = {
        "id": pa.array([example.id for example in rows], pa.string()),
        "group": pa.array([example.group for example in rows], pa.string()),
    }
    for stratum in sorted({name for example in first.examples for name in example.strata}):
        values = [list(example.strata.get(stratum, ())) for example in rows]
        columns[f"stratum/{stratum}"] = pa.array(values, pa.list_(pa.string()))
    for protocol, item in scored.items():
        for measured in item.measured:
            prefix = f"{protocol}/{measured.metric.name}"
            include = measured.include if measured.include is not None else np.ones(len(first.examples), bool)
            used, before = include[start:stop], int(include[:start].sum())
            part = slice(before, before + int(used.sum()))
            for index, column in enumerate(measured.statistics.columns):
                columns[f"{prefix}/{column}"] = _numbers(measured.statistics.values[part, index], used)
            for column, ragged in measured.statistics.lists.items():
                columns[f"{prefix}/{column}"] = _lists(ragged[part], used)
    return pa.table(columns)


def _numbers(values: FloatArray, used: NDArray[np.bool_]) -> Any:
    """The values at the places of the examples they belong to; null elsewhere."""
    import pyarrow as pa

    spread = np.zeros(len(used))
    spread[used] = values
    return pa.array(spread, pa.float64(), mask=~used)


def _lists(rows: Sequence[FloatArray], used: NDArray[np.bool_]) -> Any:
    """The same of lists of any length."""
    import pyarrow as pa

    lengths = np.zeros(len(used), np.int64)
    lengths[used] = [len(row) for row in rows]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = np.concatenate([np.zeros(0), *rows])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values, pa.float64()), mask=pa.array(~used))
