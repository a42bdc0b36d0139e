"""From the summary of a run to its page: charts are laid out here, the template writes everything down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cxrbench import __version__
from cxrbench.leaderboard.charts.bars import Bar, Bars, bars
from cxrbench.leaderboard.charts.curve import Chart, Line, chart
from cxrbench.leaderboard.charts.forest import Entry, Forest, forest
from cxrbench.leaderboard.charts.shade import ends, shade
from cxrbench.leaderboard.page.render import render
from cxrbench.leaderboard.page.text import count, plain, share
from cxrbench.leaderboard.run_report.conditions import GOLD, ConditionRow
from cxrbench.leaderboard.run_report.curves import ConditionCurves, Points, ReliabilityPoints
from cxrbench.leaderboard.run_report.strata import HeatMap, Stratum, StratumRow
from cxrbench.leaderboard.run_report.summary import Labels, ReportSummary
from cxrbench.leaderboard.run_report.values import FEW, Column, Value, defined, is_few

_WIDTH, _HEIGHT = 250, 230


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the heat map: the number and its shade."""

    value: Value
    shade: str


@dataclass(frozen=True, slots=True)
class ShadedRow:
    row: StratumRow
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ShadedStratum:
    stratum: Stratum
    rows: tuple[ShadedRow, ...]


@dataclass(frozen=True, slots=True)
class ConditionCharts:
    """The three charts of a condition, and its numbers."""

    curves: ConditionCurves
    row: ConditionRow
    roc: Chart
    precision_recall: Chart
    reliability: Chart


@dataclass(frozen=True, slots=True)
class LabelSection:
    """What the page shows of one source of labels."""

    labels: Labels
    key: str
    heading: str
    missed: Bars | None
    invented: Bars | None
    charts: tuple[ConditionCharts, ...]


def report_html(summary: ReportSummary, *, viewer: str | None = None) -> str:
    """The page of a run.

    Args:
        viewer: Relative path of the example viewer, which ids then link to; None for no links.
    """
    return render(
        "report.html",
        title=f"{summary.model} on {summary.task}",
        scripts=("report.js",),
        styles=("report.css",),
        version=__version__,
        summary=summary,
        viewer=viewer,
        example_links=_links(viewer, _ids(summary)),
        overall=_shaded(summary.heat, summary.heat.overall, summary.few),
        heat=_heat(summary.heat, summary.few),
        heat_width=len(summary.heat.columns) + 2,
        forests=_forests(summary),
        sections=[_section(labels) for labels in summary.labels],
        confidence=[
            (f"confidence-{place}", item, _reliability_chart(item, "Stated confidence", "Share right"))
            for place, item in enumerate(summary.confidence)
        ],
        quantities=[*filter(None, [summary.effort.latency]), *summary.effort.usage],
        signatures=_signatures(summary),
    )


def _links(viewer: str | None, ids: Iterable[str]) -> dict[str, str]:
    """Id -> address in the viewer."""
    if viewer is None:
        return {}
    return {name: f"{quote(viewer)}#id={quote(plain(name), safe='')}" for name in ids}


def _ids(summary: ReportSummary) -> Iterable[str]:
    for labels in summary.labels:
        yield from (item.id for item in labels.worst)
    yield from (item.id for item in summary.sure_errors)
    for group in summary.failures.groups:
        yield from group.ids
    if summary.misaligned is not None:
        yield from summary.misaligned.ids


def _heat(heat: HeatMap, few: int) -> list[ShadedStratum]:
    return [
        ShadedStratum(stratum, tuple(_shaded(heat, row, few) for row in stratum.rows))
        for stratum in heat.strata
        if any(row.n is None or defined(row.scores) for row in stratum.rows)
    ]


def _shaded(heat: HeatMap, row: StratumRow, few: int) -> ShadedRow:
    cells = []
    for place, (column, value) in enumerate(zip(heat.columns, row.scores)):
        low, high = _spread(heat, place, few)
        if value.value is None or is_few(value.n, few):
            name = "few"
        elif low == high:
            name = ""
        else:
            name = shade(value.value, low, high, higher_is_better=column.higher_is_better)
        cells.append(Cell(value, name))
    return ShadedRow(row, tuple(cells))


def _spread(heat: HeatMap, place: int, few: int) -> tuple[float, float]:
    """Smallest and largest value of a column that rest on enough examples."""
    rows = [heat.overall, *(row for stratum in heat.strata for row in stratum.rows)]
    found = [row.scores[place] for row in rows]
    return ends([item.value for item in found if not is_few(item.n, few)])


