"""Points of curves and operating points, for reports: ROC, precision-recall, reliability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cxrbench.core.errors import UsageError
from cxrbench.metrics.base import FloatArray
from cxrbench.metrics.diagnostic.bins import BINS, bin_index

Target = Literal["sensitivity", "specificity", "ppv", "npv"]


@dataclass(frozen=True)
class Curve:
    """A threshold per point, from the strictest (nothing is positive) to the laxest (everything is).

    Attributes:
        thresholds: float64 [points], falling; a score of at least the threshold is positive; first infinity.
        sensitivity: float64 [points], rising from 0 to 1.
        specificity: float64 [points], falling from 1 to 0.
        ppv: float64 [points], precision; 1 by convention where nothing is positive.
        npv: float64 [points]; 1 by convention where nothing is negative.
    """

    thresholds: FloatArray
    sensitivity: FloatArray
    specificity: FloatArray
    ppv: FloatArray
    npv: FloatArray


@dataclass(frozen=True)
class OperatingPoint:
    """What one threshold achieves."""

    threshold: float
    sensitivity: float
    specificity: float
    ppv: float
    npv: float


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy in equal bins of [0, 1]; only bins that hold an example.

    Attributes:
        lower, upper: Ends of each bin; the upper one belongs to it.
        count: float64 [bins], weighted number of examples.
        confidence: Mean probability of each bin.
        accuracy: Share of positive outcomes in each bin.
    """

    lower: FloatArray
    upper: FloatArray
    count: FloatArray
    confidence: FloatArray
    accuracy: FloatArray


def threshold_curve(labels: FloatArray, scores: FloatArray, weights: FloatArray | None = None) -> Curve:
    """All distinct thresholds of a ranking: (1 - specificity, sensitivity) is the ROC curve, (sensitivity, ppv) the
    precision-recall curve.

    Args:
        labels: [n], 1 positive, 0 negative.
        scores: [n], higher means more likely positive.
        weights: [n], non-negative; None for 1 each.

    Raises:
        UsageError: Lengths differ, a label is neither 0 nor 1, a score is not finite, a weight is negative, or one
            of the classes is missing.
    """
    labels, scores, weights = _checked(labels, scores, weights)
    total, positives = weights.sum(), weights @ labels
    if not 0 < positives < total:
        raise UsageError("a curve needs both classes", valid="at least one positive and one negative label")
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    tp = np.concatenate([[0.0], np.cumsum((weights * labels)[order])[ends]])
    fp = np.concatenate([[0.0], np.cumsum((weights * (1 - labels))[order])[ends]])
    negatives = total - positives
    tn, fn = negatives - fp, positives - tp
    return Curve(
        np.concatenate([[np.inf], scores[order][ends]]),
        tp / positives,
        tn / negatives,
        np.divide(tp, tp + fp, out=np.ones_like(tp), where=tp + fp > 0),
        np.divide(tn, tn + fn, out=np.ones_like(tn), where=tn + fn > 0),
    )


def operating_point(curve: Curve, target: Target, at_least: float) -> OperatingPoint | None:
    """The best threshold that keeps one measure at a wanted level.

    For a wanted specificity, ppv or npv the point of the highest sensitivity is taken, for a wanted sensitivity the
    one of the highest specificity; among equals the strictest threshold. A threshold chosen and judged on the same
    studies flatters the model: choose it on the validation split.

    Returns:
        None where no threshold reaches the level. A ppv or npv of nothing does not count as reached.

    Raises:
        UsageError: The level is outside [0, 1] or the target is unknown.
    """
    if target not in ("sensitivity", "specificity", "ppv", "npv"):
        raise UsageError(f"operating point: unknown target {target!r}", valid="sensitivity, specificity, ppv, npv")
    if not 0 <= at_least <= 1:
        raise UsageError(f"operating point: {target} of at least {at_least!r}", valid="a number in [0, 1]")
    reached = getattr(curve, target) >= at_least
    if target == "ppv":
        reached[0] = False
    if target == "npv":
        reached[-1] = False
    if not reached.any():
        return None
    other = curve.specificity if target == "sensitivity" else curve.sensitivity
    return point_at(curve, int(np.argmax(np.where(reached, other, -1.0))))


def youden_point(curve: Curve) -> OperatingPoint:
    """The threshold of the highest sensitivity + specificity - 1 (Youden 1950), the strictest among equals."""
    return point_at(curve, int(np.argmax(curve.sensitivity + curve.specificity)))


def point_at(curve: Curve, index: int) -> OperatingPoint:
    """The operating point of one point of the curve."""
    columns = (curve.thresholds, curve.sensitivity, curve.specificity, curve.ppv, curve.npv)
    return OperatingPoint(*(float(column[index]) for column in columns))


def reliability(
    outcomes: FloatArray, probabilities: FloatArray, weights: FloatArray | None = None, *, bins: int = BINS
) -> Reliability:
    """Points of a reliability curve; sum of count / n x |accuracy - confidence| is the ECE.

    Args:
        outcomes: [n], 1 or 0.
        probabilities: [n] in [0, 1].
        weights: [n]; None for 1 each.
        bins: Equal bins of [0, 1].

    Raises:
        UsageError: Lengths differ, an outcome is neither 0 nor 1, a probability is outside [0, 1] or not finite, a
            weight is negative, or there is no bin.
    """
    outcomes, probabilities, weights = _checked(outcomes, probabilities, weights)
    if len(probabilities) and not (probabilities.min() >= 0 and probabilities.max() <= 1):
        raise UsageError("a reliability curve needs probabilities", valid="numbers in [0, 1]")
    if bins < 1:
        raise UsageError(f"a reliability curve of {bins} bins", valid="at least 1")
    places = bin_index(probabilities, bins)
    count = np.bincount(places, weights, minlength=bins).astype(np.float64)
    used = np.flatnonzero(count)
    edges = np.linspace(0.0, 1.0, bins + 1)
    means = [
        np.bincount(places, weights * of, minlength=bins)[used] / count[used] for of in (probabilities, outcomes)
    ]
    return Reliability(edges[used], edges[used + 1], count[used], *means)


def _checked(
    labels: FloatArray, scores: FloatArray, weights: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    labels, scores = np.asarray(labels, np.float64), np.asarray(scores, np.float64)
    weights = np.ones(labels.shape) if weights is None else np.asarray(weights, np.float64)
    if not labels.shape == scores.shape == weights.shape or labels.ndim != 1:
        raise UsageError(f"labels, scores and weights have shapes {labels.shape}, {scores.shape}, {weights.shape}")
    if not np.isin(labels, (0, 1)).all():
        raise UsageError("a label is neither 0 nor 1", valid="1 positive, 0 negative")
    if not np.isfinite(scores).all():
        raise UsageError("a score is not finite", valid="finite numbers")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise UsageError("a weight is negative or not finite", valid="non-negative numbers")
    return labels, scores, weights
