"""Sensitivity to kappa against scikit-learn, the policies, and every one-sided case."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError, UnknownNameError, UsageError
from cxrbench.core.types import InvalidPrediction, Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.diagnostic import DiagnosticScores, GoldPolicy

THREE = ("Edema", "Pneumonia", "Fracture")


def random_pairs(seed, count, conditions=CONDITIONS, gold=(1, 0, -1, None), chances=(0.3, 0.4, 0.1, 0.2)):
    rng = np.random.default_rng(seed)
    references, predictions = [], []
    for index in range(count):
        labels = {name: gold[k] for name, k in zip(conditions, rng.choice(len(gold), len(conditions), p=chances))}
        probabilities = {name: float(rng.integers(0, 11)) / 10 for name in conditions}
        references.append(Reference(id=str(index), labels=labels))
        predictions.append(Prediction(id=str(index), label_probabilities=probabilities))
    return Pairs(references, predictions)


def scores_of(metric, pairs, weights=None):
    weights = np.ones((1, len(pairs))) if weights is None else weights
    found = metric.aggregate(metric.measure(pairs, {}), weights)
    return {name: float(value[0]) for name, value in found.items()}


def gold_and_found(pairs, name, threshold=0.5):
    both = [
        (reference.labels[name] or 0, prediction.label_probabilities[name] >= threshold)
        for reference, prediction in zip(pairs.references, pairs.predictions)
        if reference.labels[name] != -1
    ]
    return np.array(both, int).T


def expected_measures(gold, found):
    tn, fp, fn, tp = sklearn.confusion_matrix(gold, found, labels=[0, 1]).ravel()
    return {
        "sensitivity": tp / (tp + fn),
        "specificity": tn / (tn + fp),
        "ppv": tp / (tp + fp),
        "npv": tn / (tn + fn),
        "mcc": sklearn.matthews_corrcoef(gold, found),
        "kappa": sklearn.cohen_kappa_score(gold, found),
    }


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8])
def test_every_measure_equals_scikit_learn_per_condition_macro_and_micro(threshold):
    pairs = random_pairs(1, 150)
    scores = scores_of(DiagnosticScores(threshold=threshold), pairs)
    tables = [gold_and_found(pairs, name, threshold) for name in CONDITIONS]
    single = [expected_measures(*table) for table in tables]
    pooled = expected_measures(*np.concatenate(tables, axis=1))
    for measure, value in pooled.items():
        assert scores[f"micro_{measure}"] == pytest.approx(value, abs=1e-12)
        assert scores[f"macro_{measure}"] == pytest.approx(np.mean([one[measure] for one in single]), abs=1e-12)
        for name, one in zip(CONDITIONS, single):
            assert scores[f"{measure}/{name}"] == pytest.approx(one[measure], abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 10))
def test_whole_number_weights_equal_repeated_studies(seed, count):
    pairs = random_pairs(seed, count, THREE)
    metric = DiagnosticScores(GoldPolicy(conditions=THREE))
    repeats = np.random.default_rng(seed).integers(0, 4, count)
    spread = np.repeat(np.arange(count), repeats)
    repeated = Pairs([pairs.references[i] for i in spread], [pairs.predictions[i] for i in spread])
    expected = scores_of(metric, repeated)
    for name, value in scores_of(metric, pairs, repeats[None].astype(float)).items():
        assert value == pytest.approx(expected[name], abs=1e-12, nan_ok=True)


def single(label, fields, gold=None, **options):
    metric = DiagnosticScores(gold or GoldPolicy(conditions=("Edema",)), **options)
    pairs = Pairs([Reference(id="a", labels={"Edema": label})], [Prediction(id="a", **fields)])
    return scores_of(metric, pairs)


SURE = {"label_probabilities": {"Edema": 1.0}}


def test_one_class_labels_leave_the_other_measures_undefined_with_a_reason():
    scores = single(1, SURE)
    assert scores["sensitivity/Edema"] == scores["ppv/Edema"] == scores["macro_sensitivity"] == 1.0
    for name in ("specificity/Edema", "npv/Edema", "mcc/Edema", "kappa/Edema", "micro_specificity", "macro_mcc"):
        assert np.isnan(scores[name])
        assert DiagnosticScores().why_undefined(name)
    assert "without the condition for Edema" in DiagnosticScores().why_undefined("specificity/Edema")


def test_macro_is_the_mean_of_the_conditions_that_are_defined():
    metric = DiagnosticScores(GoldPolicy(conditions=THREE))
    labels = [{"Edema": 1, "Pneumonia": 1, "Fracture": 0}, {"Edema": 1, "Pneumonia": 0, "Fracture": 0}]
    found = {"Edema": 1.0, "Pneumonia": 0.0, "Fracture": 0.0}
    references = [Reference(id=str(i), labels=row) for i, row in enumerate(labels)]
    pairs = Pairs(references, [Prediction(id=r.id, label_probabilities=found) for r in references])
    scores = scores_of(metric, pairs)
    assert np.isnan(scores["sensitivity/Fracture"])
    assert scores["macro_sensitivity"] == 0.5
    assert scores["micro_sensitivity"] == pytest.approx(2 / 3)


def test_the_policies_decide_what_uncertain_and_blank_gold_counts_as():
    def value(label, score="sensitivity/Edema", **policy):
        return single(label, SURE, GoldPolicy(conditions=("Edema",), **policy))[score]

    assert np.isnan(value(-1))
    assert value(-1, uncertain="positive") == 1.0
    assert value(-1, "specificity/Edema", uncertain="negative") == 0.0
    assert value(None, "specificity/Edema") == 0.0
    assert np.isnan(value(None, "specificity/Edema", blank="exclude"))
    assert value(None, blank="positive") == 1.0


def test_a_reference_counts_only_with_a_definite_label():
    strict = DiagnosticScores(GoldPolicy(blank="exclude"))
    assert not DiagnosticScores().usable(Reference(id="a"))
    assert DiagnosticScores().usable(Reference(id="a", labels={}))
    assert not strict.usable(Reference(id="a", labels={"Edema": -1, "Fracture": None}))
    assert strict.usable(Reference(id="a", labels={"Edema": 0}))


@pytest.mark.parametrize("status", ["empty", "refused"])
def test_an_empty_or_refused_answer_asserts_nothing(status):
    assert single(1, {"status": status, **SURE})["sensitivity/Edema"] == 0.0
    assert single(0, {"status": status})["specificity/Edema"] == 1.0


def test_labels_of_the_text_decide_only_where_no_probability_is_given():
    asked = []

    def labels(texts):
        asked.extend(texts)
        return [{"Edema": {"wet": 1, "maybe": -1}.get(text)} for text in texts]

    assert single(1, {"text": "wet"}, text_labels=labels)["sensitivity/Edema"] == 1.0
    assert single(1, {"text": "dry"}, text_labels=labels)["sensitivity/Edema"] == 0.0
    assert single(1, {"text": "maybe"}, text_labels=labels)["sensitivity/Edema"] == 1.0
    assert single(1, {"text": "maybe"}, text_labels=labels, text_uncertain="negative")["sensitivity/Edema"] == 0.0
    asked.clear()
    assert single(1, {"text": "dry", **SURE}, text_labels=labels)["sensitivity/Edema"] == 1.0
    assert asked == []


def test_without_probability_and_labeler_a_study_is_left_out():
    assert all(np.isnan(value) for value in single(1, {"text": "edema"}).values())


def test_a_probability_at_the_threshold_counts_as_present():
    assert single(1, {"label_probabilities": {"Edema": 0.5}})["sensitivity/Edema"] == 1.0
    assert single(1, {"label_probabilities": {"Edema": 0.4999}})["sensitivity/Edema"] == 0.0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
def test_probabilities_that_are_none_never_reach_a_score(value):
    with pytest.raises(InvalidPrediction, match="Edema"):
        Prediction(id="a", label_probabilities={"Edema": value})


def test_a_gold_label_that_is_none_of_the_four_is_refused():
    with pytest.raises(DataError, match="Edema is 2"):
        single(2, SURE)


def test_no_study_at_all_is_undefined():
    metric = DiagnosticScores()
    found = metric.aggregate(metric.measure(Pairs([], []), {}), np.ones((2, 0)))
    assert list(found) == list(metric.scores)
    assert all(np.isnan(value).all() and value.shape == (2,) for value in found.values())


def test_the_signature_names_every_option_that_changes_a_score():
    variants = [
        DiagnosticScores(),
        DiagnosticScores(threshold=0.4),
        DiagnosticScores(GoldPolicy(uncertain="positive")),
        DiagnosticScores(GoldPolicy(blank="exclude")),
        DiagnosticScores(GoldPolicy(conditions=THREE)),
        DiagnosticScores(text_labels=lambda texts: []),
        DiagnosticScores(text_labels=lambda texts: [], text_uncertain="negative"),
    ]
    assert len({metric.signature() for metric in variants}) == len(variants)


def test_an_unknown_option_is_named_with_what_is_valid():
    for build in (
        lambda: DiagnosticScores(threshold=0),
        lambda: DiagnosticScores(threshold=float("nan")),
        lambda: DiagnosticScores(text_uncertain="maybe"),
        lambda: GoldPolicy(uncertain="maybe"),
        lambda: GoldPolicy(blank="maybe"),
        lambda: GoldPolicy(conditions=()),
    ):
        with pytest.raises(UsageError) as caught:
            build()
        assert caught.value.valid
    with pytest.raises(UnknownNameError, match="edema"):
        GoldPolicy(conditions=("edema",))
