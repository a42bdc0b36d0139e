"""From predictions to results: statistics once per example, then values, intervals and strata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import STATUSES, Example, Prediction, Reference
from cxrbench.metrics.base import Metric, Pairs
from cxrbench.statistics.bootstrap import Estimate, Measured, estimate

RESULTS_SCHEMA = "cxrbench.results/1"
_DIGITS = 10
_ALL = ("", "")


@dataclass(frozen=True)
class Scored:
    """The scores of one protocol, and the per-example statistics they came from."""

    examples: Sequence[Example]
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
) -> Scored:
    """Score what was predicted.

    Args:
        examples: All examples of the run, in the data set's order.
        predictions: By id; a missing one counts as "error".
        header: The leading fields of results.json: task, model, protocol, phantom.
        partial: Whether the run was limited, so that it cannot be ranked.

    Returns:
        Results as stored in results.json, without provenance.
    """
    unanswered = Prediction("-", status="error", error="not predicted")
    answers = [predictions.get(example.id, unanswered) for example in examples]
    counts = {status: sum(item.status == status for item in answers) for status in STATUSES}
    scored = [(example, item) for example, item in zip(examples, answers) if item.status != "error"]
    kept = [example for example, _ in scored]
    shared: dict[bytes, Pairs] = {}
    measured = _measure(metrics, [example.reference for example in examples], scored, shared)
    masks = {_ALL: np.ones(len(kept), bool), **_masks(kept)}
    estimates = estimate(measured, [example.group for example in kept], masks, resamples=resamples, seed=seed)
    signatures = {name: metric.signature() for metric in metrics for name in metric.scores}
    directions = {name: direction for metric in metrics for name, direction in metric.scores.items()}
    unscored = [example.reference for example, item in zip(examples, answers) if item.status == "error"]
    overall = _explained(estimates[_ALL], metrics, unscored)
    results: dict[str, Any] = {
        "schema": RESULTS_SCHEMA,
        **header,
        "n": len(examples),
        "status_counts": counts,
        "complete": counts["error"] == 0,
        "sections_cut": _sections_cut(metrics, shared),
        "partial": partial,
        "resamples": resamples,
        "seed": seed,
        "scores": {
            name: {**_record(found), "direction": directions[name], "signature": signatures[name]}
            for name, found in overall.items()
        },
        "strata": _strata(masks, estimates),
    }
    return Scored(kept, measured, results)


def _explained(
    estimates: Mapping[str, Estimate], metrics: Sequence[Metric], unscored: Sequence[Reference]
) -> Mapping[str, Estimate]:
    """The estimates, where those without an example say so if it is because all of theirs failed."""
    reason = "every example that counts for it failed and is unscored"
    explained = dict(estimates)
    for metric in metrics:
        empty = [name for name in metric.scores if not estimates[name].n]
        if empty and any(metric.usable(reference) for reference in unscored):
            explained |= {name: replace(estimates[name], reason=reason, interval_reason=reason) for name in empty}
    return explained


def _measure(
    metrics: Sequence[Metric],
    references: Sequence[Reference],
    scored: Sequence[tuple[Example, Prediction]],
    shared: dict[bytes, Pairs],
) -> list[Measured]:
    """Statistics of every metric; metrics that can use the same examples share what they derive from the texts."""
    states = [metric.fit([item for item in references if metric.usable(item)]) for metric in metrics]
    measured = []
    for metric, state in zip(metrics, states):
        include = np.array([metric.usable(example.reference) for example, _ in scored], bool)
        if include.tobytes() not in shared:
            chosen = [pair for pair, kept in zip(scored, include) if kept]
            shared[include.tobytes()] = Pairs(
                [example.reference for example, _ in chosen], [item for _, item in chosen]
            )
        measured.append(Measured(metric, metric.measure(shared[include.tobytes()], state), include))
    return measured


def _sections_cut(metrics: Sequence[Metric], shared: Mapping[bytes, Pairs]) -> float | None:
    """Share of hypotheses of which the protocol's section splitter kept only a part; None without a protocol."""
    protocol = next((metric.protocol for metric in metrics if metric.protocol is not None), None)
    largest = max(shared.values(), key=len, default=None)
    if protocol is None or largest is None or not len(largest):
        return None
    return round(protocol.altered_share(largest), _DIGITS)


def _masks(examples: Sequence[Example]) -> dict[tuple[str, str], NDArray[np.bool_]]:
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


def statistics_table(scored: Mapping[str, Scored]) -> Any:
    """One row per scored example: id, group, strata, and every metric's statistics, as a pyarrow Table.

    Columns of metrics are named `<protocol>/<metric>/<column>`; strata `stratum/<name>` are lists of strings.
    """
    import pyarrow as pa

    first = next(iter(scored.values()))
    columns: dict[str, Any] = {
        "id": pa.array([example.id for example in first.examples], pa.string()),
        "group": pa.array([example.group for example in first.examples], pa.string()),
    }
    for stratum in sorted({name for example in first.examples for name in example.strata}):
        values = [list(example.strata.get(stratum, ())) for example in first.examples]
        columns[f"stratum/{stratum}"] = pa.array(values, pa.list_(pa.string()))
    for protocol, item in scored.items():
        for measured in item.measured:
            prefix = f"{protocol}/{measured.metric.name}"
            statistics = measured.statistics
            for index, column in enumerate(statistics.columns):
                rows = _spread(statistics.values[:, index].tolist(), measured.include)
                columns[f"{prefix}/{column}"] = pa.array(rows, pa.float64())
            for column, ragged in statistics.lists.items():
                rows = _spread([row.tolist() for row in ragged], measured.include)
                columns[f"{prefix}/{column}"] = pa.array(rows, pa.list_(pa.float64()))
    return pa.table(columns)


def _spread(rows: Sequence[Any], include: NDArray[np.bool_] | None) -> list[Any]:
    """The rows at the places of the examples they belong to; None for examples that the metric could not use."""
    if include is None:
        return list(rows)
    remaining = iter(rows)
    return [next(remaining) if used else None for used in include]
