"""The report of one run as data: everything that the page shows, nothing of how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError
from cxrbench.leaderboard.page.names import score_title
from cxrbench.leaderboard.reliance import Reliance, controls_of, image_reliance
from cxrbench.leaderboard.run_report.conditions import GOLD, ConditionTable, Labelled, condition_table, labelled
from cxrbench.leaderboard.run_report.contents import RunContents, read_contents
from cxrbench.leaderboard.run_report.curves import (
    ConditionCurves,
    ReliabilityPoints,
    condition_curves,
    confidence_curves,
)
from cxrbench.leaderboard.run_report.effort import Effort, effort
from cxrbench.leaderboard.run_report.errors import (
    Misaligned,
    Ranked,
    SureError,
    WorstExample,
    misaligned,
    ranked,
    sure_errors,
    worst_examples,
)
from cxrbench.leaderboard.run_report.failures import Failures, failures
from cxrbench.leaderboard.run_report.headline import columns, headline_scores, main_scores, stratum_scores
from cxrbench.leaderboard.run_report.methods import methods
from cxrbench.leaderboard.run_report.questions import TypeTarget, YesNoRow, type_targets, yes_no_table
from cxrbench.leaderboard.run_report.strata import Behind, HeatMap, behind, heat_map
from cxrbench.leaderboard.run_report.targets import Verdict, condition_targets, judged, score_targets
from cxrbench.leaderboard.run_report.values import FEW, Column, Value, from_record, suppressed


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A score under each protocol of the run.

    Attributes:
        values: In the order of the protocols.
        target: The documented target beside the first value; None where there is none.
    """

    column: Column
    signature: str
    values: tuple[Value, ...]
    target: Verdict | None


@dataclass(frozen=True, slots=True)
class PartTable:
    """Scores of single conditions or bands, under the first protocol.

    Attributes:
        rows: Condition or band -> values in the order of the columns.
    """

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[Value, ...]], ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """What one source of labels shows."""

    table: ConditionTable
    ranked: Ranked
    worst: tuple[WorstExample, ...]
    curves: tuple[ConditionCurves, ...]
    too_few: tuple[str, ...]


@dataclass(frozen=True)
class ReportSummary:
    """The report of one run.

    Attributes:
        record: run.json.
        banners: Sentences that must be read before any number.
        headline: The task's headline scores, under the first protocol.
        blocks: Heading -> all scores under all protocols; the labelers' scores apart from each other.
        parts: Scores of single conditions and bands.
        main: Places of the main scores among the columns of the heat map.
        behind: Score -> the strata furthest behind.
        labels: Gold labels first, then labelers.
        reliance: The run beside its control runs, where there are any.
        targets_from: The documents that targets come from.
        left_out: What could not be read, in sentences.
    """

    record: dict[str, Any]
    task: str
    model: str
    protocols: tuple[str, ...]
    n: int
    few: int
    restricted: bool
    phantom: bool
    banners: tuple[tuple[str, str], ...]
    headline: tuple[ScoreRow, ...]
    blocks: tuple[tuple[str, tuple[ScoreRow, ...]], ...]
    parts: tuple[PartTable, ...]
    heat: HeatMap
    main: tuple[int, ...]
    behind: tuple[tuple[Column, tuple[Behind, ...]], ...]
    labels: tuple[Labels, ...]
    confidence: tuple[ReliabilityPoints, ...]
    sure_errors: tuple[SureError, ...]
    yes_no: tuple[YesNoRow, ...]
    type_targets: tuple[str, str, tuple[TypeTarget, ...]]
    misaligned: Misaligned | None
    failures: Failures
    reliance: tuple[Reliance, ...]
    effort: Effort
    methods: tuple[str, ...]
    targets_from: tuple[str, ...]
    left_out: tuple[str, ...]


