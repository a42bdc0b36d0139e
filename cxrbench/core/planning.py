"""Sample size from pilot runs: `cxrbench plan`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.core.config import DEFAULT_RESAMPLES
from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.core.measuring import ScoredExample
from cxrbench.core.preparing import build_metrics
from cxrbench.core.rescoring import reopen
from cxrbench.core.scoring import score_predictions
from cxrbench.metrics.base import Metric
from cxrbench.statistics.bootstrap import Measured
from cxrbench.statistics.power import (
    ALPHA,
    FEW_GROUPS,
    POWER,
    Spread,
    detectable_difference,
    groups_needed,
    paired_spread,
    single_spread,
)
from cxrbench.statistics.scoring import rows_of

_SAME = ("task", "task_version", "split", "data")


@dataclass(frozen=True)
class Plan:
    """What a comparison of two models can show.

    Attributes:
        runs: The pilot runs.
        protocol, score, signature: What is planned for.
        spread: Of the difference in the pilot.
        groups, studies: Size of the planned comparison.
        difference: The smallest difference that it finds with this power.
        notes: Sentences that belong beside the numbers.
    """

    runs: tuple[str, ...]
    task: str
    protocol: str
    signature: str
    spread: Spread
    groups: int
    studies: int
    difference: float
    power: float
    alpha: float
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "schema": "cxrbench.plan/1",
            "task": self.task,
            "protocol": self.protocol,
            "score": self.spread.score,
            "signature": self.signature,
            "power": self.power,
            "alpha": self.alpha,
            "studies": self.studies,
            "groups": self.groups,
            "difference": self.difference,
            "pilot": {
                "runs": list(self.runs),
                "studies": self.spread.examples,
                "groups": self.spread.groups,
                "difference": self.spread.difference,
                "standard_error": self.spread.standard_error,
                "paired": self.spread.paired,
            },
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class _Pilot:
    record: dict[str, Any]
    protocol: str
    examples: Sequence[ScoredExample]
    measured: Measured


def plan(
    runs: Sequence[Path],
    score: str,
    *,
    difference: float | None = None,
    studies: int | None = None,
    power: float = POWER,
    alpha: float = ALPHA,
    protocol: str | None = None,
    data_root: Path | None = None,
    resamples: int = DEFAULT_RESAMPLES,
    seed: int = 0,
) -> Plan:
    """How many studies show `difference`, or which difference `studies` studies show.

    Args:
        runs: One or two finished run folders; two are compared on the examples that both answered.
        score: Name of the score.
        difference: The difference to find; or
        studies: the number of studies there will be. Exactly one of the two.
        power: Chance of finding a difference of that size.
        alpha: Two-sided level of the test.
        protocol: None for the first protocol of the first run.
        data_root: Where the data are now, if not where the runs found them.

    Raises:
        UsageError: Not one or two runs, both or none of difference and studies, runs of different tasks or data, or a
            score without spread.
        UnknownNameError: The runs have no such score or protocol.
        DataError: Not a run folder, or the data are gone or changed.
    """
    if not 1 <= len(runs) <= 2:
        raise UsageError(f"{len(runs)} pilot runs", where="--run", valid="one run, or two to be compared")
    if (difference is None) == (studies is None):
        raise UsageError("name either the difference to find or the number of studies", where="--difference, --n")
    if resamples < 100:
        raise UsageError(f"resamples must be at least 100, got {resamples}", where="--resamples")
    pilots = [_pilot(path, score, protocol, data_root) for path in runs]
    spread, notes = _spread(pilots, score, resamples, seed)
    per_group = spread.examples / spread.groups
    if difference is not None:
        groups = groups_needed(spread, difference, power=power, alpha=alpha)
        studies = math.ceil(groups * per_group)
    else:
        groups = int((studies or 0) / per_group)
    if spread.groups < FEW_GROUPS:
        notes.append(f"the pilot has {spread.groups} groups only: its spread, and so this plan, is rough")
    if pilots[0].record["data"]["phantom"]:
        notes.append("the pilot runs are phantom runs: they say nothing about the spread on real patients")
    return Plan(
        runs=tuple(str(path) for path in runs),
        task=pilots[0].record["identity"]["task"],
        protocol=pilots[0].protocol,
        signature=pilots[0].measured.metric.signature(),
        spread=spread,
        groups=groups,
        studies=studies or 0,
        difference=detectable_difference(spread, groups, power=power, alpha=alpha),
        power=power,
        alpha=alpha,
        notes=tuple(notes),
    )


def _pilot(path: Path, score: str, protocol: str | None, data_root: Path | None) -> _Pilot:
    """The statistics behind one score of a run, measured again from its predictions."""
    folder, prepared = reopen(path, data_root=data_root, protocols=() if protocol is None else (protocol,))
    named = prepared.protocols[0]
    metrics = build_metrics(prepared)[named]
    metric = _metric_of(metrics, score)
    scored = score_predictions(
        prepared.in_data_order(),
        folder.read_predictions(),
        [metric],
        header={},
        resamples=0,
        seed=0,
    )
    measured = scored.measured[0]
    examples = [
        example
        for example, used in zip(
            scored.examples, [True] * len(scored.examples) if measured.include is None else measured.include
        )
        if used
    ]
    return _Pilot(folder.read_run(), named, examples, Measured(metric, measured.statistics))


def _metric_of(metrics: Sequence[Metric], score: str) -> Metric:
    for metric in metrics:
        if score in metric.scores:
            return metric
    known = [name for metric in metrics for name in metric.scores]
    raise UnknownNameError("score", score, known, where="--score", hint="cxrbench list metrics")


def _spread(pilots: Sequence[_Pilot], score: str, resamples: int, seed: int) -> tuple[Spread, list[str]]:
    first = pilots[0]
    if len(pilots) == 1:
        groups = [example.group for example in first.examples]
        note = "one pilot run: the second model is taken to vary as much and independently, which is cautious"
        return single_spread(first.measured, groups, score, resamples=resamples, seed=seed), [note]
    second = pilots[1]
    for name in _SAME:
        seen = [pilot.record["identity"][name] for pilot in pilots]
        if seen[0] != seen[1]:
            raise UsageError(
                f"the pilot runs differ in {name.replace('_', ' ')}: {seen[0]} and {seen[1]}",
                where="--runs",
                hint="name two runs of the same task, split and data",
            )
    common = {example.id for example in first.examples} & {example.id for example in second.examples}
    if not common:
        raise UsageError("the pilot runs share no scored example", where="--runs")
    notes = []
    for path, pilot in zip(("first", "second"), pilots):
        if len(pilot.examples) > len(common):
            left = len(pilot.examples) - len(common)
            notes.append(f"{left} examples of the {path} run are not scored in the other and are left out")
    kept = [_restricted(pilot, common) for pilot in pilots]
    groups = [example.group for example in first.examples if example.id in common]
    return paired_spread(kept[0], kept[1], groups, score, resamples=resamples, seed=seed), notes


def _restricted(pilot: _Pilot, ids: set[str]) -> Measured:
    import numpy as np

    mask = np.array([example.id in ids for example in pilot.examples], bool)
    return Measured(pilot.measured.metric, rows_of(pilot.measured.statistics, mask))
