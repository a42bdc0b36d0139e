"""Scores without running a model: of a predictions file, and of a run folder again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cxrbench.adapters.base import AdapterContext
from cxrbench.adapters.file import create as read_file
from cxrbench.core import jsonio
from cxrbench.core.config import RunConfig
from cxrbench.core.errors import DataError
from cxrbench.core.predictions import canonical_lines
from cxrbench.core.preparing import Prepared, note_data, note_file_ids, prepare
from cxrbench.core.provenance import provenance
from cxrbench.core.reporter import Reporter, Silent
from cxrbench.core.results import Results
from cxrbench.core.run_folder import RunFolder
from cxrbench.core.runner import run, score_protocols
from cxrbench.core.trust import recorded_config
from cxrbench.core.types import Request
from cxrbench.tasks.base import Task


def score(
    config: RunConfig, *, references: Task | None = None, reporter: Reporter | None = None
) -> dict[str, Results]:
    """Score a predictions file, named as `config.model = "file:..."`, without a run folder.

    Args:
        references: A task made of plain texts; None for the task that `config.task` names.

    Returns:
        Protocol -> results, in the order asked for.
    """
    reporter = reporter or Silent()
    prepared = prepare(config, references, reporter)
    note_data(prepared.data, reporter)
    context = AdapterContext(config.task, prepared.task.kind, options=config.options)
    adapter = read_file(config.model.partition(":")[2], context)
    note_file_ids(adapter, prepared.ids, reporter)
    # A file is asked by id alone; the examples are built when they are scored.
    made = adapter.predict([Request(name, prepared.task.kind, (), "") for name in prepared.ids])
    info = adapter.describe()
    scored = score_protocols(prepared, {item.id: item for item in made}, info.name)
    origin = {
        "data": {
            "name": prepared.data.dataset,
            "split": prepared.data.split,
            "fingerprint": prepared.data.fingerprint,
            "restricted": prepared.restricted,
        },
        "model": {"name": info.name, "fingerprint": info.fingerprint},
        **provenance(),
    }
    return {name: Results({**item.results, "provenance": origin}) for name, item in scored.items()}


@dataclass(frozen=True)
class Comparison:
    """What two forms of a run have in common.

    Attributes:
        differences: Sentences, one per difference; empty when they are identical.
    """

    run: str
    differences: tuple[str, ...]

    @property
    def identical(self) -> bool:
        return not self.differences


def verify(path: Path, *, data_root: Path | None = None) -> Comparison:
    """Recompute the scores of a run folder from its predictions and compare them with those stored.

    Args:
        data_root: Where the data are now, if not where the run found them.

    Raises:
        DataError: Not a run folder, or the data are gone or changed.
    """
    folder, prepared = reopen(path, data_root=data_root)
    scored = score_protocols(prepared, folder.read_predictions(), folder.read_run()["model"]["name"])
    differences: list[str] = []
    for index, (protocol, item) in enumerate(scored.items()):
        stored = folder.read_results(None if index == 0 else protocol)
        differences += compare_results(stored, item.results)
    return Comparison(str(folder.path), tuple(differences))


def reopen(
    path: Path, *, data_root: Path | None = None, protocols: tuple[str, ...] = ()
) -> tuple[RunFolder, Prepared]:
    """A finished run with its task and data, ready to be measured again.

    Args:
        data_root: Where the data are now, if not where the run found them.
        protocols: Instead of those of the run.

    Raises:
        DataError: Not a run folder, or the data are gone or changed.
        UsageError: The run names code of its own that the user did not trust.
    """
    folder = RunFolder.open(path)
    record = folder.read_run()
    config = recorded_config(record)
    if protocols:
        config = replace(config, protocols=protocols)
    if data_root is not None:
        config = replace(config, data_root=data_root)
    prepared = prepare(config)
    if prepared.data.fingerprint != record["data"]["fingerprint"]:
        raise DataError(
            f"the data have changed since the run: fingerprint {prepared.data.fingerprint}",
            where=str(folder.path),
            valid=record["data"]["fingerprint"],
            hint="name the original data with --data-root",
        )
    return folder, prepared


def rerun(path: Path, *, out: Path, reporter: Reporter | None = None) -> tuple[RunFolder, Comparison]:
    """Repeat a run from its run.json into another folder, and compare the two.

    Raises:
        DataError: Not a run folder, or the data are gone.
        UsageError: The run names code or a program of its own that the user did not trust.
    """
    first = RunFolder.open(path)
    config = recorded_config(first.read_run(), model=True)
    second = run(replace(config, out=out), reporter=reporter).folder
    return second, compare_runs(first, second)


def compare_runs(first: RunFolder, second: RunFolder) -> Comparison:
    """Whether two runs are identical: predictions without timing and usage, results without provenance."""
    differences = []
    before, after = (canonical_lines(item.read_predictions().values()) for item in (first, second))
    if before != after:
        changed = len(set(before) ^ set(after))
        differences.append(f"predictions differ in {changed} lines of {len(before)} and {len(after)}")
    differences += compare_results(first.read_results(), second.read_results())
    return Comparison(str(second.path), tuple(differences))


def compare_results(stored: Mapping[str, Any], computed: Mapping[str, Any]) -> list[str]:
    """Differences between two results, without provenance; scores are named with both values."""
    left, right = ({key: value for key, value in item.items() if key != "provenance"} for item in (stored, computed))
    if jsonio.dumps(left) == jsonio.dumps(right):
        return []
    differences = []
    for name in sorted({*left.get("scores", {}), *right.get("scores", {})}):
        a, b = left["scores"].get(name), right["scores"].get(name)
        if a != b:
            differences.append(f"{name}: stored {_short(a)}, computed {_short(b)}")
    for key in sorted({*left, *right} - {"scores"}):
        if left.get(key) != right.get(key):
            differences.append(f"{key} differs")
    return differences or ["the order of fields differs"]


def _short(found: Any) -> str:
    return "absent" if found is None else f"{found.get('value')} {found.get('ci95')}"