def summarise(path: Path, *, scores: Sequence[str] = (), few: int = FEW) -> ReportSummary:
    """Summarise a run folder; nothing else is read.

    Args:
        scores: The scores that strata are drawn by; the first two headline scores where empty.
        few: Examples below which a number is greyed, or suppressed where the data are restricted.

    Raises:
        DataError: Not a run folder, or results.json is missing or not JSON.
        RunFolderError: The run is not finished, damaged, or of another schema.
        UnknownNameError: The run lacks one of the scores.
    """
    return summarise_contents(read_contents(path), scores=scores, few=few)


def summarise_contents(contents: RunContents, *, scores: Sequence[str] = (), few: int = FEW) -> ReportSummary:
    """`summarise` of a run folder that was read already."""
    run, results = contents.run, contents.run.results
    left_out = list(contents.left_out)
    main = main_scores(run, scores)
    shown = list(dict.fromkeys([*main, *stratum_scores(run)]))
    heat = heat_map(results, columns(run, shown), few=few, restricted=contents.restricted)
    sources = _readable(left_out, lambda: labelled(contents), [])
    labels = tuple(_labels(contents, source, few) for source in sources)
    task = str(run.record["identity"]["task"])
    document, bounds = score_targets(task)
    rows = {name: _score_row(contents, name, bounds) for name in results["scores"]}
    judged_any = any(row.target is not None for row in rows.values())
    typed = type_targets(contents, heat)
    labelers = [item.table.source for item in labels if item.table.source != GOLD]
    documents = [
        document if judged_any else "",
        condition_targets()[0] if any(row.targets for item in labels for row in item.table.rows) else "",
        typed[0] if typed[2] else "",
    ]
    return ReportSummary(
        record=dict(run.record),
        task=task,
        model=str(results["model"]),
        protocols=tuple(contents.results),
        n=int(results["n"]),
        few=few,
        restricted=contents.restricted,
        phantom=bool(run.record["data"]["phantom"]),
        banners=_banners(contents),
        headline=tuple(rows[name] for name in headline_scores(run)),
        blocks=_blocks(rows, labelers),
        parts=_parts(contents, labelers, _shown_conditions(contents, labels), few),
        heat=heat,
        main=tuple(range(len(main))),
        behind=tuple((heat.columns[place], behind(heat, place, few=few)) for place in range(len(main))),
        labels=labels,
        confidence=_readable(left_out, lambda: confidence_curves(contents, few=few), ()),
        sure_errors=_readable(left_out, lambda: sure_errors(contents, sources), ()),
        yes_no=_readable(left_out, lambda: yes_no_table(contents, few=few), ()),
        type_targets=typed,
        misaligned=_readable(left_out, lambda: misaligned(contents), None),
        failures=failures(contents),
        reliance=_reliance(contents, left_out),
        effort=effort(contents),
        methods=methods(contents, few=few, labelers=labelers, probabilities=any(item.curves for item in labels)),
        targets_from=tuple(filter(None, dict.fromkeys(documents))),
        left_out=tuple(dict.fromkeys(left_out)),
    )


def _reliance(contents: RunContents, left_out: list[str]) -> tuple[Reliance, ...]:
    """Beside the control runs that lie next to the run; by the scores that a stratum can be read by."""
    run = contents.run
    scores = [name for name in stratum_scores(run) if not name.endswith("_rate")]
    found, problems = image_reliance(
        run.folder.path, controls_of(run.folder.path), scores, protocol=contents.protocol
    )
    left_out += problems
    return tuple(found)


def _readable(left_out: list[str], make: Any, otherwise: Any) -> Any:
    """What `make` gives; where the statistics do not serve, `otherwise`, and a sentence in `left_out`."""
    try:
        return make()
    except DataError as error:
        left_out.append(f"What needs statistics of single examples: {error.message}.")
        return otherwise


def _labels(contents: RunContents, source: Labelled, few: int) -> Labels:
    table = condition_table(contents, source, few=few)
    curves, too_few = condition_curves(contents, source, few=few)
    return Labels(table, ranked(table), worst_examples(source), curves, too_few)


