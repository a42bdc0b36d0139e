"""ROC, precision-recall and reliability curves, as points that a chart can draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cxrbench.leaderboard.run_report.conditions import GOLD, Labelled, ranking
from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.metrics.base import FloatArray
from cxrbench.metrics.diagnostic.bins import BINS
from cxrbench.metrics.diagnostic.curves import Reliability, reliability, threshold_curve

Points = tuple[tuple[float, float], ...]
_TOLERANCE = 0.003
"""Largest distance of a left-out point from the line drawn, as a share of the axis: less than a pixel."""
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class ReliabilityPoints:
    """Share of right answers against stated probability, in equal bins.

    Attributes:
        points: (mean probability, share of positive outcomes) of each bin that holds an example.
        low, high: Wilson 95 % interval of each share.
        counts: Examples of each bin.
        ece: Expected calibration error of these bins.
        brier: Mean squared difference; None where only the bins are known.
    """

    title: str
    points: Points
    low: tuple[float, ...]
    high: tuple[float, ...]
    counts: tuple[int, ...]
    ece: float
    brier: float | None
    n: int


@dataclass(frozen=True, slots=True)
class ConditionCurves:
    """The curves of one condition.

    Attributes:
        roc: (1 - specificity, sensitivity).
        precision_recall: (recall, precision).
        prevalence: Share of positives, the precision of chance.
        said: (1 - specificity, sensitivity) of what the text says, where it is labelled; None for gold labels.
    """

    condition: str
    positives: int
    n: int
    roc: Points
    precision_recall: Points
    prevalence: float
    reliability: ReliabilityPoints
    said: tuple[float, float] | None


def condition_curves(
    contents: RunContents, labels: Labelled, *, few: int
) -> tuple[tuple[ConditionCurves, ...], tuple[str, ...]]:
    """The curves of every condition, and the conditions that fewer than `few` examples have or lack.

    Returns:
        No curve at all where no prediction carries probabilities.
    """
    curves, left_out = [], []
    rows = _scored_rows(contents, labels)
    for condition in labels.truth:
        kept = [row for row in rows.get(condition, ()) if len(row)]
        given = np.array([len(row) == 2 for row in kept], bool)
        if not given.any():
            continue
        truth = np.array([row[0] for row in kept], np.float64)
        probabilities = np.array([row[1] if len(row) == 2 else 0.0 for row in kept], np.float64)
        positives = int(truth.sum())
        if min(positives, len(truth) - positives) < few:
            left_out.append(condition)
            continue
        curve = threshold_curve(truth, probabilities)
        said = None if labels.source == GOLD else _operating_point(labels, condition)
        curves.append(
            ConditionCurves(
                condition,
                positives,
                len(truth),
                thinned(1 - curve.specificity, curve.sensitivity),
                # The first point is precision of nothing, a convention that no threshold reaches.
                thinned(curve.sensitivity[1:], curve.ppv[1:]),
                positives / len(truth),
                _reliability(condition, truth[given], probabilities[given], few if contents.restricted else 1),
                said,
            )
        )
    return tuple(curves), tuple(left_out)


def confidence_curves(contents: RunContents, *, few: int) -> tuple[ReliabilityPoints, ...]:
    """Reliability of the confidence in answers, from the bins that calibration metrics keep."""
    table = contents.table
    if table is None:
        return ()
    found = []
    for metric in table.metrics(contents.protocol):
        columns = table.columns(contents.protocol, metric) if metric.endswith("calibration") else None
        if columns is None or f"count/{BINS - 1}" not in columns.plain or "scored" not in columns.plain:
            continue
        count, confidence, correct = (
            np.array([columns.plain[f"{kind}/{k}"].sum() for k in range(BINS)])
            for kind in ("count", "confidence", "correct")
        )
        if not count.sum():
            continue
        used = np.flatnonzero(count)
        edges = np.linspace(0.0, 1.0, BINS + 1)
        bins = Reliability(
            edges[used], edges[used + 1], count[used], confidence[used] / count[used], correct[used] / count[used]
        )
        brier = float(columns.plain["squared_error"].sum() / count.sum())
        found.append(_points(metric, bins, brier, few if contents.restricted else 1))
    return tuple(found)


def thinned(xs: FloatArray, ys: FloatArray) -> Points:
    """The points of a line that matter for its shape (Ramer 1972, Douglas and Peucker 1973).

    Args:
        xs, ys: float64 [points], in drawing order.
    """
    if not len(xs):
        return ()
    points = np.column_stack([xs, ys])
    keep = np.zeros(len(points), bool)
    keep[[0, -1]] = True
    spans = [(0, len(points) - 1)]
    while spans:
        start, end = spans.pop()
        if end - start < 2:
            continue
        line = points[end] - points[start]
        inner = points[start + 1 : end] - points[start]
        length = float(np.hypot(*line))
        distances = (
            np.abs(line[0] * inner[:, 1] - line[1] * inner[:, 0]) / length
            if length
            else np.hypot(inner[:, 0], inner[:, 1])
        )
        furthest = int(np.argmax(distances))
        if distances[furthest] > _TOLERANCE:
            middle = start + 1 + furthest
            keep[middle] = True
            spans += [(start, middle), (middle, end)]
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in points[keep])


def wilson(share: float, n: float) -> tuple[float, float]:
    """The Wilson score interval of a share, 95 % (Wilson 1927)."""
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * float(np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)))
    return max(0.0, centre - half), min(1.0, centre + half)


def _scored_rows(contents: RunContents, labels: Labelled) -> Mapping[str, Sequence[FloatArray]]:
    """Condition -> label and probability of each example; the label alone where there is no probability."""
    if labels.source == GOLD:
        columns = None if contents.table is None else contents.table.columns(contents.protocol, "ranking")
        return {} if columns is None else columns.lists
    ranked = ranking(contents, labels)
    return {} if ranked is None else ranked.statistics.lists


def _operating_point(labels: Labelled, condition: str) -> tuple[float, float] | None:
    truth, said = labels.truth[condition], labels.said[condition]
    if truth.all() or not truth.any():
        return None
    return round(float(said[~truth].mean()), 4), round(float(said[truth].mean()), 4)


def _reliability(title: str, outcomes: FloatArray, probabilities: FloatArray, least: int) -> ReliabilityPoints:
    brier = float(((probabilities - outcomes) ** 2).mean())
    return _points(title, reliability(outcomes, probabilities), brier, least)


def _points(title: str, bins: Reliability, brier: float | None, least: int) -> ReliabilityPoints:
    n = float(bins.count.sum())
    ece = float((bins.count / n * np.abs(bins.accuracy - bins.confidence)).sum())
    shown = np.flatnonzero(bins.count >= least).tolist()
    intervals = [wilson(float(bins.accuracy[k]), float(bins.count[k])) for k in shown]
    return ReliabilityPoints(
        title,
        tuple((round(float(bins.confidence[k]), 4), round(float(bins.accuracy[k]), 4)) for k in shown),
        tuple(round(low, 4) for low, _ in intervals),
        tuple(round(high, 4) for _, high in intervals),
        tuple(int(bins.count[k]) for k in shown),
        ece,
        brier,
        int(n),
    )
