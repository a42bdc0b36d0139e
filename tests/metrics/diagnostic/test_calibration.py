"""Calibration errors against their definition written out with loops, and scikit-learn's Brier score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.diagnostic import Calibration, GoldPolicy, LabelCalibration
from cxrbench.metrics.diagnostic.bins import bin_index


def plain_ece(confidences, outcomes, bins=15):
    """Guo et al. 2017, equations 3 to 5: bin m holds ((m-1)/M, m/M]."""
    total = 0.0
    for m in range(bins):
        inside = [
            (c, o)
            for c, o in zip(confidences, outcomes)
            if np.linspace(0, 1, bins + 1)[m] < c <= np.linspace(0, 1, bins + 1)[m + 1] or (m == 0 and c == 0)
        ]
        if inside:
            c, o = np.mean(inside, axis=0)
            total += len(inside) / len(confidences) * abs(o - c)
    return total


def metric_for(outcomes, **options):
    return Calibration(lambda pairs: np.array(outcomes, float), **options)


def scores_of(metric, confidences, weights=None):
    pairs = Pairs(
        [Reference(id=str(i)) for i in range(len(confidences))],
        [Prediction(id=str(i), confidence=c) for i, c in enumerate(confidences)],
    )
    weights = np.ones((1, len(confidences))) if weights is None else weights
    return {name: float(v[0]) for name, v in metric.aggregate(metric.measure(pairs, {}), weights).items()}


probabilities = st.one_of(st.floats(0, 1), st.integers(0, 15).map(lambda k: k / 15))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(probabilities, st.booleans()), min_size=1, max_size=40))
def test_ece_and_brier_equal_their_definitions(examples):
    confidences, outcomes = [c for c, _ in examples], [float(o) for _, o in examples]
    found = scores_of(metric_for(outcomes), confidences)
    assert found["ece"] == pytest.approx(plain_ece(confidences, outcomes), abs=1e-12)
    assert found["brier"] == pytest.approx(brier_score_loss(outcomes, confidences, pos_label=1), abs=1e-12)
    assert found["confidence_rate"] == 1.0


def test_weights_equal_repeated_examples():
    rng = np.random.default_rng(2)
    confidences, outcomes, repeats = rng.random(30), rng.integers(0, 2, 30), rng.integers(0, 4, 30)
    weighted = scores_of(metric_for(outcomes), confidences.tolist(), repeats[None].astype(float))
    spread = np.repeat(np.arange(30), repeats)
    assert weighted == pytest.approx(scores_of(metric_for(outcomes[spread]), confidences[spread].tolist()))


def test_each_bin_includes_its_upper_end_and_the_first_also_zero():
    assert bin_index(np.array([0.0, 1 / 15, 1 / 15 + 1e-12, 14 / 15, 1.0])).tolist() == [0, 0, 1, 13, 14]


def test_an_overconfident_model_has_the_gap_as_its_error():
    found = scores_of(metric_for([1, 0, 1, 0]), [1.0, 1.0, 1.0, 1.0])
    assert found["ece"] == found["brier"] == 0.5


def test_examples_without_confidence_or_outcome_are_left_out_and_their_share_is_shown():
    found = scores_of(metric_for([1, 0, np.nan, 1]), [0.9, None, 0.5, 0.7])
    assert found["ece"] == pytest.approx((0.1 + 0.3) / 2)
    assert found["confidence_rate"] == pytest.approx(2 / 3)


def test_a_model_without_any_confidence_and_no_example_are_undefined():
    metric = metric_for([1, 0])
    found = scores_of(metric, [None, None])
    assert np.isnan(found["ece"])
    assert np.isnan(found["brier"])
    assert found["confidence_rate"] == 0.0
    assert "confidence" in metric.why_undefined("ece")
    assert all(np.isnan(value) for value in scores_of(metric_for([]), []).values())


def test_two_calibrations_of_one_run_have_names_of_their_own():
    answers, boxes = metric_for([1]), metric_for([1], prefix="localisation_", outcome_name="iou")
    assert answers.name != boxes.name
    assert not set(answers.scores) & set(boxes.scores)
    assert answers.signature() != boxes.signature()


def test_the_calibration_of_label_probabilities_equals_its_definition_per_condition_and_macro():
    rng = np.random.default_rng(4)
    names = ("Edema", "Fracture", "Pneumonia")
    labels = rng.integers(0, 2, (50, 2))
    given = rng.random((50, 2))
    references = [Reference(id=str(i), labels=dict(zip(names, map(int, row)))) for i, row in enumerate(labels)]
    predictions = [
        Prediction(id=str(i), label_probabilities=dict(zip(names, row.tolist()))) for i, row in enumerate(given)
    ]
    metric = LabelCalibration(GoldPolicy(conditions=names))
    found = metric.aggregate(metric.measure(Pairs(references, predictions), {}), np.ones((1, 50)))
    eces = [plain_ece(given[:, k], labels[:, k]) for k in (0, 1)]
    assert found["label_ece/Edema"][0] == pytest.approx(eces[0], abs=1e-12)
    assert found["label_brier/Fracture"][0] == pytest.approx(brier_score_loss(labels[:, 1], given[:, 1]), abs=1e-12)
    assert np.isnan(found["label_ece/Pneumonia"][0])
    assert "Pneumonia" in metric.why_undefined("label_ece/Pneumonia")
    assert found["macro_label_ece"][0] == pytest.approx(np.mean(eces), abs=1e-12)
    assert list(found) == list(metric.scores)


def test_an_empty_answer_makes_no_claim_that_could_be_calibrated():
    metric = LabelCalibration(GoldPolicy(conditions=("Edema",)))
    pairs = Pairs([Reference(id="a", labels={"Edema": 1})], [Prediction(id="a", status="empty")])
    assert np.isnan(metric.aggregate(metric.measure(pairs, {}), np.ones((1, 1)))["label_ece/Edema"][0])
