"""Runs sorted into tables: what may stand side by side, and what each run is in it.

A table holds runs of one task version on one data set and split, under one protocol; phantom and real data never
meet. Within it, models are ranked only with models that were shown the same inputs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cxrbench.leaderboard.board.collect import LeftOut, ScoredRun
from cxrbench.leaderboard.board.disclosure import Seen, shown_oracle, trained_on_this

Kind = Literal["model", "floor", "oracle", "control", "unranked"]


@dataclass(frozen=True, order=True)
class TableKey:
    """What all runs of a table share.

    Attributes:
        data: Name of the data set; `fingerprint` identifies its content.
    """

    task: str
    phantom: bool
    data: str
    split: str
    task_version: str
    fingerprint: str
    protocol: str


@dataclass(frozen=True)
class Row:
    """One run in its table.

    Attributes:
        label: The model's name, with checkpoint and seed where another row has the same name.
        kind: "floor" for baselines, "oracle" where the inputs are derived from the reference, "control" where the
            films are wrong or empty, "unranked" for a run that is incomplete, partial or of another n.
        reason: Why it is not ranked; empty for models and floors.
        seen: Whether the model was trained on the table's data set.
    """

    run: ScoredRun
    label: str
    kind: Kind
    reason: str
    seen: Seen

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(sorted(self.run.record["identity"]["inputs"]))


@dataclass(frozen=True)
class Table:
    """Rows in no particular order; `n` is that of most of its complete runs."""

    key: TableKey
    rows: tuple[Row, ...]
    n: int


def sort_into_tables(runs: Iterable[ScoredRun], *, newest: bool = False) -> tuple[list[Table], list[LeftOut]]:
    """The tables, and the runs that newer ones replace.

    Args:
        newest: Keep one row per model name and inputs, the newest, whatever its checkpoint and seed.
    """
    members: dict[TableKey, list[ScoredRun]] = defaultdict(list)
    for run in runs:
        members[_key(run)].append(run)
    left_out: list[LeftOut] = []
    tables = []
    for key in sorted(members):
        kept = _without_older(members[key], newest, left_out)
        n = _usual_n(kept)
        labels = _labels(kept)
        rows = tuple(
            Row(run, label, *_kind(run, n), trained_on_this(run.record["model"]["trained_on"], key.data))
            for run, label in zip(kept, labels)
        )
        tables.append(Table(key, rows, n))
    return tables, left_out


def _key(run: ScoredRun) -> TableKey:
    identity, data = run.record["identity"], run.record["data"]
    return TableKey(
        task=identity["task"],
        phantom=data["phantom"],
        data=data["name"],
        split=identity["split"],
        task_version=identity["task_version"],
        fingerprint=identity["data"],
        protocol=run.results["protocol"],
    )


def _when(run: ScoredRun) -> tuple[str, str]:
    provenance: Mapping[str, str] = run.record["provenance"]
    return provenance["ended"] or provenance["started"], provenance["started"]


def _without_older(runs: Sequence[ScoredRun], newest: bool, left_out: list[LeftOut]) -> list[ScoredRun]:
    """The newest complete run of each model, inputs and seed; an incomplete one only where there is no other."""

    def same(run: ScoredRun) -> tuple[object, ...]:
        identity = run.record["identity"]
        checkpoint = () if newest else (identity["model_fingerprint"], identity["seed"])
        return (run.record["model"]["name"], tuple(sorted(identity["inputs"])), identity["control"], *checkpoint)

    def worth(run: ScoredRun) -> tuple[bool, bool, tuple[str, str]]:
        return run.results["complete"], not run.results["partial"], _when(run)

    best: dict[tuple[object, ...], ScoredRun] = {}
    for run in runs:
        known = best.get(same(run))
        if known is None or worth(run) > worth(known):
            best[same(run)] = run
    kept = {id(run) for run in best.values()}
    what = "model and inputs" if newest else "model, inputs and seed"
    for run in runs:
        if id(run) not in kept:
            reason = f"another run of the same {what} is shown: {best[same(run)].path}"
            left_out.append(LeftOut(f"{run.path} ({run.results['protocol']})", reason))
    return [run for run in runs if id(run) in kept]


def _usual_n(runs: Sequence[ScoredRun]) -> int:
    """The n of most complete runs, the larger one where two are as frequent; of all runs where none is complete."""
    whole = [run for run in runs if run.results["complete"] and not run.results["partial"]] or runs
    counts = Counter(int(run.results["n"]) for run in whole)
    return max(counts, key=lambda n: (counts[n], n))


def _kind(run: ScoredRun, n: int) -> tuple[Kind, str]:
    results, counts = run.results, run.results["status_counts"]
    if shown_oracle(run.record):
        return "oracle", "its inputs are derived from the reference"
    if run.record["identity"]["control"]:
        return "control", f"a control run: its films are {run.record['identity']['control']}"
    if not results["complete"] or counts["error"]:
        return "unranked", f"incomplete: {counts['error']} of {results['n']} examples failed and are unscored"
    if results["partial"]:
        return "unranked", f"partial: a sample of {results['n']} examples (--limit)"
    if results["n"] != n:
        return "unranked", f"n = {results['n']}, the other runs have {n}"
    return ("floor" if run.record["model"]["is_baseline"] else "model"), ""


def _labels(runs: Sequence[ScoredRun]) -> list[str]:
    """Names, with what tells rows of the same name apart: checkpoint, seed."""
    names = [run.record["model"]["name"] for run in runs]
    prints = [run.record["identity"]["model_fingerprint"] for run in runs]
    seeds = [run.record["identity"]["seed"] for run in runs]
    labels = []
    for name, print_, seed in zip(names, prints, seeds):
        alike = [place for place, other in enumerate(names) if other == name]
        parts = []
        others = {prints[place] for place in alike}
        if len(others) > 1:
            parts.append(_beginning(print_, others))
        if len({seeds[place] for place in alike}) > 1:
            parts.append(f"seed {seed}")
        labels.append(f"{name} ({', '.join(parts)})" if parts else name)
    return labels


def _beginning(fingerprint: str, others: set[str]) -> str:
    """The first six characters, or as many more as tell it from the others."""
    lengths = range(6, max(map(len, others)) + 1)
    length = next((size for size in lengths if len({other[:size] for other in others}) == len(others)), 6)
    return fingerprint[:length]
