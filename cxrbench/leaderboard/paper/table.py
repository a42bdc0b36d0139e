"""The table itself: values with intervals or spreads, best and second best, marks, and what the footnote must say."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cxrbench.core.comparability import OpenRun, check_comparable, choose_scores, open_runs
from cxrbench.core.comparing import CORRECTIONS
from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.core.paired_runs import Sample, taken
from cxrbench.core.registry import TASKS
from cxrbench.core.reporter import Reporter, Silent
from cxrbench.core.run_statistics import load_statistics
from cxrbench.core.shared_examples import rows_of, shared_ids
from cxrbench.leaderboard.paper.rows import Row, group_rows
from cxrbench.leaderboard.paper.significance import difference_p
from cxrbench.statistics.bootstrap import RESAMPLES, Measured

ALPHA = 0.05


@dataclass(frozen=True)
class Cell:
    """One score of one row.

    Attributes:
        value: The score; the mean over seeds where there are several; None where undefined.
        ci95: Of a single run.
        spread: Standard deviation (n - 1) over the seeds; None for a single run.
        place: 1 for the best row, 2 for the second best, None otherwise; floors take no part.
        differs: Whether the corrected test against the best row shows a difference; None where none was made.
        p_corrected: Of that test.
    """

    value: float | None
    ci95: tuple[float, float] | None
    spread: float | None
    place: int | None
    differs: bool | None
    p_corrected: float | None


@dataclass(frozen=True)
class PaperTable:
    """A table that is ready to be written in any format.

    Attributes:
        directions, signatures: Score -> direction, signature.
        cells: One mapping per row, score -> cell.
        tests: How many tests were corrected for.
    """

    scores: tuple[str, ...]
    directions: Mapping[str, str]
    signatures: Mapping[str, str]
    rows: tuple[Row, ...]
    cells: tuple[Mapping[str, Cell], ...]
    n: int
    groups: int
    resamples: int
    seed: int
    correction: str
    tests: int

    @property
    def first(self) -> OpenRun:
        return self.rows[0].runs[0]

    @property
    def seeds(self) -> bool:
        """Whether some row stands for several runs."""
        return any(len(row.runs) > 1 for row in self.rows)


def build_table(
    paths: Sequence[str | Path],
    *,
    scores: Sequence[str] = (),
    protocol: str | None = None,
    named: Mapping[str, Sequence[Path]] | None = None,
    correction: str = "holm",
    resamples: int = RESAMPLES,
    seed: int = 0,
    data_root: Path | None = None,
    reporter: Reporter | None = None,
) -> PaperTable:
    """The table of runs on one task.

    Args:
        scores: Columns; empty for the headline scores of the task that all runs have.
        named: Label -> run folders that form one row.
        correction: "holm" or "bonferroni", over all tests of the table.
        data_root: Where the data are; needed only where statistics.parquet cannot serve.

    Raises:
        UsageError: An option that cannot be understood, or an unknown name.
        RunFolderError: The runs cannot stand in one table; the message lists all that differs.
        DataError: Not a run folder, or data that are needed are gone.
    """
    if correction not in CORRECTIONS:
        raise UnknownNameError("correction", correction, CORRECTIONS, where="--correction")
    if resamples < 100:
        raise UsageError(f"resamples must be at least 100, got {resamples}", where="--resamples")
    runs = open_runs([Path(path) for path in paths], protocol, at_least=1)
    rows = group_rows(runs, named)
    chosen = choose_scores(runs, scores, TASKS.load(runs[0].config.task)().headline)
    check_comparable(runs, chosen, common=False)
    measured, sample = _measured(runs, chosen, resamples, seed, data_root, reporter or Silent())
    places = {score: _places(rows, score) for score in chosen}
    p_values = {score: _tests(rows, places[score], measured, sample, score) for score in chosen}
    keys = [(score, row) for score in chosen for row in p_values[score]]
    corrected = dict(zip(keys, CORRECTIONS[correction]([p_values[score][row] for score, row in keys])))
    cells = [
        {score: _cell(row, score, places[score].get(place), corrected.get((score, place))) for score in chosen}
        for place, row in enumerate(rows)
    ]
    return PaperTable(
        scores=tuple(chosen),
        directions={score: runs[0].results["scores"][score]["direction"] for score in chosen},
        signatures={score: runs[0].results["scores"][score]["signature"] for score in chosen},
        rows=tuple(rows),
        cells=tuple(cells),
        n=len(sample.ids),
        groups=len(set(sample.groups)),
        resamples=resamples,
        seed=seed,
        correction=correction,
        tests=sum(p is not None for p in corrected.values()),
    )


def _measured(
    runs: Sequence[OpenRun],
    scores: Sequence[str],
    resamples: int,
    seed: int,
    data_root: Path | None,
    reporter: Reporter,
) -> tuple[dict[Path, dict[str, Measured]], Sample]:
    """Run folder -> score -> the metric behind it with the run's statistics, on the examples that all runs scored."""
    loaded, _ = load_statistics(runs, scores, data_root=data_root, reporter=reporter)
    ids, _ = shared_ids(runs, loaded, common=False)
    found: dict[Path, dict[str, Measured]] = {}
    groups: tuple[str, ...] = ()
    for run, item in zip(runs, loaded):
        rows = rows_of(item, ids)
        groups = tuple(item.groups[row] for row in rows.tolist())
        parts = [taken(part, rows) for part in item.measured]
        found[run.folder.path] = {score: part for part in parts for score in part.metric.scores if score in scores}
    return found, Sample(ids, groups, resamples, seed)


def _value(row: Row, score: str) -> float | None:
    values = [run.results["scores"][score]["value"] for run in row.runs]
    return None if any(value is None for value in values) else statistics.fmean(values)


def _places(rows: Sequence[Row], score: str) -> dict[int, int]:
    """Row -> 1 or 2 for the best and the second best value; equal values share a place."""
    sign = 1 if rows[0].runs[0].results["scores"][score]["direction"] == "higher" else -1
    values = {place: _value(row, score) for place, row in enumerate(rows) if not row.baseline}
    signed = {place: sign * value for place, value in values.items() if value is not None}
    ordered = sorted(set(signed.values()), reverse=True)[:2]
    return {place: ordered.index(value) + 1 for place, value in signed.items() if value in ordered}


def _tests(
    rows: Sequence[Row],
    places: Mapping[int, int],
    measured: Mapping[Path, Mapping[str, Measured]],
    sample: Sample,
    score: str,
) -> dict[int, float | None]:
    """Row -> p-value of its difference from the best row; nothing where there is no best row."""
    best = next((place for place, rank in places.items() if rank == 1), None)
    if best is None:
        return {}
    statistics_of = [[measured[run.folder.path][score] for run in row.runs] for row in rows]
    return {
        place: difference_p(found, statistics_of[best], sample, score)
        for place, found in enumerate(statistics_of)
        if place != best and _value(rows[place], score) is not None
    }


def _cell(row: Row, score: str, place: int | None, p_corrected: float | None) -> Cell:
    found = [run.results["scores"][score] for run in row.runs]
    value = _value(row, score)
    several = len(found) > 1 and value is not None
    ci95 = found[0]["ci95"] if len(found) == 1 else None
    return Cell(
        value=value,
        ci95=None if ci95 is None else (ci95[0], ci95[1]),
        spread=statistics.stdev(item["value"] for item in found) if several else None,
        place=place,
        differs=None if p_corrected is None else p_corrected < ALPHA,
        p_corrected=p_corrected,
    )
