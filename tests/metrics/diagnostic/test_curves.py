"""ROC, precision-recall and reliability points against scikit-learn, and operating points."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from cxrbench.core.errors import UsageError
from cxrbench.metrics.diagnostic.curves import operating_point, reliability, threshold_curve, youden_point


@pytest.fixture(params=[5, 10**6], ids=["tied", "distinct"])
def ranking(request):
    rng = np.random.default_rng(8)
    labels = rng.integers(0, 2, 120)
    scores = np.round((labels * 0.3 + rng.random(120) * 0.7) * request.param) / request.param
    return labels.astype(float), scores, rng.integers(1, 4, 120).astype(float)


def test_the_points_equal_those_of_scikit_learn(ranking):
    labels, scores, weights = ranking
    curve = threshold_curve(labels, scores, weights)
    fpr, tpr, thresholds = roc_curve(labels, scores, sample_weight=weights, drop_intermediate=False)
    assert curve.sensitivity == pytest.approx(tpr, abs=1e-12)
    assert curve.specificity == pytest.approx(1 - fpr, abs=1e-12)
    assert np.array_equal(curve.thresholds, thresholds)
    precision, recall, _ = precision_recall_curve(labels, scores, sample_weight=weights)
    assert curve.ppv == pytest.approx(precision[::-1], abs=1e-12)
    assert curve.sensitivity == pytest.approx(recall[::-1], abs=1e-12)
    area = np.trapezoid(curve.sensitivity, 1 - curve.specificity)
    assert area == pytest.approx(roc_auc_score(labels, scores, sample_weight=weights))


@pytest.mark.parametrize("target", ["sensitivity", "specificity", "ppv", "npv"])
@pytest.mark.parametrize("level", [0.0, 0.6, 0.9])
def test_an_operating_point_is_the_best_of_all_thresholds_that_reach_the_level(ranking, target, level):
    labels, scores, _ = ranking
    found = operating_point(threshold_curve(labels, scores), target, level)
    other = "specificity" if target == "sensitivity" else "sensitivity"

    def measures(threshold):
        called = scores >= threshold
        tp, fp = (called & (labels == 1)).sum(), (called & (labels == 0)).sum()
        fn, tn = (~called & (labels == 1)).sum(), (~called & (labels == 0)).sum()
        return {
            "sensitivity": tp / (tp + fn),
            "specificity": tn / (tn + fp),
            "ppv": tp / (tp + fp) if tp + fp else -1,
            "npv": tn / (tn + fn) if tn + fn else -1,
        }

    every = [measures(t) for t in [np.inf, *np.unique(scores)]]
    best = max((m[other] for m in every if m[target] >= level), default=None)
    assert best is not None
    assert getattr(found, other) == pytest.approx(best)
    assert measures(found.threshold)[target] == pytest.approx(getattr(found, target))


def test_a_level_out_of_reach_has_no_operating_point():
    curve = threshold_curve([1, 0], [0.2, 0.8])
    assert operating_point(curve, "ppv", 0.9) is None
    assert operating_point(curve, "npv", 0.9) is None


def test_youden_takes_the_strictest_of_the_best_thresholds():
    found = youden_point(threshold_curve([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]))
    assert (found.threshold, found.sensitivity, found.specificity) == (0.8, 1.0, 1.0)


def test_the_reliability_points_add_up_to_the_calibration_error():
    from cxrbench.metrics.diagnostic.bins import bin_sums, calibration_error

    rng = np.random.default_rng(1)
    outcomes, probabilities = rng.integers(0, 2, 200).astype(float), rng.random(200) ** 2
    points = reliability(outcomes, probabilities)
    ece = (points.count / 200 * np.abs(points.accuracy - points.confidence)).sum()
    assert ece == pytest.approx(calibration_error(bin_sums(probabilities, outcomes, np.ones(200, bool)).sum(axis=0)))
    assert ((points.lower <= points.confidence) & (points.confidence <= points.upper)).all()
    assert len(reliability(np.zeros(0), np.zeros(0)).count) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: threshold_curve([1, 1], [0.1, 0.2]), "both classes"),
        (lambda: threshold_curve([], []), "both classes"),
        (lambda: threshold_curve([1, 0], [0.1, np.nan]), "not finite"),
        (lambda: threshold_curve([1, 0], [0.1, np.inf]), "not finite"),
        (lambda: threshold_curve([1, 2], [0.1, 0.2]), "neither 0 nor 1"),
        (lambda: threshold_curve([1, 0], [0.1]), "shapes"),
        (lambda: threshold_curve([1, 0], [0.1, 0.2], [1, -1]), "negative"),
        (lambda: reliability([1, 0], [0.1, 1.2]), "probabilities"),
        (lambda: reliability([1, 0], [0.1, 0.2], bins=0), "0 bins"),
        (lambda: operating_point(threshold_curve([1, 0], [0.1, 0.2]), "sensitivity", 1.5), "1.5"),
        (lambda: operating_point(threshold_curve([1, 0], [0.1, 0.2]), "f1", 0.5), "f1"),
    ],
)
def test_what_cannot_be_a_curve_is_refused(call, message):
    with pytest.raises(UsageError, match=message):
        call()