def _score_row(contents: RunContents, name: str, bounds: Any) -> ScoreRow:
    found = contents.run.results["scores"][name]
    values = tuple(from_record(results["scores"].get(name)) for results in contents.results.values())
    column = Column(name, score_title(name), found["direction"] == "higher")
    target = judged(bounds[name], values[0]) if name in bounds else None
    return ScoreRow(column, str(found["signature"]), values, target)


def _blocks(rows: dict[str, ScoreRow], labelers: Sequence[str]) -> tuple[tuple[str, tuple[ScoreRow, ...]], ...]:
    """Scores of each labeler under a heading of their own: they are not comparable. Those of single conditions are
    in the tables of conditions."""
    whole = {name: row for name, row in rows.items() if "/" not in name}
    of = {labeler: [name for name in whole if name.startswith(f"{labeler}_")] for labeler in labelers}
    labelled_names = {name for names in of.values() for name in names}
    blocks = [("Scores", tuple(row for name, row in whole.items() if name not in labelled_names))]
    blocks += [(f"Label scores ({name})", tuple(whole[item] for item in of[name])) for name in labelers]
    return tuple((heading, found) for heading, found in blocks if found)


def _shown_conditions(contents: RunContents, labels: Sequence[Labels]) -> frozenset[str]:
    """The conditions of which single scores may be shown: of restricted data those with enough examples."""
    if not contents.restricted:
        return frozenset(CONDITIONS)
    known = [row for item in labels for row in item.table.rows]
    return frozenset(row.condition for row in known) - {row.condition for row in known if row.few}


def _parts(contents: RunContents, labelers: Sequence[str], shown: frozenset[str], few: int) -> tuple[PartTable, ...]:
    """Scores named `<score>/<part>`, those with the same parts in one table, each labeler apart."""
    scores = contents.run.results["scores"]
    heads: dict[str, list[str]] = {}
    for name in scores:
        head, slash, part = name.partition("/")
        if slash:
            heads.setdefault(head, []).append(part)
    tables: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for head, parts in heads.items():
        labeler = next((name for name in labelers if head.startswith(f"{name}_")), "")
        tables.setdefault((labeler, tuple(parts)), []).append(head)

    def value(head: str, part: str) -> Value:
        if part in CONDITIONS and part not in shown:
            return suppressed(few)
        return from_record(scores[f"{head}/{part}"])

    return tuple(
        PartTable(
            f"Per condition ({labeler})" if labeler else "Per condition or band",
            tuple(
                Column(head, score_title(head), scores[f"{head}/{parts[0]}"]["direction"] == "higher")
                for head in found
            ),
            tuple((part, tuple(value(head, part) for head in found)) for part in parts),
        )
        for (labeler, parts), found in tables.items()
    )


def _banners(contents: RunContents) -> tuple[tuple[str, str], ...]:
    record, results = contents.run.record, contents.run.results
    found = []
    if record["data"]["phantom"]:
        found.append(("Phantom data", "The films are drawn. These numbers say nothing about real patients."))
    if contents.restricted:
        found.append(
            (
                "Restricted data",
                "This page holds ids and numbers only, no image and no text. Check your data use agreement before "
                "you pass it on.",
            )
        )
    if contents.run.partial:
        found.append(
            (
                "Partial run",
                f"--limit was used: {results['n']} of {record['data'].get('of', '?')} examples. It cannot be ranked.",
            )
        )
    if not results["complete"]:
        failed = contents.run.failed
        found.append(
            (
                "Incomplete run",
                f"{failed} of {results['n']} examples failed and are not scored. Repeat the run command to try them "
                "again.",
            )
        )
    if record["model"].get("is_baseline"):
        found.append(("Baseline", "This is a floor that any real model must beat."))
    found += [("Model", str(note)) for note in record["model"].get("notes", [])]
    return tuple(found)
