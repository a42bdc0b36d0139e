"""Performance per condition: of the labels that a text carries, of gold labels, and of predicted probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.types import Prediction, Reference
from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.leaderboard.run_report.targets import Verdict, above, condition_targets
from cxrbench.leaderboard.run_report.values import Value, from_estimate, from_record, is_few, suppressed
from cxrbench.metrics.base import FloatArray, Pairs, Statistics
from cxrbench.metrics.diagnostic import DiagnosticScores, GoldPolicy, RankScores
from cxrbench.statistics.bootstrap import Measured, estimate
from cxrbench.statistics.scoring import BoolArray

GOLD = "gold"
COLUMNS = ("sensitivity", "specificity", "ppv", "f1", "auroc")
MEASURES = (*COLUMNS, "average_precision")
_TARGETED = ("sensitivity", "specificity", "auroc")


@dataclass(frozen=True)
class Labelled:
    """What each example has and what was said of it, as one source of labels sees it.

    Attributes:
        source: "gold", or the labeler.
        ids, groups: Of the examples.
        truth, said: Condition -> bool [examples].
        counted: Condition -> bool [examples], where both are known.
    """

    source: str
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    truth: Mapping[str, BoolArray]
    said: Mapping[str, BoolArray]
    counted: Mapping[str, BoolArray]


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One condition.

    Attributes:
        positives: Examples that have it; None where suppressed.
        n: Examples counted; None where suppressed.
        few: Whether there are fewer positives (or negatives) than the minimum.
        measures: Measure -> value.
        targets: Measure -> the documented target and whether it is met.
        missed, invented: Examples that have it and were not said to, and the reverse; None where suppressed.
    """

    condition: str
    positives: int | None
    n: int | None
    few: bool
    measures: Mapping[str, Value]
    targets: Mapping[str, Verdict]
    priority: str
    missed: int | None
    invented: int | None


@dataclass(frozen=True, slots=True)
class ConditionTable:
    """All conditions under one source of labels.

    Attributes:
        source: "gold", or the labeler.
        measures: The columns that have a value somewhere.
    """

    source: str
    measures: tuple[str, ...]
    rows: tuple[ConditionRow, ...]


def labelled(contents: RunContents) -> list[Labelled]:
    """The sources of labels of a run: gold labels first, then each labeler. Empty without statistics.

    Raises:
        DataError: The statistics of a source have gaps.
    """
    table = contents.table
    if table is None:
        return []
    found = []
    for source, metric in [(GOLD, "diagnostic"), *((name, name) for name in table.labelers(contents.protocol))]:
        columns = table.columns(contents.protocol, metric)
        if columns is None:
            continue
        present = [name for name in CONDITIONS if f"tp/{name}" in columns.plain]
        chosen = np.flatnonzero(columns.include).tolist()

        def count(kind: str, condition: str, plain: Mapping[str, FloatArray] = columns.plain) -> BoolArray:
            return np.asarray(plain[f"{kind}/{condition}"] > 0, bool)

        truth = {name: count("tp", name) | count("fn", name) for name in present}
        said = {name: count("tp", name) | count("fp", name) for name in present}
        everything = np.ones(len(chosen), bool)
        counted = {
            name: truth[name] | said[name] | count("tn", name) if f"tn/{name}" in columns.plain else everything
            for name in present
        }
        ids, groups = (tuple(names[row] for row in chosen) for names in (table.ids, table.groups))
        found.append(Labelled(source, ids, groups, truth, said, counted))
    return found


def condition_table(
    contents: RunContents, labels: Labelled, *, few: int, resamples: int | None = None
) -> ConditionTable:
    """Sensitivity, specificity, precision, F1 and AUROC of every condition, with clustered intervals.

    What results.json holds is taken from there; the rest is estimated from the statistics with the run's own seed.

    Args:
        resamples: Instead of those of the run.
    """
    results = contents.run.results
    resamples = int(results.get("resamples", 0)) if resamples is None else resamples
    seed = int(results.get("seed", 0))
    found: dict[str, Value] = {}
    groups = labels.groups
    masks = {"": np.ones(len(groups), bool)}
    if labels.source == GOLD:
        found = {name: from_record(record) for name, record in results["scores"].items()}
    else:
        measured = [Measured(DiagnosticScores(), _decisions(labels))]
        ranked = ranking(contents, labels)
        if ranked is not None:
            measured.append(ranked)
        estimates = estimate(measured, groups, masks, resamples=resamples, seed=seed)[""]
        found = {name: from_estimate(item) for name, item in estimates.items()}
        for condition in CONDITIONS:
            found[f"f1/{condition}"] = from_record(results["scores"].get(f"{labels.source}_f1/{condition}"))
    rows = [_row(name, labels, found, few, contents.restricted) for name in labels.truth]
    measures = tuple(measure for measure in COLUMNS if any(row.measures[measure].value is not None for row in rows))
    return ConditionTable(labels.source, measures, tuple(rows))


def ranking(contents: RunContents, labels: Labelled) -> Measured | None:
    """The probabilities of the predictions against the labels; None where no prediction has any."""
    predictions = [contents.predictions.get(name, Prediction(name, status="empty")) for name in labels.ids]
    if not any(item.label_probabilities for item in predictions):
        return None
    metric = RankScores(GoldPolicy(blank="exclude"))
    return Measured(metric, metric.measure(Pairs(references(labels), predictions), {}))


def references(labels: Labelled) -> list[Reference]:
    """The labels as gold of as many examples; what is not counted is left unmentioned."""
    return [
        Reference(
            name,
            labels={
                condition: int(values[row])
                for condition, values in labels.truth.items()
                if labels.counted[condition][row]
            },
        )
        for row, name in enumerate(labels.ids)
    ]


def _decisions(labels: Labelled) -> Statistics:
    """tp, fp, tn and fn of each condition, as `DiagnosticScores` counts them."""
    kinds: Sequence[tuple[str, bool, bool]] = (
        ("tp", True, True),
        ("fp", False, True),
        ("tn", False, False),
        ("fn", True, False),
    )
    columns, values = [], []
    for kind, has, says in kinds:
        for condition in CONDITIONS:
            columns.append(f"{kind}/{condition}")
            hit = (labels.truth[condition] == has) & (labels.said[condition] == says)
            values.append((hit & labels.counted[condition]).astype(np.float64))
    return Statistics(tuple(columns), np.column_stack(values))


def _row(condition: str, labels: Labelled, found: Mapping[str, Value], few: int, restricted: bool) -> ConditionRow:
    counted = labels.counted[condition]
    truth, said = labels.truth[condition] & counted, labels.said[condition] & counted
    positives, n = int(truth.sum()), int(counted.sum())
    measures = {measure: found.get(f"{measure}/{condition}", Value(None)) for measure in MEASURES}
    targets = {}
    bounds = condition_targets()[1].get(condition, {})
    for measure in _TARGETED:
        if measure in bounds:
            targets[measure] = above(bounds[measure], measures[measure])
    row = ConditionRow(
        condition,
        positives,
        n,
        is_few(min(positives, n - positives), few),
        measures,
        targets,
        str(bounds.get("priority", "")),
        int((truth & ~said).sum()),
        int((said & ~truth).sum()),
    )
    if not (restricted and row.few):
        return row
    hidden = suppressed(few)
    blank = {measure: Verdict(verdict.text, None, False) for measure, verdict in targets.items()}
    return replace(
        row,
        positives=None,
        n=None,
        measures=dict.fromkeys(MEASURES, hidden),
        targets=blank,
        missed=None,
        invented=None,
    )
