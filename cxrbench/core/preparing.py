"""Before a run: the task's data, the names that the user gave, the metrics; and what is odd about the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cxrbench.adapters.file import FileAdapter
from cxrbench.core.agreement import require_agreement
from cxrbench.core.config import RunConfig
from cxrbench.core.controls import CONTROLS
from cxrbench.core.errors import DataError, UnknownNameError, UsageError
from cxrbench.core.ordering import by_film, hashed_order
from cxrbench.core.registry import METRICS, TASKS
from cxrbench.core.reporter import Progress, Reporter, Silent
from cxrbench.core.types import Example
from cxrbench.metrics.base import Metric
from cxrbench.tasks.base import Task, TaskData, TaskOptions
from cxrbench.tasks.lazy import example_ids, examples_within, take_examples

_LISTED = 10
_KEPT = 32_768
"""Examples that may be in memory together: some hundred megabytes."""


@dataclass(frozen=True)
class Prepared:
    """A task with its data and the model, before anything is predicted.

    Attributes:
        ids: Of the examples of the run, by a seeded hash.
    """

    config: RunConfig
    task: Task
    data: TaskData
    ids: Sequence[str]
    protocols: tuple[str, ...]

    @property
    def examples(self) -> Sequence[Example]:
        """The examples of the run in the order in which they are predicted.

        A limited run goes by the seeded hash of the ids, so that a larger limit extends it; a whole run film by film.
        """
        examples = take_examples(self._source, self.ids)
        return examples if self.config.limit is not None else by_film(examples, self.config.seed)

    def in_data_order(self) -> Sequence[Example]:
        """The examples of the run in the order of the data set: the order in which they are scored."""
        return examples_within(self._source, self.ids)

    @cached_property
    def _source(self) -> Sequence[Example]:
        """Where the examples come from: kept once they are built, unless they are too many for that."""
        if len(self.ids) > _KEPT:
            return self.data.examples
        return list(examples_within(self.data.examples, self.ids))

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
    if config.control is not None and config.control not in CONTROLS:
        raise UnknownNameError("control", config.control, CONTROLS, where="--control")
    for name in config.metrics:
        if name not in (*task.metrics, *METRICS.names()) and ":" not in name:
            raise UnknownNameError("metric", name, task.metrics, where="--metrics", hint="cxrbench list metrics")
    progress = Progress(reporter or Silent(), "drawing the phantom (first use):")
    data = task.load(TaskOptions(config.data_root, config.split, config.inputs, config.seed, progress))
    ids = example_ids(data.examples)
    if len(set(ids)) != len(ids):
        raise DataError(f"task {task.name} yields the same id twice", hint="report this as a bug of the task")
    prepared = Prepared(config, task, data, hashed_order(ids, config.seed)[: config.limit], protocols)
    if config.metric_options.get("provider_network") is True:
        check_agreement(prepared, "-m provider_network=true", "-m")
    return prepared


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


def check_agreement(prepared: Prepared, sender: str, where: str, host: str | None = None) -> None:
    """Refuse to send restricted data elsewhere without an agreement; see `require_agreement`."""
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


def note_data(data: TaskData, reporter: Reporter) -> None:
    """Say what is odd about the data and which examples take no part."""
    for note in data.notes:
        reporter.note(note)
    for reason, ids in data.excluded.items():
        reporter.note(f"{len(ids)} examples excluded: {reason}")


def note_file_ids(model: FileAdapter, ids: Sequence[str], reporter: Reporter) -> None:
    """List the unknown, missing and repeated ids of a predictions file.

    Raises:
        DataError: Not one id of the file belongs to the examples.
    """
    wanted = set(ids)
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
