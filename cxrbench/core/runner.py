"""A run: examples to predictions to results, all in one folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from cxrbench.adapters.file import FileAdapter
from cxrbench.core import jsonio
from cxrbench.core.config import DEFAULT_BATCH_SIZE, RunConfig
from cxrbench.core.controls import controlled
from cxrbench.core.executors.base import Executor
from cxrbench.core.executors.choosing import open_executor, sharing
from cxrbench.core.executors.local import LocalExecutor
from cxrbench.core.predicting import predict_into
from cxrbench.core.preparing import Prepared, build_metrics, check_agreement, note_data, note_file_ids, prepare
from cxrbench.core.provenance import now, provenance
from cxrbench.core.reporter import Reporter, Silent
from cxrbench.core.requirements import Requirement
from cxrbench.core.results import Results
from cxrbench.core.run_folder import RUN_SCHEMA, RunFolder, folder_name, run_id
from cxrbench.core.scoring import Scored, score_predictions, write_statistics
from cxrbench.core.sharded_scoring import Shards, measure_here
from cxrbench.core.types import Adapter, ModelInfo, Prediction, Request
from cxrbench.metrics.base import Metric
from cxrbench.tasks.base import Task


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
    with closing(open_executor(prepared, adapter, reporter)) as executor:
        return _run(prepared, executor, metrics, reporter, scoring)


def _run(
    prepared: Prepared,
    executor: Executor,
    metrics: Mapping[str, Sequence[Metric]],
    reporter: Reporter,
    scoring: bool,
) -> RunOutcome:
    config, info = prepared.config, executor.describe()
    if info.remote:
        check_agreement(prepared, f"model {config.model}", "--model", info.remote_host)
    for note in info.notes:
        reporter.note(note)
    if isinstance(executor, LocalExecutor) and isinstance(executor.adapter, FileAdapter):
        note_file_ids(executor.adapter, prepared.ids, reporter)
    identity = identity_of(prepared, info)
    folder = RunFolder(config.out / folder_name(prepared.task.name) / folder_name(info.name) / run_id(identity))
    with folder.lock():
        record = _open_record(folder, prepared, info, identity)
        folder.write_run(record)
        try:
            predictions = predict_into(
                folder, executor, _requests(prepared, folder), batch_size=record["batch_size"], reporter=reporter
            )
            if not scoring:
                record["status"] = "predicted"
                record["provenance"]["ended"] = now()
                folder.write_run(record)
                return RunOutcome(folder, prepared.task, predictions, {})
            scored = score_protocols(prepared, predictions, info.name, metrics, sharing(prepared, executor, reporter))
            results = _write_results(folder, record, scored)
        except BaseException as error:
            record["status"] = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            record["provenance"]["ended"] = now()
            _try_write(folder, record)
            raise
    return RunOutcome(folder, prepared.task, predictions, results)


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


def score_protocols(
    prepared: Prepared,
    predictions: Mapping[str, Prediction],
    model: str,
    metrics: Mapping[str, Sequence[Metric]] | None = None,
    share: Callable[[str], Shards] | None = None,
) -> dict[str, Scored]:
    """Protocol -> scores of the same predictions. Statistics are put in the data set's order first.

    Args:
        metrics: As `build_metrics` gives them, where they are built already.
        share: Protocol -> how its parts are measured; None for in this process.
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
            shards=share(protocol) if share else measure_here,
        )
        for protocol in prepared.protocols
    }


def _requests(prepared: Prepared, folder: RunFolder) -> list[Request]:
    config = prepared.config
    if config.control is None:
        return [example.request for example in prepared.examples]
    return controlled(prepared.examples, config.control, folder.path, config.seed)


def identity_of(prepared: Prepared, info: ModelInfo) -> dict[str, Any]:
    """Everything that, when changed, makes another run."""
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
        # Named only where there is one, so that the ids of other runs stay what they were.
        **({} if prepared.config.control is None else {"control": prepared.config.control}),
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
            "n": len(prepared.ids),
            "of": len(data.examples),
            "excluded": {reason: list(ids) for reason, ids in data.excluded.items()},
            "notes": list(data.notes),
        },
        "provenance": provenance(),
    }


def _write_results(folder: RunFolder, record: dict[str, Any], scored: Mapping[str, Scored]) -> dict[str, Results]:
    with jsonio.storage_errors(folder.statistics_file):
        temporary = folder.statistics_file.with_suffix(".tmp")
        write_statistics(temporary, scored)
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
        **({"control": record["identity"]["control"]} if "control" in record["identity"] else {}),
        **record["provenance"],
    }


def _try_write(folder: RunFolder, record: dict[str, Any]) -> None:
    try:
        folder.write_run(record)
    except jsonio.StorageError:
        # The disk that refused the predictions refuses this too; the first error is the one to show.
        return
