"""Label scores against scikit-learn, and their behaviour on empty sides."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from cxrbench.core.conditions import CONDITIONS, FIVE_CONDITIONS
from cxrbench.core.errors import UsageError
from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.labelers.base import ConditionLabels, no_labels
from cxrbench.metrics.labels import LabelScores, positive_conditions
from cxrbench.metrics.labels.cache import forget_labels
from cxrbench.metrics.labels.scores import MEASURES

VALUES = (1, 0, -1, None)


class ScriptedLabeler:
    """Knows the labels of each text by heart and counts what it is asked."""

    name = "rules"
    version = "test"

    def __init__(self, answers: dict[str, ConditionLabels] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[str] = []

    def label(self, texts):
        self.asked.extend(texts)
        return [self.answers.get(text, no_labels()) for text in texts]

    def signature(self):
        return f"labeler:scripted|{id(self)}"


def random_labels(rng: np.random.Generator, count: int, weights) -> list[ConditionLabels]:
    drawn = rng.choice(len(VALUES), size=(count, len(CONDITIONS)), p=weights)
    return [{name: VALUES[k] for name, k in zip(CONDITIONS, row)} for row in drawn]


def matrix(labels, uncertain):
    counted = (1, -1) if uncertain == "positive" else (1,)
    return np.array([[row[name] in counted for name in CONDITIONS] for row in labels], dtype=int)


def sklearn_scores(gold, found, zero_division):
    expected = {}
    for size, names in ((14, CONDITIONS), (5, FIVE_CONDITIONS)):
        columns = [CONDITIONS.index(name) for name in names]
        for ours, theirs in (("micro", "micro"), ("macro", "macro"), ("example", "samples")):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values = precision_recall_fscore_support(
                    gold[:, columns], found[:, columns], average=theirs, zero_division=zero_division
                )
            expected |= {f"rules_{ours}_{m}_{size}": value for m, value in zip(MEASURES, values)}
    return expected


def scores_of(metric, statistics, weights=None):
    weights = np.ones((1, len(statistics.values))) if weights is None else weights
    return {name: float(value[0]) for name, value in metric.aggregate(statistics, weights).items()}


@pytest.mark.parametrize(
    ("uncertain", "zero_division", "weights"),
    list(
        itertools.product(
            ("positive", "negative"),
            (0, 1),
            ((0.25, 0.25, 0.25, 0.25), (0.05, 0.05, 0.02, 0.88), (0.0, 0.3, 0.0, 0.7)),
        )
    ),
)
def test_every_average_equals_scikit_learn(uncertain, zero_division, weights):
    rng = np.random.default_rng(7)
    gold, found = random_labels(rng, 120, weights), random_labels(rng, 120, (0.1, 0.2, 0.05, 0.65))
    metric = LabelScores(ScriptedLabeler(), uncertain=uncertain, zero_division=zero_division)
    scores = scores_of(metric, metric.measure_labels(gold, found))
    expected = sklearn_scores(matrix(gold, uncertain), matrix(found, uncertain), zero_division)
    for name, value in expected.items():
        assert scores[name] == pytest.approx(value, abs=1e-12), name


def test_the_f1_of_each_condition_equals_scikit_learn_and_is_undefined_without_any_positive():
    rng = np.random.default_rng(3)
    gold, found = random_labels(rng, 60, (0.3, 0.3, 0.1, 0.3)), random_labels(rng, 60, (0.3, 0.3, 0.1, 0.3))
    for row in (*gold, *found):
        row["Fracture"] = 0
    metric = LabelScores(ScriptedLabeler())
    scores = scores_of(metric, metric.measure_labels(gold, found))
    expected = precision_recall_fscore_support(
        matrix(gold, "positive"), matrix(found, "positive"), average=None, zero_division=0
    )[2]
    for name, value in zip(CONDITIONS, expected):
        if name == "Fracture":
            assert np.isnan(scores["rules_f1/Fracture"])
            assert "Fracture" in metric.why_undefined("rules_f1/Fracture")
        else:
            assert scores[f"rules_f1/{name}"] == pytest.approx(value, abs=1e-12)
    assert not np.isnan(scores["rules_macro_f1_14"])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.sampled_from([0, 1]))
def test_whole_number_weights_equal_repeated_examples(seed, count, zero_division):
    rng = np.random.default_rng(seed)
    gold, found = (random_labels(rng, count, (0.3, 0.2, 0.1, 0.4)) for _ in range(2))
    repeats = rng.integers(0, 4, size=count)
    metric = LabelScores(ScriptedLabeler(), zero_division=zero_division)
    weighted = scores_of(metric, metric.measure_labels(gold, found), repeats[None].astype(float))
    spread = np.repeat(np.arange(count), repeats)
    if not len(spread):
        assert all(np.isnan(value) for value in weighted.values())
        return
    plain = scores_of(metric, metric.measure_labels([gold[i] for i in spread], [found[i] for i in spread]))
    for name, value in plain.items():
        assert weighted[name] == pytest.approx(value, abs=1e-12, nan_ok=True)


def test_all_declared_scores_are_produced_and_no_other():
    metric = LabelScores(ScriptedLabeler())
    produced = metric.aggregate(metric.measure_labels([no_labels()], [no_labels()]), np.ones((3, 1)))
    assert list(produced) == list(metric.scores)
    assert len(produced) == 3 * 3 * 2 + 14
    assert all(values.shape == (3,) for values in produced.values())


def test_two_texts_without_findings_agree_only_under_zero_division_one():
    metrics = [LabelScores(ScriptedLabeler(), zero_division=zero) for zero in (0, 1)]
    values = [scores_of(m, m.measure_labels([no_labels()], [no_labels()]))["rules_example_f1_14"] for m in metrics]
    assert values == [0.0, 1.0]


def test_an_empty_or_refused_hypothesis_has_no_label_at_all():
    from cxrbench.metrics.labelers import get_labeler

    references = [
        Reference(id=str(i), findings="The lungs are clear.", impression="No acute disease.") for i in range(3)
    ]
    predictions = [
        Prediction(id="0", text="The lungs are clear."),
        Prediction(id="1", status="empty", text=""),
        Prediction(id="2", status="refused", text="The lungs are clear."),
    ]
    metric = LabelScores(get_labeler("rules"))
    pairs = Pairs(references, predictions)
    _, found = metric.labels(pairs)
    assert [row["No Finding"] for row in found] == [1, None, None]
    assert set(found[1].values()) == {None}
    scores = scores_of(metric, metric.measure(pairs, {}))
    assert scores["rules_micro_recall_14"] == pytest.approx(1 / 3)
    assert scores["rules_micro_precision_14"] == 1.0


def test_the_reference_is_findings_and_impression_or_its_plain_text():
    labeler = ScriptedLabeler()
    references = [Reference(id="a", findings="F.", impression="I."), Reference(id="b", text="T.")]
    LabelScores(labeler).labels(Pairs(references, [Prediction(id="a", text="x"), Prediction(id="b", text="y")]))
    assert sorted(labeler.asked) == ["F.\n\nI.", "T.", "x", "y"]


def test_the_sections_of_a_protocol_are_labelled_untransformed():
    from cxrbench.metrics.protocols import get_protocol

    labeler = ScriptedLabeler()
    reference = Reference(id="a", findings="Small LEFT effusion.", impression="Effusion.")
    LabelScores(labeler, get_protocol("r2gen-clean")).labels(
        Pairs([reference], [Prediction(id="a", text="NO effusion.")])
    )
    assert sorted(labeler.asked) == ["NO effusion.", "Small LEFT effusion."]


def test_a_text_is_labelled_once_unless_the_cache_is_off():
    forget_labels()
    references = [Reference(id=str(i), text="same") for i in range(4)]
    predictions = [Prediction(id=str(i), text="same") for i in range(4)]
    labeler = ScriptedLabeler()
    LabelScores(labeler).labels(Pairs(references, predictions))
    LabelScores(labeler).labels(Pairs(references, predictions))
    assert labeler.asked == ["same"]
    LabelScores(labeler, cache=False).labels(Pairs(references, predictions))
    assert len(labeler.asked) == 1 + 8


def test_remembered_labels_cannot_be_changed_from_outside():
    forget_labels()
    labeler = ScriptedLabeler({"t": {**no_labels(), "Edema": 1}})
    pairs = lambda: Pairs([Reference(id="a", text="t")], [Prediction(id="a", text="t")])  # noqa: E731
    first, _ = LabelScores(labeler).labels(pairs())
    first[0]["Edema"] = 0
    again, _ = LabelScores(labeler).labels(pairs())
    assert again[0]["Edema"] == 1


def test_the_signature_names_every_option_that_changes_a_score():
    labeler = ScriptedLabeler()
    signatures = {
        LabelScores(labeler, uncertain=uncertain, zero_division=zero).signature()
        for uncertain in ("positive", "negative")
        for zero in (0, 1)
    }
    assert len(signatures) == 4
    assert all(labeler.signature() in signature for signature in signatures)


def test_an_unknown_option_is_named_with_what_is_valid():
    with pytest.raises(UsageError, match="maybe"):
        LabelScores(ScriptedLabeler(), uncertain="maybe")
    with pytest.raises(UsageError, match="zero_division"):
        LabelScores(ScriptedLabeler(), zero_division=2)


def test_positive_conditions_follow_the_policy():
    labels = {**no_labels(), "Edema": 1, "Pneumonia": -1, "Fracture": 0}
    assert positive_conditions(labels) == ("Edema", "Pneumonia")
    assert positive_conditions(labels, "negative") == ("Edema",)
