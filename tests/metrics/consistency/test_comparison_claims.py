"""Comparison claims: which phrases are claims, which only look like one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.consistency import ComparisonClaims, claims_comparison
from cxrbench.metrics.perturbation import perturb
from cxrbench.metrics.protocols import get_protocol

CLAIMS = (
    "The heart size is unchanged.",
    "Stable cardiomegaly.",
    "No significant interval change.",
    "No change from the prior exam.",
    "Compared to prior, the effusion is smaller.",
    "In comparison with the study of 2012, the lungs are clear.",
    "Interval increase in the left effusion.",
    "Again seen is a left effusion.",
    "Redemonstrated azygos lobe.",
    "Persistent bibasilar opacities.",
    "The pneumothorax has resolved.",
    "Previously seen effusion is gone.",
    "Worsening airspace disease.",
    "Nodule, similar to the previous radiograph.",
    "There is a new opacity in the left base.",
    "Deformity has been there since the prior study.",
    "The left hemidiaphragm remains elevated.",
    "UNCHANGED\nheart.",
)
NO_CLAIMS = (
    "",
    "The lungs are clear. No effusion.",
    "No prior studies are available for comparison.",
    "No comparison films.",
    "Comparison with prior films would be helpful.",
    "If outside radiographs are available, correlate with prior studies.",
    "Short-interval follow-up is recommended.",
    "Recommend follow up to ensure resolution.",
    "Prior granulomatous disease. Previous sternotomy.",
    "Degenerative changes of the spine.",
    "Mild degenerative changes in the thoracic spine.",
    "The patient is hemodynamically stable.",
    "High resolution CT of the chest is suggested.",
    "Increased interstitial markings. Enlarged heart.",
    "The remainder of the lungs is clear.",
    "No new abnormality is expected.",
    "The right base is denser compared to the left.",
    "Lungs are clear against the background.",
)


def rates(texts, metric=None):
    metric = metric or ComparisonClaims()
    predictions = [Prediction(str(i), text=text, status="ok" if text else "empty") for i, text in enumerate(texts)]
    references = [Reference(str(i), text="Stable.") for i in range(len(texts))]
    statistics = metric.measure(Pairs(references, predictions), {})
    return metric.aggregate(statistics, np.ones((1, len(texts))))["comparison_claim_rate"][0]


@pytest.mark.parametrize("text", CLAIMS)
def test_a_claim_is_found(text):
    assert claims_comparison(text)


@pytest.mark.parametrize("text", NO_CLAIMS)
def test_what_only_looks_like_a_claim_is_not_counted(text):
    assert not claims_comparison(text)


def test_a_disclaimer_does_not_hide_a_claim_of_another_sentence():
    assert claims_comparison("No prior films for comparison. Stable heart size.")


def test_the_rate_counts_hypotheses_and_keeps_empty_ones():
    assert rates(["Stable heart.", "Clear.", "", "Unchanged. Stable."]) == pytest.approx(0.5)


@given(st.lists(st.sampled_from(NO_CLAIMS[1:]), min_size=1, max_size=4).map(" ".join))
def test_every_invented_comparison_is_noticed(text):
    assert rates([perturb("false_comparison", {"1": text}, at_most=1)["1"].text]) == 1.0


def test_where_an_earlier_film_is_shown_the_rate_is_undefined_and_says_why():
    metric = ComparisonClaims(without_prior=False)
    assert np.isnan(rates(["Stable."], metric))
    assert "earlier film" in metric.why_undefined("comparison_claim_rate")
    assert metric.signature() != ComparisonClaims().signature()


def test_the_protocol_chooses_the_sections_of_the_hypothesis():
    metric = ComparisonClaims(get_protocol("coco"))
    reference = Reference("1", findings="Clear.", impression="Normal.")
    said = Prediction("1", text="Comparison: prior radiograph. Findings: clear lungs. Impression: unchanged.")
    assert metric.measure(Pairs([reference], [said]), {}).values.tolist() == [[0, 1]]
    assert ComparisonClaims().measure(Pairs([reference], [said]), {}).values.tolist() == [[1, 1]]


def test_no_example_is_no_rate():
    assert np.isnan(rates([]))
