"""Attention scores against counting pixels, closed forms of entropy, and malformed maps."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.types import Box, InvalidPrediction, Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.explain import AttentionEntropy, AttentionPlausibility, entropy_band, plausibility_band
from cxrbench.metrics.explain.maps import binary_mask, distribution, entropy, mask_box_iou

SIZE = (64.0, 32.0)


def scores_of(metric, pairs):
    found = metric.aggregate(metric.measure(pairs, {}), np.ones((1, len(pairs))))
    assert list(found) == list(metric.scores)
    return {name: float(value[0]) for name, value in found.items()}


def plausibility(boxes, attention, **fields):
    pairs = Pairs([Reference(id="a", boxes=boxes)], [Prediction(id="a", attention=attention, **fields)])
    return scores_of(AttentionPlausibility(lambda reference: SIZE), pairs)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_iou_of_cells_and_boxes_equals_counting_pixels(seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.choice([1, 2, 4, 8]), rng.choice([1, 2, 4, 8])
    mask = rng.random((rows, columns)) < 0.4
    width, height = 16, 24
    boxes = []
    for _ in range(rng.integers(1, 4)):
        (x1, x2), (y1, y2) = np.sort(rng.integers(-4, width + 5, 2)), np.sort(rng.integers(-4, height + 5, 2))
        boxes.append(Box(float(x1), float(y1), float(x2), float(y2)))
    marked = np.kron(mask, np.ones((height // rows, width // columns), bool)).astype(bool)
    gold = np.zeros((height, width), bool)
    for box in boxes:
        gold[max(0, int(box.y1)) : max(0, int(box.y2)), max(0, int(box.x1)) : max(0, int(box.x2))] = True
    union = (marked | gold).sum()
    expected = (marked & gold).sum() / union if union else 0.0
    assert mask_box_iou(mask, boxes, width, height) == pytest.approx(expected, abs=1e-12)


def test_attention_on_the_left_half_and_a_box_there_agree_whatever_the_scale_of_the_map():
    left = Box(0, 0, 32, 32)
    for scale, shift in ((1.0, 0.0), (1e-9, 0.0), (250.0, -70.0)):
        rows = (np.array([[0.9, 0.1], [0.8, 0.0]]) * scale + shift).tolist()
        found = plausibility((left,), {"answer": rows})
        assert found["attention_plausibility"] == 1.0
        assert found["attention_plausibility_share/aligned"] == 1.0


def test_a_cell_at_half_of_the_range_belongs_to_the_mask():
    assert binary_mask(np.array([[0.0, 0.5, 0.49, 1.0]]), 0.5).tolist() == [[False, True, False, True]]


def test_a_map_of_one_value_points_at_nothing():
    assert plausibility((Box(0, 0, 32, 32),), {"answer": [[0.3, 0.3]]})["attention_plausibility"] == 0.0


def test_with_several_maps_each_is_held_against_the_boxes_of_its_name():
    boxes = (Box(0, 0, 32, 32, "Edema"), Box(32, 0, 64, 32, "Fracture"))
    left, right = [[1.0, 0.0]], [[0.0, 1.0]]
    both = {"Edema": left, "Fracture": right, "Pneumonia": right}
    assert plausibility(boxes, both)["attention_plausibility"] == 1.0
    assert plausibility(boxes, {**both, "Fracture": left})["attention_plausibility"] == 0.5
    nothing = plausibility(boxes, {"heart": left, "lung": right})
    assert np.isnan(nothing["attention_plausibility"])
    assert nothing["attention_plausibility_rate"] == 0.0


def test_answers_without_a_map_are_left_out_of_the_mean_and_show_in_the_rate():
    references = [Reference(id=str(i), boxes=(Box(0, 0, 32, 32),)) for i in range(3)]
    good = {"answer": [[1.0, 0.0]]}
    predictions = [
        Prediction(id="0", attention=good),
        Prediction(id="1"),
        Prediction(id="2", status="refused", attention=good),
    ]
    found = scores_of(AttentionPlausibility(lambda reference: SIZE), Pairs(references, predictions))
    assert found["attention_plausibility"] == 1.0
    assert found["attention_plausibility_rate"] == pytest.approx(1 / 3)


def test_the_part_of_a_gold_box_outside_the_image_is_cut_off():
    assert plausibility((Box(-50, -50, 32, 90),), {"a": [[1.0, 0.0]]})["attention_plausibility"] == 1.0


def test_eligible_are_references_with_a_box_and_a_known_image():
    known, unknown = AttentionPlausibility(lambda reference: SIZE), AttentionPlausibility(lambda reference: None)
    reference = Reference(id="a", boxes=(Box(0, 0, 1, 1),))
    assert known.usable(reference)
    assert not unknown.usable(reference)
    assert not known.usable(Reference(id="a", boxes=()))
    assert not known.usable(Reference(id="a", boxes=(Box(1, 1, 1, 9),)))


def test_the_bands_begin_where_they_are_documented():
    values = [0.0, 0.3499, 0.35, 0.4999, 0.5, 0.6499, 0.65, 1.0]
    names = ["misaligned"] * 2 + ["weak"] * 2 + ["partial"] * 2 + ["aligned"] * 2
    assert [plausibility_band(value) for value in values] == names
    values = [0.0, 1.999, 2.0, 4.0, 4.001, 5.5]
    assert [entropy_band(value) for value in values] == ["focused"] * 2 + ["medium"] * 2 + ["diffuse"] * 2


def entropy_of(rows):
    pairs = Pairs([Reference(id="a")], [Prediction(id="a", attention={"answer": rows})])
    return scores_of(AttentionEntropy(), pairs)


@pytest.mark.parametrize("shape", [(1, 1), (7, 7), (16, 16), (24, 24), (5, 31)])
def test_a_uniform_map_of_any_size_has_the_entropy_of_256_cells(shape):
    found = entropy_of(np.full(shape, 0.2).tolist())
    assert found["attention_entropy"] == pytest.approx(math.log(256))
    assert found["attention_entropy_normalised"] == pytest.approx(1.0)
    assert found["attention_entropy_share/diffuse"] == 1.0


@pytest.mark.parametrize("side", [16, 32, 64])
def test_attention_within_one_cell_has_no_entropy(side):
    rows = np.zeros((side, side))
    rows[3, 5] = 7.0
    found = entropy_of(rows.tolist())
    assert found["attention_entropy"] == pytest.approx(0.0, abs=1e-12)
    assert found["attention_entropy_share/focused"] == 1.0


def test_one_cell_of_eight_by_eight_is_spread_over_four():
    rows = np.zeros((8, 8))
    rows[0, 7] = 0.4
    assert entropy_of(rows.tolist())["attention_entropy"] == pytest.approx(math.log(4))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_resampling_keeps_the_mass_and_equals_splitting_every_cell(seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 12, 2)
    values = rng.random((rows, columns)) + 0.01
    fine = np.kron(values, np.ones((16, 16))) / (256 * values.sum())
    blocks = fine.reshape(16, rows, 16, columns).sum(axis=(1, 3))
    assert distribution(values, 16) == pytest.approx(blocks, abs=1e-12)


def test_entropy_equals_scipy_and_depends_on_no_scale():
    from scipy.stats import entropy as expected

    values = np.random.default_rng(0).random((16, 16))
    assert entropy(distribution(values, 16)) == pytest.approx(expected(values.ravel()))
    assert entropy(distribution(values * 1e-6, 16)) == pytest.approx(expected(values.ravel()))


def test_negative_values_are_shifted_and_all_zeros_are_uniform():
    assert distribution(np.array([[-1.0, 0.0], [0.0, 1.0]]), 2) == pytest.approx(np.array([[0, 1], [1, 2]]) / 4)
    assert distribution(np.zeros((2, 2)), 2) == pytest.approx(np.full((2, 2), 0.25))


def test_several_maps_count_with_their_mean():
    point, flat = np.zeros((16, 16)), np.ones((16, 16))
    point[0, 0] = 1
    pairs = Pairs([Reference(id="a")], [Prediction(id="a", attention={"x": point.tolist(), "y": flat.tolist()})])
    assert scores_of(AttentionEntropy(), pairs)["attention_entropy"] == pytest.approx(math.log(256) / 2)


@pytest.mark.parametrize(
    "rows", [[], [[]], [[1.0, 2.0], [1.0]], [[math.nan]], [[math.inf, 1.0]], [["high"]], 3, [3.0], [[[1.0]]]], ids=str
)
def test_a_malformed_map_is_refused_with_the_id_and_its_name(rows):
    with pytest.raises(InvalidPrediction, match=r"'a'.*'answer'"):
        entropy_of(rows)


def test_without_any_map_or_example_the_scores_are_undefined_with_a_reason():
    for metric in (AttentionEntropy(), AttentionPlausibility(lambda reference: SIZE)):
        pairs = Pairs([Reference(id="a", boxes=(Box(0, 0, 1, 1),))], [Prediction(id="a")])
        found = scores_of(metric, pairs)
        rates = {name for name in found if name.endswith("rate")}
        assert all(np.isnan(value) for name, value in found.items() if name not in rates)
        assert [found[name] for name in rates] == [0.0]
        assert all(np.isnan(value) for value in scores_of(metric, Pairs([], [])).values())
        assert all(metric.why_undefined(name) for name in metric.scores)
