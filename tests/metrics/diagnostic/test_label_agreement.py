"""Three-way F1 and kappa of labels, against scikit-learn put together as the CheXbert code does."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.diagnostic import LabelAgreement
from cxrbench.metrics.labelers.base import no_labels

CLASS = {None: 0, 1: 1, 0: 2, -1: 3}


class Words:
    """A labeler that takes the text for a list of conditions."""

    name = "rules"
    version = "test"

    def label(self, texts):
        return [{**no_labels(), **{name: 1 for name in CONDITIONS if name in text}} for text in texts]

    def signature(self):
        return "labeler:words"


def random_labels(rng, count):
    rows = []
    for _ in range(count):
        row = {}
        for name in CONDITIONS:
            allowed = (None, 1) if name == "No Finding" else (None, 1, 0, -1)
            row[name] = allowed[rng.integers(0, len(allowed))]
        rows.append(row)
    return rows


def expected(gold, found):
    values = {}
    for name in CONDITIONS:
        y, p = (np.array([CLASS[row[name]] for row in rows]) for rows in (gold, found))
        kinds = (1,) if name == "No Finding" else (1, 2, 3)
        support = np.array([(y == k).sum() for k in kinds])
        f1 = [f1_score(y == k, p == k, zero_division=0) for k in kinds]
        values[f"rules_three_way_f1/{name}"] = (support * f1).sum() / support.sum()
        values[f"rules_kappa/{name}"] = cohen_kappa_score(y, p)
    for kind in ("three_way_f1", "kappa"):
        values[f"rules_{kind}"] = np.mean([values[f"rules_{kind}/{name}"] for name in CONDITIONS])
    return values


def scores_of(metric, statistics, weights=None):
    weights = np.ones((1, len(statistics.values))) if weights is None else weights
    return {name: float(value[0]) for name, value in metric.aggregate(statistics, weights).items()}


def test_both_scores_equal_scikit_learn_put_together_as_in_the_chexbert_code():
    rng = np.random.default_rng(6)
    gold, other = random_labels(rng, 80), random_labels(rng, 80)
    found = [{name: (g if rng.random() < 0.7 else o)[name] for name in CONDITIONS} for g, o in zip(gold, other)]
    metric = LabelAgreement(Words())
    scores = scores_of(metric, metric.measure_labels(gold, found))
    assert scores == pytest.approx(expected(gold, found), abs=1e-12)
    assert list(scores) == list(metric.scores)


def test_whole_number_weights_equal_repeated_examples():
    rng = np.random.default_rng(9)
    gold, found = random_labels(rng, 25), random_labels(rng, 25)
    repeats = rng.integers(0, 4, 25)
    metric = LabelAgreement(Words())
    weighted = scores_of(metric, metric.measure_labels(gold, found), repeats[None].astype(float))
    spread = np.repeat(np.arange(25), repeats)
    plain = scores_of(metric, metric.measure_labels([gold[i] for i in spread], [found[i] for i in spread]))
    assert weighted == pytest.approx(plain, abs=1e-12, nan_ok=True)


def test_a_condition_that_the_gold_never_mentions_is_undefined_and_left_out_of_the_mean():
    gold = [{**no_labels(), "Edema": 1}, {**no_labels(), "Edema": 0}]
    metric = LabelAgreement(Words())
    scores = scores_of(metric, metric.measure_labels(gold, gold))
    assert scores["rules_three_way_f1"] == scores["rules_three_way_f1/Edema"] == scores["rules_kappa/Edema"] == 1.0
    assert np.isnan(scores["rules_three_way_f1/Fracture"])
    assert np.isnan(scores["rules_kappa/Fracture"])
    assert "Fracture" in metric.why_undefined("rules_three_way_f1/Fracture")
    assert "Fracture" in metric.why_undefined("rules_kappa/Fracture")


def test_the_labels_of_two_texts_are_compared_and_an_empty_answer_has_none():
    metric = LabelAgreement(Words())
    references = [Reference(id="a", text="Edema"), Reference(id="b", text="Edema")]
    predictions = [Prediction(id="a", text="Edema"), Prediction(id="b", status="refused", text="Edema")]
    scores = scores_of(metric, metric.measure(Pairs(references, predictions), {}))
    assert scores["rules_three_way_f1/Edema"] == pytest.approx(2 / 3)


def test_no_example_at_all_is_undefined():
    metric = LabelAgreement(Words())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = scores_of(metric, metric.measure_labels([], []))
    assert all(np.isnan(value) for value in scores.values())
