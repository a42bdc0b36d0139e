"""Ordinal severity and sets of regions."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, jaccard_score, mean_absolute_error
from sklearn.preprocessing import MultiLabelBinarizer

from cxrbench.core.errors import DataError
from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.vqa import SEVERITIES, MultiRegion, SeverityScores

REGIONS = ["left lung", "right lung", "heart", "mediastinum"]


def test_severity_scores_are_those_of_scikit_learn(evaluate):
    pairs = list(itertools.product(SEVERITIES, SEVERITIES))
    gold = [Reference(id=str(i), severity=first) for i, (first, _) in enumerate(pairs)]
    said = [Prediction(id=str(i), severity=second) for i, (_, second) in enumerate(pairs)]
    ranks = [(SEVERITIES.index(first), SEVERITIES.index(second)) for first, second in pairs]
    error = mean_absolute_error(*zip(*ranks))
    found = evaluate(SeverityScores(), gold, said)
    assert found["severity_mae"].value == pytest.approx(error)
    assert found["ordinal_accuracy"].value == pytest.approx(1 - error / 3)


@pytest.mark.parametrize(
    "said",
    [
        Prediction(id="0"),
        Prediction(id="0", severity=""),
        Prediction(id="0", severity="catastrophic"),
        Prediction(id="0", status="refused", severity="moderate"),
        Prediction(id="0", status="empty", severity="moderate"),
    ],
)
def test_no_severity_is_the_largest_error(evaluate, said):
    found = evaluate(SeverityScores(), [Reference(id="0", severity="moderate")], [said])
    assert (found["severity_mae"].value, found["ordinal_accuracy"].value) == (3, 0)


def test_a_gold_severity_off_the_scale_is_an_error_that_names_it():
    pairs = Pairs([Reference(id="q7", severity="whopping")], [Prediction(id="q7")])
    with pytest.raises(DataError, match="whopping") as caught:
        SeverityScores().measure(pairs, {})
    assert "q7" in str(caught.value)
    assert "moderate" in str(caught.value)


def test_case_and_blanks_of_a_severity_do_not_matter(evaluate):
    found = evaluate(SeverityScores(), [Reference(id="0", severity="Mild")], [Prediction(id="0", severity=" mild ")])
    assert found["ordinal_accuracy"].value == 1


def test_without_severity_or_regions_the_scores_are_null_with_a_reason(evaluate):
    plain = [Reference(id="0", text="x", regions=("heart",))]
    for metric in (SeverityScores(), MultiRegion()):
        for gold in ([], plain):
            for found in evaluate(metric, gold, [Prediction(id="0")] * len(gold)).values():
                assert found.value is None
                assert found.reason


@given(
    st.lists(st.tuples(st.sets(st.sampled_from(REGIONS), min_size=2), st.sets(st.sampled_from(REGIONS))), min_size=1)
)
def test_region_scores_are_those_of_scikit_learn(pairs):
    gold = [Reference(id=str(i), regions=tuple(first)) for i, (first, _) in enumerate(pairs)]
    said = [Prediction(id=str(i), regions=tuple(second)) for i, (_, second) in enumerate(pairs)]
    binary = MultiLabelBinarizer(classes=REGIONS)
    expected, found = binary.fit_transform([p[0] for p in pairs]), binary.fit_transform([p[1] for p in pairs])
    metric = MultiRegion()
    scores = metric.score(metric.measure(Pairs(gold, said), {}).values.sum(axis=0, keepdims=True))
    assert scores["multi_region_f1"][0] == pytest.approx(f1_score(expected, found, average="micro", zero_division=0))
    jaccard = jaccard_score(expected, found, average="samples", zero_division=0)
    assert scores["multi_region_jaccard"][0] == pytest.approx(jaccard)


def test_one_gold_region_is_not_several(evaluate):
    gold = [
        Reference(id="0", regions=("left lung", "heart")),
        Reference(id="1", regions=("heart", "Heart")),
        Reference(id="2", regions=()),
    ]
    said = [Prediction(id=str(i), regions=("left_lung", "left-lung ", "heart")) for i in range(3)]
    found = evaluate(MultiRegion(), gold, said)
    assert found["multi_region_f1"].n == 1
    assert found["multi_region_f1"].value == found["multi_region_jaccard"].value == 1


@pytest.mark.parametrize(
    "said", [Prediction(id="0"), Prediction(id="0", status="refused", regions=("left lung", "heart"))]
)
def test_no_region_scores_zero(evaluate, said):
    found = evaluate(MultiRegion(), [Reference(id="0", regions=("left lung", "heart"))], [said])
    assert found["multi_region_f1"].value == found["multi_region_jaccard"].value == 0
