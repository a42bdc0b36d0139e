"""AUROC and average precision against scikit-learn, under weights of studies and of groups."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.diagnostic import GoldPolicy, RankScores
from cxrbench.metrics.diagnostic.rank_statistics import Ranked

TWO = ("Edema", "Fracture")


def pairs_of(labels, probabilities, name="Edema"):
    references = [Reference(id=str(i), labels={name: int(label)}) for i, label in enumerate(labels)]
    predictions = [
        Prediction(id=str(i), label_probabilities=None if p is None else {name: float(p)})
        for i, p in enumerate(probabilities)
    ]
    return Pairs(references, predictions)


def scores_of(pairs, weights=None, conditions=("Edema",)):
    metric = RankScores(GoldPolicy(conditions=conditions))
    weights = np.ones((1, len(pairs))) if weights is None else weights
    return {name: float(v[0]) for name, v in metric.aggregate(metric.measure(pairs, {}), weights).items()}


def ranking(seed, count, levels):
    rng = np.random.default_rng(seed)
    labels = rng.random(count) < rng.uniform(0.1, 0.9)
    scores = np.round(np.clip(labels * 0.2 + rng.random(count) * 0.8, 0, 1) * levels) / levels
    return labels, scores, rng


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.sampled_from([2, 7, 10**6]))
def test_both_scores_equal_scikit_learn_including_ties_and_weights(seed, count, levels):
    labels, scores, rng = ranking(seed, count, levels)
    weights = rng.integers(0, 4, count).astype(float)
    found = scores_of(pairs_of(labels, scores), weights[None])
    if weights[labels].sum() and weights[~labels].sum():
        assert found["auroc/Edema"] == pytest.approx(roc_auc_score(labels, scores, sample_weight=weights), abs=1e-12)
        expected = average_precision_score(labels, scores, sample_weight=weights)
        assert found["average_precision/Edema"] == pytest.approx(expected, abs=1e-12)
        assert found["macro_auroc"] == found["auroc/Edema"]
    else:
        assert all(np.isnan(value) for value in found.values())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 80), st.integers(1, 9), st.booleans())
def test_the_matrix_of_pair_counts_equals_the_sorted_sums(seed, count, groups, tied):
    labels, scores, rng = ranking(seed, count, 5 if tied else 10**6)
    owners = rng.integers(0, groups, count)
    ranked = Ranked.of(labels, scores, owners, groups)
    plain = Ranked(ranked.positive, ranked.scores, ranked.groups, groups, None)
    assert ranked.pairs is not None
    weights = rng.integers(0, 3, (20, groups)).astype(float)
    assert ranked.auroc(weights) == pytest.approx(plain.auroc(weights), abs=1e-12, nan_ok=True)


def test_many_groups_with_one_study_each_take_the_sorted_sums():
    labels, scores, rng = ranking(3, 3000, 50)
    ranked = Ranked.of(labels, scores, np.arange(3000), 3000)
    assert ranked.pairs is None
    weights = rng.integers(0, 4, (4, 3000)).astype(float)
    expected = [roc_auc_score(labels, scores, sample_weight=row) for row in weights]
    assert ranked.auroc(weights) == pytest.approx(expected, abs=1e-12)
    expected = [average_precision_score(labels, scores, sample_weight=row) for row in weights]
    assert ranked.average_precision(weights) == pytest.approx(expected, abs=1e-12)


def test_weights_of_groups_equal_weights_of_their_studies():
    labels, scores, rng = ranking(11, 200, 30)
    metric = RankScores(GoldPolicy(conditions=("Edema",)))
    statistics = metric.measure(pairs_of(labels, scores), {})
    owners = rng.integers(0, 13, 200)
    weights = rng.integers(0, 3, (100, 13)).astype(float)
    by_group = metric.grouped(statistics, owners, 13)(weights)
    by_study = metric.aggregate(statistics, weights[:, owners])
    for name in metric.scores:
        assert by_group[name] == pytest.approx(by_study[name], abs=1e-12)


def test_macro_is_the_mean_of_the_conditions_with_both_classes():
    references = [Reference(id=str(i), labels={"Edema": i % 2, "Fracture": 0}) for i in range(4)]
    predictions = [Prediction(id=str(i), label_probabilities={"Edema": i / 4, "Fracture": 0.5}) for i in range(4)]
    found = scores_of(Pairs(references, predictions), conditions=TWO)
    assert found["auroc/Edema"] == 0.75
    assert np.isnan(found["auroc/Fracture"])
    assert np.isnan(found["average_precision/Fracture"])
    assert found["macro_auroc"] == 0.75


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_labels_are_undefined_with_a_reason(label):
    found = scores_of(pairs_of([label] * 3, [0.1, 0.2, 0.3]))
    assert all(np.isnan(value) for value in found.values())
    assert "one class" in RankScores().why_undefined("auroc/Edema")


def test_no_study_at_all_and_no_probability_at_all_are_undefined():
    metric = RankScores()
    found = metric.aggregate(metric.measure(Pairs([], []), {}), np.ones((2, 0)))
    assert list(found) == list(metric.scores)
    assert all(np.isnan(value).all() and value.shape == (2,) for value in found.values())
    assert all(np.isnan(value) for value in scores_of(pairs_of([0, 1], [None, None])).values())


def test_an_answer_without_probability_among_others_counts_as_zero():
    found = scores_of(pairs_of([0, 1, 1, 0], [0.3, 0.9, None, 0.4]))
    assert found["auroc/Edema"] == roc_auc_score([0, 1, 1, 0], [0.3, 0.9, 0.0, 0.4])


@pytest.mark.parametrize("status", ["empty", "refused"])
def test_an_empty_or_refused_answer_counts_as_zero_whatever_it_carries(status):
    pairs = pairs_of([0, 1, 1, 0], [0.3, 0.9, 1.0, 0.4])
    silent = Prediction(id="2", status=status, label_probabilities={"Edema": 1.0})
    changed = Pairs(pairs.references, [*pairs.predictions[:2], silent, pairs.predictions[3]])
    assert scores_of(changed)["auroc/Edema"] == roc_auc_score([0, 1, 1, 0], [0.3, 0.9, 0.0, 0.4])


def test_identical_probabilities_are_worth_a_half():
    found = scores_of(pairs_of([0, 1, 1, 0, 1], [0.5] * 5))
    assert found["auroc/Edema"] == 0.5
    assert found["average_precision/Edema"] == pytest.approx(0.6)


def test_gold_that_does_not_count_is_left_out_of_its_condition_alone():
    references = [
        Reference(id=str(i), labels={"Edema": label, "Fracture": i % 2}) for i, label in enumerate((0, 1, -1, 1))
    ]
    values = [0.2, 0.8, 0.99, 0.1]
    predictions = [Prediction(id=str(i), label_probabilities=dict.fromkeys(TWO, p)) for i, p in enumerate(values)]
    found = scores_of(Pairs(references, predictions), conditions=TWO)
    assert found["auroc/Edema"] == roc_auc_score([0, 1, 1], [0.2, 0.8, 0.1])
    assert found["auroc/Fracture"] == roc_auc_score([0, 1, 0, 1], values)


def test_statistics_survive_a_trip_through_plain_lists():
    metric = RankScores(GoldPolicy(conditions=("Edema",)))
    statistics = metric.measure(pairs_of([0, 1, 1], [0.5, None, 0.7]), {})
    assert [row.tolist() for row in statistics.lists["Edema"]] == [[0.0, 0.5], [1.0], [1.0, 0.7]]


def test_the_bootstrap_interval_of_auroc_covers_resampling_by_hand():
    from cxrbench.statistics import bootstrap, group_weights

    labels, scores, rng = ranking(5, 90, 20)
    owners = rng.integers(0, 30, 90)
    metric = RankScores(GoldPolicy(conditions=("Edema",)))
    statistics = metric.measure(pairs_of(labels, scores), {})
    names = [f"patient{owner:02d}" for owner in owners]
    found = bootstrap(metric, statistics, names, resamples=50, seed=1)["auroc/Edema"]
    index = np.unique(owners, return_inverse=True)[1]
    weights = np.concatenate(list(group_weights(index.max() + 1, 50, 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = [roc_auc_score(labels, scores, sample_weight=row[index]) for row in weights]
    assert found.replicates == pytest.approx(np.array(expected), abs=1e-12, nan_ok=True)
