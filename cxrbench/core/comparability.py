"""Which runs may be compared: opened with their results, and everything in which they differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.core.config import RunConfig
from cxrbench.core.errors import RunFolderError, UnknownNameError, UsageError
from cxrbench.core.run_folder import RunFolder
from cxrbench.core.trust import recorded_config

_SCHEMAS = Path(__file__).parent / "schemas"
_IDENTITY = {
    "task": "task",
    "task_version": "version of the task",
    "split": "split",
    "data": "fingerprint of the data",
}

_CONTROL = {"shuffled": "films of other patients (--control shuffled)", "blank": "empty films (--control blank)"}


@dataclass(frozen=True)
class OpenRun:
    """A finished run with the results of one protocol.

    Attributes:
        name: "A" for the first run of a comparison, "B" for the second, and so on.
        record: run.json.
        results: results.json of the protocol compared.
        trusted: Code that the run may name; see `core.trust`.
    """

    name: str
    folder: RunFolder
    record: Mapping[str, Any]
    results: Mapping[str, Any]
    trusted: frozenset[str] = frozenset()

    @property
    def config(self) -> RunConfig:
        """What the run was asked to do.

        Raises:
            UsageError: It names code of its own that the user did not trust.
        """
        return recorded_config(self.record, trusted=self.trusted)

    @property
    def failed(self) -> int:
        """Examples of status "error"."""
        return int(self.results["status_counts"]["error"])

    @property
    def partial(self) -> bool:
        return bool(self.results.get("partial", False))

    def same_examples(self, other: OpenRun) -> bool:
        """Whether both took the same examples of the same data, failed ones included."""
        drawn = [(run.results["n"], run.record["identity"]["seed"] if run.partial else None) for run in (self, other)]
        return drawn[0] == drawn[1]


def run_names(count: int) -> list[str]:
    """A, B, ..., Z, A2, B2, ..."""
    return [chr(ord("A") + place % 26) + (str(place // 26 + 1) if place > 25 else "") for place in range(count)]


def open_runs(paths: Sequence[Path], protocol: str | None, *, at_least: int = 2) -> list[OpenRun]:
    """The runs with their results.

    Args:
        protocol: None for the first protocol of the first run.
        at_least: How many there must be.

    Raises:
        UsageError: Fewer runs, or a run that was not scored under the protocol.
        DataError: Not a run folder, or a file is missing or not JSON.
        RunFolderError: A run is not finished, damaged, or of another schema.
    """
    if len(paths) < at_least:
        raise UsageError(
            f"needs {'two runs' if at_least == 2 else f'{at_least} run'} or more, got {len(paths)}",
            hint="cxrbench list runs names the run folders",
        )
    opened: list[OpenRun] = []
    for name, path in zip(run_names(len(paths)), paths):
        folder = RunFolder.open(path)
        record = folder.read_run()
        _validate(record, "run", folder.run_file)
        if record["status"] not in ("complete", "incomplete"):
            raise RunFolderError(
                f"run {name} is not finished: its status is {record['status']!r}",
                where=str(folder.path),
                valid="complete",
                hint="repeat the command that started it; it goes on where it stopped",
            )
        protocols = list(record["identity"]["protocols"])
        protocol = protocol or protocols[0]
        if protocol not in protocols:
            raise UsageError(
                f"run {name} was not scored under protocol {protocol!r}",
                where=str(folder.path),
                valid=", ".join(protocols),
                hint="choose one that all runs have with --protocol, or repeat the run with it",
            )
        suffix = None if protocol == protocols[0] else protocol
        results = folder.read_results(suffix)
        _validate(results, "results", folder.results_file(suffix))
        opened.append(OpenRun(name, folder, record, results))
    return opened


def choose_scores(
    runs: Sequence[OpenRun], asked: Sequence[str], headline: Sequence[str], also: Sequence[str] = ()
) -> list[str]:
    """The scores to compare: those asked for, else the headline scores of the task that all runs have; then `also`.

    Raises:
        UnknownNameError: A run lacks a score that was asked for.
        UsageError: The runs share no headline score.
    """
    for run in runs:
        for where, named in (("--score", asked), ("--noninferior", also)):
            for score in named:
                if score not in run.results["scores"]:
                    raise UnknownNameError(f"score of run {run.name}", score, run.results["scores"], where=where)
    shared = [score for score in headline if all(score in run.results["scores"] for run in runs)]
    chosen = list(dict.fromkeys([*(asked or shared), *also]))
    if not chosen:
        raise UsageError(
            "the runs share none of the headline scores of the task",
            valid=", ".join(headline),
            hint="name a score that all runs have with --score",
        )
    return chosen


def check_comparable(runs: Sequence[OpenRun], scores: Sequence[str], *, common: bool) -> None:
    """Refuse runs that answer different questions.

    Args:
        common: Whether only the examples that all runs scored will be compared; then failed examples are no reason.

    Raises:
        RunFolderError: With everything that differs.
    """
    first = runs[0]
    found: list[str] = []
    for run in runs[1:]:
        for key, what in _IDENTITY.items():
            mine, other = first.record["identity"][key], run.record["identity"][key]
            if mine != other:
                found.append(f"{what}: {mine} in {first.name}, {other} in {run.name}")
        for score in scores:
            signatures = [item.results["scores"][score]["signature"] for item in (first, run)]
            if signatures[0] != signatures[1]:
                found.append(f"signature of {score}: {signatures[0]} in {first.name}, {signatures[1]} in {run.name}")
    hint = "score the runs on the same data under the same protocol and version"
    if not common and any(run.failed for run in runs):
        found += [
            f"{run.failed} of {run.results['n']} examples of {run.name} failed and are unscored"
            for run in runs
            if run.failed
        ]
        hint = "repeat the run command to retry failed examples, or compare what all runs scored with --on common"
    if found:
        raise refusal(found, runs, hint)


def refusal(differences: Sequence[str], runs: Sequence[OpenRun], hint: str) -> RunFolderError:
    """The error that lists why these runs cannot be compared."""
    return RunFolderError(
        "\n  - ".join(["these runs cannot be compared:", *differences]),
        where="; ".join(f"{run.name} = {run.folder.path}" for run in runs),
        hint=hint,
    )


def cautions(runs: Sequence[OpenRun]) -> list[str]:
    """What a reader should know of runs that may be compared all the same."""
    notes = []
    first = runs[0]
    for run in runs[1:]:
        seen = [item.record["identity"]["inputs"] for item in (first, run)]
        if seen[0] != seen[1]:
            notes.append(
                f"{first.name} was shown {', '.join(seen[0])}; {run.name} was shown {', '.join(seen[1])}: "
                "a difference may come from what a model was shown"
            )
        controls = [item.record["identity"].get("control") for item in (first, run)]
        if controls[0] != controls[1]:
            wrong = [
                f"{item.name} was shown {_CONTROL[str(kind)]}" for item, kind in zip((first, run), controls) if kind
            ]
            notes.append(f"{' and '.join(wrong)}: the difference is its reliance on the image")
        if run.folder.path.resolve() == first.folder.path.resolve():
            notes.append(f"{run.name} is the same run folder as {first.name}")
    partial = [run.name for run in runs if run.partial]
    if partial:
        notes.append(f"PARTIAL: --limit was used for {', '.join(partial)}; these differences are of a sample")
    return notes


def _validate(record: Any, schema: str, path: Path) -> None:
    import jsonschema

    rules = json.loads((_SCHEMAS / f"{schema}.json").read_text(encoding="utf-8"))
    error = next(iter(jsonschema.Draft202012Validator(rules).iter_errors(record)), None)
    if error is not None:
        raise RunFolderError(
            f"{path.name} is damaged or of another schema: {error.message[:300]}",
            where=f"{path}, at {error.json_path}",
            valid=rules["properties"]["schema"]["const"],
            hint="repeat the run command: it writes the file again from the predictions",
        )
