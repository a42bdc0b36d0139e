"""A run: examples to predictions to results, all in one folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cxrbench.adapters.base import AdapterContext, closing_adapter, create_adapter
from cxrbench.adapters.file import FileAdapter
from cxrbench.core import jsonio
from cxrbench.core.agreement import require_agreement
from cxrbench.core.config import DEFAULT_BATCH_SIZE, RunConfig
from cxrbench.core.errors import DataError, UnknownNameError, UsageError
from cxrbench.core.ordering import hashed_order
from cxrbench.core.predicting import predict_into
from cxrbench.core.provenance import now, provenance
from cxrbench.core.registry import METRICS, TASKS
from cxrbench.core.reporter import Progress, Reporter, Silent
from cxrbench.core.requirements import Requirement
from cxrbench.core.results import Results
from cxrbench.core.run_folder import RUN_SCHEMA, RunFolder, folder_name, run_id
from cxrbench.core.scoring import Scored, score_predictions, statistics_table
from cxrbench.core.types import Adapter, Example, ModelInfo, Prediction
from cxrbench.datasets.images import load_image
from cxrbench.metrics.base import Metric
from cxrbench.tasks.base import Task, TaskData, TaskOptions
from cxrbench.tasks.lazy import example_ids, take_examples

_LISTED = 10


@dataclass(frozen=True)
class RunOutcome:
    """A finished run.

    Attributes:
        predictions: By id.
        results: Protocol -> results, the first protocol first; empty when only predictions were asked for.
    """

    folder: RunFolder
    task: Task
    predictions: Mapping[str, Prediction]
    results: Mapping[str, Results]

    @property
    def complete(self) -> bool:
        return all(item.status != "error" for item in self.predictions.values())


@dataclass(frozen=True)
class Prepared:
    """A task with its data and the model, before anything is predicted."""

    config: RunConfig
    task: Task
    data: TaskData
    examples: Sequence[Example]
    protocols: tuple[str, ...]

    def in_data_order(self) -> list[Example]:
        """The examples of the run in the order of the data set: the order in which they are scored."""
        chosen = {example.id: example for example in self.examples}
        return [chosen[name] for name in example_ids(self.data.examples) if name in chosen]

    @property
    def restricted(self) -> bool:
        """Whether texts and films must stay on this machine: real data of a restricted task."""
        return self.task.restricted and not self.data.phantom


def prepare(config: RunConfig, task: Task | None = None, reporter: Reporter | None = None) -> Prepared:
    """Load the task's data and check every name before any model is loaded.

    Args:
        task: A ready task, instead of the one that `config.task` names.

    Raises:
        UnknownNameError: An unknown task, protocol or metric.
        UsageError: A metric option would send restricted texts elsewhere.
        DataError: The data are not usable.
    """
    task = task or TASKS.load(config.task, where="--task")()
    protocols = config.protocols or task.protocols[:1]
    for name in protocols:
        if name not in task.protocols:
            raise UnknownNameError("protocol", name, task.protocols, where="--protocol")
    for name in config.metrics:
        if name not in (*task.metrics, *METRICS.names()) and ":" not in name:
            raise UnknownNameError("metric", name, task.metrics, where="--metrics", hint="cxrbench list metrics")
    progress = Progress(reporter or Silent(), "drawing the phantom (first use):")
    data = task.load(TaskOptions(config.data_root, config.split, config.inputs, config.seed, progress))
    ids = example_ids(data.examples)
    if len(set(ids)) != len(ids):
        raise DataError(f"task {task.name} yields the same id twice", hint="report this as a bug of the task")
    ordered = hashed_order(ids, config.seed)[: config.limit]
    prepared = Prepared(config, task, data, take_examples(data.examples, ordered), protocols)
    if config.metric_options.get("provider_network") is True:
        _check_agreement(prepared, "-m provider_network=true", "-m")
    return prepared


def run(
    config: RunConfig, *, adapter: Adapter | None = None, reporter: Reporter | None = None, scoring: bool = True
) -> RunOutcome:
    """Predict and score; the same configuration resumes or extends the same run folder.

    Args:
        adapter: A ready adapter, instead of the one that `config.model` names.
        scoring: False stops after the predictions; the same call with True scores them later.

    Raises:
        CxrbenchError: See the subclasses; what was predicted before stays on disk.
        KeyboardInterrupt: Passed on after the run is marked "interrupted".
    """
    reporter = reporter or Silent()
    prepared = prepare(config, reporter=reporter)
    note_data(prepared.data, reporter)
    # Built before anything is predicted: a missing package or missing weights should not cost an hour first.
    metrics = build_metrics(prepared) if scoring else {}
    model = adapter or create_adapter(config.model, _context(prepared))
    info = model.describe()
    if info.remote:
        _check_agreement(prepared, f"model {config.model}", "--model", info.remote_host)
    for note in info.notes:
        reporter.note(note)
    if isinstance(model, FileAdapter):
        note_file_ids(model, prepared.examples, reporter)
    identity = _identity(prepared, info)
    folder = RunFolder(config.out / folder_name(prepared.task.name) / folder_name(info.name) / run_id(identity))
    with folder.lock(), closing_adapter(model):
        record = _open_record(folder, prepared, info, identity)
        folder.write_run(record)
        try:
            predictions = predict_into(
                folder,
                model,
                [example.request for example in prepared.examples],
                batch_size=record["batch_size"],
                micro_batch=config.batch_size,
                decode=load_image if info.needs_pixels else None,
                reporter=reporter,
            )
            if not scoring:
                record["status"] = "predicted"
                record["provenance"]["ended"] = now()
                folder.write_run(record)
                return RunOutcome(folder, prepared.task, predictions, {})
            scored = score_protocols(prepared, predictions, info.name, metrics)
            results = _write_results(folder, record, scored)
        except BaseException as error:
            record["status"] = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            record["provenance"]["ended"] = now()
            _try_write(folder, record)
            raise
    return RunOutcome(folder, prepared.task, predictions, results)


def _check_agreement(prepared: Prepared, sender: str, where: str, host: str | None = None) -> None:
    if prepared.restricted:
        require_agreement(
            sender,
            where=where,
            task=prepared.task.name,
            terms=prepared.data.terms,
            agreement=prepared.config.data_agreement,
            host=host,
            allowed_hosts=prepared.config.allow_hosts,
        )


def record_requirements(outcome: RunOutcome, requirements: Sequence[Requirement]) -> list[dict[str, Any]]:
    """Check requirements against the first protocol's scores, and note the verdicts in run.json.

    Raises:
        UnknownNameError: A requirement names a score that the run does not have.
    """
    if not requirements:
        return []
    scores = next(iter(outcome.results.values())).record["scores"]
    verdicts = [requirement.check(scores) for requirement in requirements]
    outcome.folder.write_run({**outcome.folder.read_run(), "requirements": verdicts})
    return verdicts


def build_metrics(prepared: Prepared) -> dict[str, list[Metric]]:
    """Protocol -> its metrics.

    Raises:
        UsageError: An option that makes no sense, or chosen families that need one.
        WeightsError: Weights that an option names cannot be loaded.
    """
    config = prepared.config
    built = {
        protocol: prepared.task.build_metrics(protocol, prepared.data, config.metrics or None, config.metric_options)
        for protocol in prepared.protocols
    }
    if not all(built.values()):
        raise UsageError(
            f"nothing to compute: {', '.join(config.metrics)} needs a metric option",
            where="--metrics",
            hint="name it with -m, for example -m chexbert=WEIGHTS; see docs/metrics.md",
        )
    return built


def score_protocols(
    prepared: Prepared,
    predictions: Mapping[str, Prediction],
    model: str,
    metrics: Mapping[str, Sequence[Metric]] | None = None,
) -> dict[str, Scored]:
    """Protocol -> scores of the same predictions. Statistics are put in the data set's order first.

    Args:
        metrics: As `build_metrics` gives them, where they are built already.
    """
    metrics = metrics or build_metrics(prepared)
    examples = prepared.in_data_order()
    return {
        protocol: score_predictions(
            examples,
            predictions,
            metrics[protocol],
            header={
                "task": prepared.task.name,
                "model": model,
                "protocol": protocol,
                "split": prepared.data.split,
                "phantom": prepared.data.phantom,
            },
            resamples=prepared.config.resamples,
            seed=prepared.config.seed,
            partial=len(examples) < len(prepared.data.examples),
        )
        for protocol in prepared.protocols
    }


def _context(prepared: Prepared) -> AdapterContext:
    config = prepared.config
    return AdapterContext(
        task=prepared.task.name,
        kind=prepared.task.kind,
        dataset=prepared.data.dataset,
        training=prepared.data.training,
        device=config.device,
        seed=config.seed,
        options=config.options,
    )


def _identity(prepared: Prepared, info: ModelInfo) -> dict[str, Any]:
    return {
        "task": prepared.task.name,
        "task_version": prepared.task.version,
        "split": prepared.data.split,
        "data": prepared.data.fingerprint,
        "model": info.name,
        "model_fingerprint": info.fingerprint,
        "protocols": list(prepared.protocols),
        "inputs": list(prepared.config.inputs),
        "seed": prepared.config.seed,
    }


def _open_record(folder: RunFolder, prepared: Prepared, info: ModelInfo, identity: dict[str, Any]) -> dict[str, Any]:
    config, data = prepared.config, prepared.data
    # A resumed run keeps the batches it began with, so that it ends as an undisturbed one would.
    previous = folder.read_run() if folder.run_file.exists() else None
    batch_size = previous["batch_size"] if previous else config.batch_size or info.batch_size or DEFAULT_BATCH_SIZE
    return {
        "schema": RUN_SCHEMA,
        "run_id": folder.path.name,
        "status": "running",
        "identity": identity,
        "config": config.to_json(),
        "batch_size": batch_size,
        "model": {**asdict(info), "spec": config.model},
        "data": {
            "name": data.dataset,
            "split": data.split,
            "fingerprint": data.fingerprint,
            "phantom": data.phantom,
            "restricted": prepared.restricted,
            "n": len(prepared.examples),
            "of": len(data.examples),
            "excluded": {reason: list(ids) for reason, ids in data.excluded.items()},
            "notes": list(data.notes),
        },
        "provenance": provenance(),
    }


def _write_results(folder: RunFolder, record: dict[str, Any], scored: Mapping[str, Scored]) -> dict[str, Results]:
    import pyarrow.parquet as parquet

    with jsonio.storage_errors(folder.statistics_file):
        temporary = folder.statistics_file.with_suffix(".tmp")
        parquet.write_table(statistics_table(scored), temporary)
        temporary.replace(folder.statistics_file)
    complete = all(item.results["complete"] for item in scored.values())
    record["status"] = "complete" if complete else "incomplete"
    record["provenance"]["ended"] = now()
    results = {}
    for index, (protocol, item) in enumerate(scored.items()):
        results[protocol] = Results({**item.results, "provenance": results_provenance(record)})
        jsonio.write_json(folder.results_file(None if index == 0 else protocol), results[protocol].record)
    folder.write_run(record)
    return results


def results_provenance(record: Mapping[str, Any]) -> dict[str, Any]:
    """What results.json repeats of run.json."""
    return {
        "run_id": record["run_id"],
        "data": {
            key: record["data"][key]
            for key in ("name", "split", "fingerprint", "phantom", "restricted", "excluded", "notes")
        },
        "model": record["model"],
        "inputs": record["identity"]["inputs"],
        **record["provenance"],
    }


def _try_write(folder: RunFolder, record: dict[str, Any]) -> None:
    try:
        folder.write_run(record)
    except jsonio.StorageError:
        # The disk that refused the predictions refuses this too; the first error is the one to show.
        return


def note_data(data: TaskData, reporter: Reporter) -> None:
    """Say what is odd about the data and which examples take no part."""
    for note in data.notes:
        reporter.note(note)
    for reason, ids in data.excluded.items():
        reporter.note(f"{len(ids)} examples excluded: {reason}")


def note_file_ids(model: FileAdapter, examples: Sequence[Example], reporter: Reporter) -> None:
    """List the unknown, missing and repeated ids of a predictions file.

    Raises:
        DataError: Not one id of the file belongs to the examples.
    """
    wanted = {example.id for example in examples}
    given = set(model.content.predictions)
    for what, ids in (
        ("ids of the file are not in this split", sorted(given - wanted)),
        ("examples have no prediction in the file", sorted(wanted - given)),
        ("ids occur more than once in the file", sorted(model.content.repeated)),
    ):
        if ids:
            shown = ", ".join(ids[:_LISTED]) + (", ..." if len(ids) > _LISTED else "")
            reporter.note(f"{len(ids)} {what}: {shown}")
    if not given & wanted:
        raise DataError(
            "no id of the predictions file belongs to this split",
            valid="ids like " + ", ".join(sorted(wanted)[:3]),
            hint="check --id-column and --split",
        )