def _forests(summary: ReportSummary) -> list[tuple[Column, list[tuple[str, Stratum, Forest]]]]:
    """Score -> key, stratum and plot of each stratum that divides the examples and has values under it."""
    heat = summary.heat
    found = []
    for place in summary.main:
        column = heat.columns[place]
        overall = heat.overall.scores[place].value
        plots = []
        for number, stratum in enumerate(heat.strata):
            rows = [row for row in stratum.rows if row.n is not None]
            if sum(row.scores[place].value is not None for row in rows) < 2:
                continue
            entries = [
                Entry(
                    row.value,
                    row.scores[place].value,
                    row.scores[place].ci95,
                    f"n={count(row.scores[place].n)}",
                    is_few(row.scores[place].n, summary.few),
                )
                for row in rows
                if row.scores[place].value is not None
            ]
            description = f"{column.title} of each value of {stratum.title}; the line is the score of all examples"
            plot = forest(f"{column.title} by {stratum.title}", entries, reference=overall, description=description)
            plots.append((f"forest-{place}-{number}", stratum, plot))
        found.append((column, plots))
    return found


def _section(labels: Labels) -> LabelSection:
    source = labels.table.source
    rows = {row.condition: row for row in labels.table.rows}
    names = {GOLD: "Gold labels", "rules": "Label scores (rules)", "chexbert": "Label scores (CheXbert)"}
    return LabelSection(
        labels,
        f"labels-{source}" if source.isidentifier() else "labels",
        names.get(source, f"Label scores ({plain(source)})"),
        _error_bars("Missed", labels.ranked.missed, lambda row: (row.missed or 0, row.positives or 0)),
        _error_bars(
            "Invented", labels.ranked.invented, lambda row: (row.invented or 0, (row.n or 0) - (row.positives or 0))
        ),
        tuple(_condition_charts(curves, rows[curves.condition]) for curves in labels.curves),
    )


def _error_bars(title: str, rows: Sequence[ConditionRow], counts: Any) -> Bars | None:
    if not rows:
        return None
    of = "with it" if title == "Missed" else "without it"
    items = []
    for row in rows:
        wrong, whole = counts(row)
        rate = share(wrong / whole) if whole else "–"
        items.append(Bar(row.condition, float(wrong), f"{count(wrong)} of {count(whole)} {of} ({rate})"))
    return bars(title, items, description=f"{title} conditions, most frequent first")


def _condition_charts(curves: ConditionCurves, row: ConditionRow) -> ConditionCharts:
    name = curves.condition
    said = [] if curves.said is None else [Line("what the text says", *_axes([curves.said]), marks=True)]
    roc = chart(
        f"ROC of {name}",
        [Line("probability", *_axes(curves.roc)), *said],
        x_title="1 − specificity",
        y_title="sensitivity",
        unit_square=True,
        diagonal=True,
        ticks=2,
        legend=False,
        width=_WIDTH,
        height=_HEIGHT,
    )
    chance = Line("prevalence", [0.0, 1.0], [curves.prevalence, curves.prevalence])
    precision_recall = chart(
        f"Precision and recall of {name}",
        [Line("probability", *_axes(curves.precision_recall)), chance],
        x_title="recall",
        y_title="precision",
        unit_square=True,
        ticks=2,
        legend=False,
        width=_WIDTH,
        height=_HEIGHT,
    )
    return ConditionCharts(
        curves, row, roc, precision_recall, _reliability_chart(curves.reliability, width=_WIDTH, height=_HEIGHT)
    )


def _reliability_chart(
    points: ReliabilityPoints,
    x_title: str = "stated probability",
    y_title: str = "share present",
    width: int = 360,
    height: int = 320,
) -> Chart:
    bins = list(zip(points.points, points.low, points.high, points.counts))
    lines = []
    for label, few in (("bins", False), (f"bins of fewer than {FEW}", True)):
        chosen = [item for item in bins if (item[3] < FEW) == few]
        xs, ys = _axes([point for point, _, _, _ in chosen])
        low, high = [item[1] for item in chosen], [item[2] for item in chosen]
        lines.append(Line(label, xs, ys, low, high, marks=True, joined=False, faint=few, colour=0))
    return chart(
        f"Reliability of {points.title.replace('_', ' ')}",
        lines,
        x_title=x_title,
        y_title=y_title,
        unit_square=True,
        diagonal=True,
        ticks=2,
        legend=False,
        width=width,
        height=height,
        description="Share of positive outcomes against the stated probability, with Wilson 95 % intervals",
    )


def _axes(points: Points | Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _signatures(summary: ReportSummary) -> list[tuple[str, list[str]]]:
    """Signature -> the scores that share it."""
    found: dict[str, list[str]] = {}
    for _, rows in summary.blocks:
        for row in rows:
            found.setdefault(row.signature, []).append(row.column.score)
    return list(found.items())
