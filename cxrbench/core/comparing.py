"""Finished runs compared with paired statistics: `cxrbench compare RUN RUN`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.comparability import OpenRun, cautions, check_comparable, choose_scores, open_runs
from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.core.margins import Margin, parse_margins
from cxrbench.core.paired_runs import Sample, compare_pair, differences, taken
from cxrbench.core.registry import TASKS
from cxrbench.core.reporter import Reporter, Silent
from cxrbench.core.run_statistics import RunStatistics, load_statistics
from cxrbench.core.shared_examples import rows_of, shared_ids
from cxrbench.statistics.bootstrap import RESAMPLES, Measured
from cxrbench.statistics.corrections import bonferroni, holm

COMPARE_SCHEMA = "cxrbench.compare/1"
CORRECTIONS = {"holm": holm, "bonferroni": bonferroni}
FEW_GROUPS = 30
"""Groups below which percentile intervals are known to be too narrow."""


@dataclass(frozen=True)
class RunComparison:
    """What a comparison found; `record` is the JSON document that `cxrbench compare --json` prints."""

    record: dict[str, Any]

    @property
    def met(self) -> bool:
        """Whether every non-inferiority margin is kept (True without any)."""
        return all(item["met"] for item in self.record["noninferiority"])

    def frame(self) -> Any:
        """A pandas DataFrame with one row per run and score."""
        import pandas as pd

        rows = []
        for item in self.record["comparisons"]:
            for score, found in item["scores"].items():
                low, high = found["ci95"] or (None, None)
                kept = ("value", "against", "difference", "p", "p_corrected", "direction", "n", "groups")
                row = {"run": item["run"], "compared_with": item["against"], "score": score}
                rows.append({**row, **{key: found[key] for key in kept}, "low": low, "high": high})
        return pd.DataFrame(rows)

    def _repr_html_(self) -> str:
        table: str = self.frame().to_html(index=False)
        return table


def compare(
    paths: Sequence[str | Path],
    *,
    scores: Sequence[str] = (),
    on: Literal["all", "common"] = "all",
    protocol: str | None = None,
    noninferior: Mapping[str, float] | Iterable[str] = (),
    correction: str = "holm",
    strata: Sequence[str] = (),
    resamples: int = RESAMPLES,
    seed: int = 0,
    flips: int = 20,
    data_root: Path | None = None,
    reporter: Reporter | None = None,
) -> RunComparison:
    """Compare each further run with the first one, on the same examples.

    Args:
        scores: Those to compare; empty for the headline scores of the task that all runs have.
        on: "common" compares the examples that all runs scored; "all" refuses runs that scored different ones.
        protocol: None for the first run's first protocol.
        noninferior: Score -> margin, or texts `SCORE=MARGIN`; these scores are compared too.
        correction: "holm" or "bonferroni", over all compared scores and runs; strata are a family of their own.
        strata: Names of strata to compare within.
        resamples: Bootstrap replicates of each difference, and exchanges of each randomisation test; at least 100.
        flips: Examples to list per score and direction.
        data_root: Where the data are now; needed only where statistics.parquet cannot serve.

    Raises:
        UsageError: An option that cannot be understood, or an unknown name.
        RunFolderError: The runs cannot be compared; the message lists all that differs.
        DataError: Not a run folder, or data that are needed are gone.
    """
    reporter = reporter or Silent()
    _check_options(on, correction, resamples, flips)
    texts = (
        [f"{key}={value}" for key, value in noninferior.items()] if isinstance(noninferior, Mapping) else noninferior
    )
    margins = parse_margins(texts)
    runs = open_runs([Path(path) for path in paths], protocol)
    task = TASKS.load(runs[0].config.task)()
    chosen = choose_scores(runs, scores, task.headline, [margin.score for margin in margins])
    check_comparable(runs, chosen, common=on == "common")
    loaded, source = load_statistics(runs, chosen, data_root=data_root, reporter=reporter)
    ids, dropped = shared_ids(runs, loaded, common=on == "common")
    rows = [rows_of(item, ids) for item in loaded]
    groups = tuple(loaded[0].groups[row] for row in rows[0].tolist())
    sample = Sample(ids, groups, resamples, seed)
    measured = [[taken(part, where) for part in item.measured] for item, where in zip(loaded, rows)]
    comparisons = [
        {"run": run.name, "against": runs[0].name, **compare_pair(mine, measured[0], sample, chosen, flips)}
        for run, mine in zip(runs[1:], measured[1:])
    ]
    family = _correct([found for item in comparisons for found in item["scores"].values()], correction)
    cells = _compare_strata(strata, loaded[0], rows[0], measured, sample, chosen, comparisons)
    within = _correct(cells, correction)
    identity, data = runs[0].record["identity"], runs[0].record["data"]
    record = {
        "schema": COMPARE_SCHEMA,
        "task": identity["task"],
        "task_version": identity["task_version"],
        "split": identity["split"],
        "data": identity["data"],
        "phantom": data["phantom"],
        "restricted": bool(task.restricted),
        "protocol": runs[0].results["protocol"],
        "runs": [_describe(run) for run in runs],
        "n": len(ids),
        "groups": len(set(groups)),
        "dropped": dropped,
        "resamples": resamples,
        "seed": seed,
        "correction": {
            "method": correction,
            "tests": family,
            "family": f"scores x runs against {runs[0].name}: {len(chosen)} x {len(comparisons)}",
            "tests_in_strata": within,
        },
        "signatures": {score: runs[0].results["scores"][score]["signature"] for score in chosen},
        "comparisons": comparisons,
        "noninferiority": [_verdict(item, margin) for item in comparisons for margin in margins],
        "statistics_from": source,
        "notes": [*cautions(runs), *_few(groups)],
    }
    return RunComparison(record)


def _check_options(on: str, correction: str, resamples: int, flips: int) -> None:
    if on not in ("all", "common"):
        raise UsageError(f"unknown choice of examples {on!r}", where="--on", valid="all, common")
    if correction not in CORRECTIONS:
        raise UnknownNameError("correction", correction, CORRECTIONS, where="--correction")
    for name, value, low in (("resamples", resamples, 100), ("flips", flips, 0)):
        if value < low:
            raise UsageError(f"{name} must be at least {low}, got {value}", where=f"--{name}")


def _correct(records: Sequence[dict[str, Any]], correction: str) -> int:
    """Put the corrected p-value of the randomisation test beside each; returns how many tests were corrected for."""
    p_values = [found["p"] for found in records]
    for found, p in zip(records, CORRECTIONS[correction](p_values)):
        found["p_corrected"] = p
    return sum(p is not None for p in p_values)


def _compare_strata(
    strata: Sequence[str],
    first: RunStatistics,
    rows: NDArray[np.int64],
    measured: Sequence[Sequence[Measured]],
    sample: Sample,
    scores: Sequence[str],
    comparisons: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Add the differences within each value of each stratum to the comparisons; returns all their records."""
    for name in strata:
        if name not in first.strata:
            raise UnknownNameError("stratum", name, sorted(first.strata), where="--stratum")
    cells: list[dict[str, Any]] = []
    for mine, comparison in zip(measured[1:], comparisons):
        comparison["strata"] = {}
        for name in strata:
            values = [first.strata[name][row] for row in rows.tolist()]
            found: dict[str, Any] = {}
            for value in sorted({item for several in values for item in several}):
                inside = np.flatnonzero([value in several for several in values])
                run, against = ([taken(item, inside) for item in side] for side in (mine, measured[0]))
                records = differences(run, against, sample.subset(inside), scores)
                found[value] = {"n": len(inside), "scores": records}
                cells += records.values()
            comparison["strata"][name] = found
    return cells


def _describe(run: OpenRun) -> dict[str, Any]:
    model = run.record["model"]
    return {
        "name": run.name,
        "model": model["name"],
        "model_fingerprint": model["fingerprint"],
        "run_id": run.record["run_id"],
        "path": str(run.folder.path),
        "inputs": list(run.record["identity"]["inputs"]),
        "n": run.results["n"],
        "status_counts": dict(run.results["status_counts"]),
        "complete": bool(run.results["complete"]),
        "partial": run.partial,
    }


def _verdict(comparison: Mapping[str, Any], margin: Margin) -> dict[str, Any]:
    verdict = margin.check(comparison["scores"][margin.score])
    return {"run": comparison["run"], "against": comparison["against"], **verdict}


def _few(groups: Sequence[str]) -> list[str]:
    count = len(set(groups))
    if count >= FEW_GROUPS:
        return []
    return [f"only {count} resampling units: intervals of fewer than {FEW_GROUPS} tend to be too narrow"]
