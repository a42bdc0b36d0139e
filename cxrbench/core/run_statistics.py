"""The per-example statistics of finished runs: read from statistics.parquet, else measured again.

statistics.parquet needs no data set and no model, so runs of restricted or moved data can be compared anywhere. It
is trusted only where it reproduces the values of results.json with today's metrics; otherwise the predictions are
measured again, which needs the data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cxrbench.core.comparability import OpenRun
from cxrbench.core.errors import DataError, MissingError, RunFolderError
from cxrbench.core.ordering import hashed_order
from cxrbench.core.preparing import prepare
from cxrbench.core.registry import TASKS
from cxrbench.core.reporter import Reporter
from cxrbench.core.scoring import score_predictions
from cxrbench.metrics.base import Metric, Statistics
from cxrbench.statistics.bootstrap import Measured
from cxrbench.tasks.base import Task, TaskData
from cxrbench.tasks.lazy import example_ids, take_examples

_TOLERANCE = 1e-8


@dataclass(frozen=True)
class RunStatistics:
    """What one run scored.

    Attributes:
        ids, groups: Of the scored examples, in the data set's order.
        strata: Stratum -> the values that each scored example belongs to.
        measured: The metrics that the compared scores come from.
    """

    ids: tuple[str, ...]
    groups: tuple[str, ...]
    strata: Mapping[str, Sequence[tuple[str, ...]]]
    measured: tuple[Measured, ...]


class UnusableStatisticsError(Exception):
    """Why statistics.parquet cannot serve."""


def load_statistics(
    runs: Sequence[OpenRun], scores: Sequence[str], *, data_root: Path | None, reporter: Reporter
) -> tuple[list[RunStatistics], str]:
    """The statistics behind `scores` of runs that are comparable, each run with the same metric objects.

    Returns:
        The statistics, and "statistics.parquet" or "predictions.jsonl", from which they come.

    Raises:
        DataError: They must be measured again, and the data are gone or changed.
    """
    try:
        return _stored(runs, scores), runs[0].folder.statistics_file.name
    except UnusableStatisticsError as reason:
        reporter.note(f"measuring the predictions again: {reason}")
    return _measured_again(runs, scores, data_root, reporter), runs[0].folder.predictions_file.name


def _stored(runs: Sequence[OpenRun], scores: Sequence[str]) -> list[RunStatistics]:
    metrics = metrics_without_data(runs[0], scores)
    fitted = [metric.name for metric in metrics if type(metric).fit is not Metric.fit]
    if fitted and not all(runs[0].same_examples(run) for run in runs):
        raise UnusableStatisticsError(f"{', '.join(fitted)} learnt from different references in each run")
    return [read_stored(run, metrics, scores) for run in runs]


def metrics_without_data(run: OpenRun, scores: Sequence[str]) -> list[Metric]:
    """The metrics of the scores; their aggregation is the same whatever the data, their texts are not needed.

    Raises:
        UnusableStatisticsError: A score that no metric of the task gives without its data.
    """
    config = run.config
    task: Task = TASKS.load(config.task)()
    data = run.record["data"]
    empty = TaskData((), {}, tuple, data["name"], data["split"], data["fingerprint"], data["phantom"])
    # Families named like a wanted score first: one that needs missing weights is built only if nothing else serves.
    families = sorted(config.metrics or task.metrics, key=lambda name: not any(s.startswith(name) for s in scores))
    found: list[Metric] = []
    wanted = set(scores)
    for family in families:
        if not wanted:
            break
        try:
            built = task.build_metrics(run.results["protocol"], empty, (family,), config.metric_options)
        except MissingError:
            continue
        except Exception as error:
            # A task of a third party may look into the data that it is not given here.
            raise UnusableStatisticsError(
                f"the metrics of {task.name} need its data ({type(error).__name__}: {error})"
            ) from error
        chosen = [metric for metric in built if wanted & set(metric.scores)]
        found += chosen
        wanted -= {score for metric in chosen for score in metric.scores}
    if wanted:
        raise UnusableStatisticsError(f"no metric of {task.name} gives {', '.join(sorted(wanted))} without its data")
    return found


def read_stored(run: OpenRun, metrics: Sequence[Metric], scores: Sequence[str]) -> RunStatistics:
    """The statistics of some metrics in statistics.parquet.

    Args:
        scores: Those that the statistics must turn into the values of results.json.

    Raises:
        UnusableStatisticsError: The file is missing, damaged, of other examples, or does not reproduce a score.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    path = run.folder.statistics_file
    try:
        file = parquet.ParquetFile(path)
        names = list(file.schema_arrow.names)
        prefixes = [f"{run.results['protocol']}/{metric.name}/" for metric in metrics]
        needed = [name for name in names if name.startswith(("stratum/", *prefixes))]
        table = file.read(columns=["id", "group", *needed])
        file.close()
    except (OSError, pa.ArrowException) as error:
        raise UnusableStatisticsError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    if not {"id", "group"} <= set(names) or table.num_rows != run.results["n"] - run.failed:
        raise UnusableStatisticsError(f"{path} does not hold the {run.results['n'] - run.failed} scored examples")
    measured = tuple(_columns(table, prefix, metric, path) for prefix, metric in zip(prefixes, metrics))
    for item in measured:
        _check_reproduced(run, item, scores)
    strata = {
        name.removeprefix("stratum/"): [tuple(values or ()) for values in table[name].to_pylist()]
        for name in needed
        if name.startswith("stratum/")
    }
    return RunStatistics(tuple(table["id"].to_pylist()), tuple(table["group"].to_pylist()), strata, measured)


