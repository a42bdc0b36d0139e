"""Laterality error rate: which side belongs to which finding, and what counts as an error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.consistency import Laterality, stated_sides
from cxrbench.metrics.perturbation import perturb
from cxrbench.metrics.protocols import get_protocol

L, R = frozenset({"left"}), frozenset({"right"})
SENTENCES = (
    "Small left pleural effusion.",
    "Right lower lobe consolidation.",
    "Bilateral pleural effusions.",
    "Nodule in the left upper lobe.",
    "No pneumothorax.",
    "Cardiomegaly.",
)


def measured(pairs, metric=None):
    metric = metric or Laterality()
    references = [Reference(str(i), text=truth) for i, (truth, _) in enumerate(pairs)]
    predictions = [Prediction(str(i), text=said) for i, (_, said) in enumerate(pairs)]
    statistics = metric.measure(Pairs(references, predictions), {})
    return statistics.values.tolist(), metric.aggregate(statistics, np.ones((1, len(pairs))))


def rate(truth, said):
    return measured([(truth, said)])[1]["laterality_error_rate"][0]


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        (
            "Small left pleural effusion and right lower lobe consolidation.",
            {"Pleural Effusion": L, "Consolidation": R},
        ),
        ("Effusion on the left and pneumothorax on the right.", {"Pleural Effusion": L, "Pneumothorax": R}),
        ("Bilateral effusions, left greater than right.", {"Pleural Effusion": L | R}),
        ("Small effusions, right larger than left.", {"Pleural Effusion": L | R}),
        ("Opacities in the left base and the right apex.", {"Lung Opacity": L | R}),
        ("No left effusion. Right pneumothorax.", {"Pneumothorax": R}),
        ("Left ventricular hypertrophy. Tip in the right atrium.", {}),
        ("Right IJ catheter with tip in the right atrium.", {"Support Devices": R}),
        ("Middle lobe atelectasis; lingular nodule.", {"Atelectasis": R, "Lung Lesion": L}),
        ("History of left pneumothorax.", {}),
        ("Left-sided fracture, but effusion.", {"Fracture": L}),
        ("Possible left pneumonia.", {"Pneumonia": L}),
        ("Effusion. The left lung is clear.", {}),
        ("Thickening of the left bronchi.", {}),
        ("Left apical pleural thickening.", {"Pleural Other": L}),
        ("", {}),
    ],
)
def test_a_side_belongs_to_the_nearest_asserted_finding(text, sides):
    assert dict(stated_sides(text)) == sides


@pytest.mark.parametrize(
    ("truth", "said", "expected"),
    [
        ("Left effusion.", "Left effusion.", 0.0),
        ("Left effusion.", "Right effusion.", 1.0),
        ("Left effusion.", "Bilateral effusions.", 0.5),
        ("Bilateral effusions.", "Left effusion.", 0.0),
        ("Left effusion. Right nodule.", "Left effusion. Left nodule.", 0.5),
        ("Left effusion.", "Effusion.", np.nan),
        ("Left effusion.", "Right nodule.", np.nan),
        ("Left effusion.", "", np.nan),
        ("", "Left effusion.", np.nan),
    ],
)
def test_only_sides_stated_on_both_texts_are_compared(truth, said, expected):
    assert rate(truth, said) == pytest.approx(expected, nan_ok=True)


def test_counts_are_pooled_over_examples():
    rows, scores = measured(
        [("Left effusion. Left nodule.", "Right effusion. Left nodule."), ("Left effusion.", "Left effusion.")]
    )
    assert rows == [[1, 2], [0, 1]]
    assert scores["laterality_error_rate"][0] == pytest.approx(1 / 3)


@given(st.lists(st.sampled_from(SENTENCES), max_size=6).map(" ".join))
def test_a_swap_makes_every_one_sided_finding_wrong_and_identity_none(text):
    swapped = perturb("laterality_swap", {"1": text})["1"].text
    sides = stated_sides(text)
    (same, other), _ = measured([(text, text), (text, swapped)])
    assert same == [0, sum(map(len, sides.values()))]
    assert other[0] == sum(len(found) == 1 for found in sides.values())


def test_without_a_comparable_finding_the_rate_is_undefined_and_says_why():
    metric = Laterality()
    assert np.isnan(measured([("Clear.", "Clear.")])[1]["laterality_error_rate"][0])
    assert "stated side" in metric.why_undefined("laterality_error_rate")
    assert measured([])[0] == []


def test_the_protocol_chooses_the_sections_and_is_in_the_signature():
    metric = Laterality(get_protocol("coco"))
    reference = Reference("1", findings="Left effusion.", impression="Right nodule.")
    said = Prediction("1", text="Findings: left effusion. Impression: left nodule.")
    values = metric.measure(Pairs([reference], [said]), {}).values
    assert values.tolist() == [[0, 1]]
    assert "protocol:coco" in metric.signature()
    assert "texts:whole" in Laterality().signature()
    assert Laterality().measure(Pairs([reference], [said]), {}).values.tolist() == [[1, 2]]


def test_a_sentence_without_end_is_read_in_time():
    assert stated_sides("small left effusion and stable heart with no change " * 5000) == {"Pleural Effusion": L}