def _columns(table: Any, prefix: str, metric: Metric, path: Path) -> Measured:
    """One metric's columns; rows that are null belong to examples that the metric could not use."""
    import pyarrow as pa

    names = [name for name in table.column_names if name.startswith(prefix)]
    if not names:
        raise UnusableStatisticsError(f"{path} has no statistics of {metric.name}")
    include = np.asarray(table[names[0]].is_valid().to_numpy(zero_copy_only=False), bool)
    plain: dict[str, Any] = {}
    lists = {}
    for name in names:
        column = table[name].drop_null()
        if len(column) != int(include.sum()):
            raise UnusableStatisticsError(f"{path} has gaps in {name}")
        if pa.types.is_list(column.type):
            lists[name.removeprefix(prefix)] = [np.asarray(row, np.float64) for row in column.to_pylist()]
        else:
            plain[name.removeprefix(prefix)] = column.to_numpy()
    values = np.column_stack(list(plain.values())) if plain else np.zeros((int(include.sum()), 0))
    return Measured(metric, Statistics(tuple(plain), np.asarray(values, np.float64), lists), include)


def _check_reproduced(run: OpenRun, item: Measured, scores: Sequence[str]) -> None:
    rows = len(item.statistics.values)
    try:
        computed = item.metric.aggregate(item.statistics, np.ones((1, rows))) if rows else {}
    except (IndexError, KeyError, ValueError) as error:
        raise UnusableStatisticsError(
            f"the statistics of {item.metric.name} in run {run.name} are of another version"
        ) from error
    for score in set(scores) & set(item.metric.scores):
        stored = run.results["scores"][score]
        value = float(computed[score][0]) if score in computed else math.nan
        same = (
            not math.isfinite(value)
            if stored["value"] is None
            else abs(value - stored["value"]) <= _TOLERANCE * max(1.0, abs(value))
        )
        if not same or stored["n"] != rows:
            raise UnusableStatisticsError(f"the statistics of run {run.name} do not reproduce its {score}")


def _measured_again(
    runs: Sequence[OpenRun], scores: Sequence[str], data_root: Path | None, reporter: Reporter
) -> list[RunStatistics]:
    first = runs[0]
    protocol = str(first.results["protocol"])
    config = replace(first.config, limit=None, protocols=(protocol,))
    if data_root is not None:
        config = replace(config, data_root=data_root)
    prepared = prepare(config, reporter=reporter)
    data = prepared.data
    if data.fingerprint != first.record["identity"]["data"]:
        raise DataError(
            f"the data have changed since the runs: fingerprint {data.fingerprint}",
            valid=first.record["identity"]["data"],
            hint="name the original data with --data-root",
        )
    built = prepared.task.build_metrics(protocol, data, config.metrics or None, config.metric_options)
    metrics = [metric for metric in built if set(scores) & set(metric.scores)]
    lost = set(scores) - {score for metric in metrics for score in metric.scores}
    if lost:
        raise RunFolderError(
            f"this version of the task does not give {', '.join(sorted(lost))}",
            where=str(first.folder.path),
            hint="repeat the runs, or choose other scores with --score",
        )
    same = all(first.same_examples(run) for run in runs)
    found = []
    for run in runs:
        ids = example_ids(data.examples)
        taken = set(hashed_order(ids, run.config.seed)[: run.config.limit])
        # What is fitted on references must be fitted on the same ones for every run.
        examples = take_examples(data.examples, [name for name in ids if not same or name in taken])
        predictions = {key: item for key, item in run.folder.read_predictions().items() if key in taken}
        scored = score_predictions(examples, predictions, metrics, header={}, resamples=0, seed=0)
        names = sorted({name for example in scored.examples for name in example.strata})
        strata = {name: [tuple(example.strata.get(name, ())) for example in scored.examples] for name in names}
        ids = tuple(example.id for example in scored.examples)
        groups = tuple(example.group for example in scored.examples)
        found.append(RunStatistics(ids, groups, strata, tuple(scored.measured)))
    return found
