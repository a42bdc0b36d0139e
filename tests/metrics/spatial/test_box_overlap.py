"""IoU of unions against a raster oracle, and the outcome of every kind of malformed box."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.errors import DataError
from cxrbench.core.types import Box, InvalidPrediction, Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.spatial import BoxOverlap, RegionBoxes, localisation_calibration
from cxrbench.metrics.spatial.geometry import union_ious

SIDE = 12
spans = st.tuples(st.integers(0, SIDE), st.integers(0, SIDE)).map(sorted)
rectangles = st.tuples(spans, spans).map(lambda s: (s[0][0], s[1][0], s[0][1], s[1][1]))
sides = st.lists(rectangles, max_size=5)


def raster_iou(first, second):
    def mask(boxes):
        grid = np.zeros((SIDE, SIDE), bool)
        for x1, y1, x2, y2 in boxes:
            grid[y1:y2, x1:x2] = True
        return grid

    one, other = mask(first), mask(second)
    total = (one | other).sum()
    return (one & other).sum() / total if total else 0.0


def rows(boxes):
    return np.array(boxes, float).reshape(-1, 4)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(sides, sides), max_size=6))
def test_the_iou_of_unions_equals_counting_pixels(examples):
    found = union_ious([rows(a) for a, _ in examples], [rows(b) for _, b in examples])
    assert found == pytest.approx([raster_iou(a, b) for a, b in examples], abs=1e-12)


def test_the_two_box_case_of_radfact():
    """microsoft/RadFact tests/metric/test_box_metrics.py, on its 224-pixel mask: published as .06, exactly .0643."""
    pixels = lambda *boxes: np.trunc(rows(boxes) * 224)  # noqa: E731
    predicted = pixels((0.3, 0.3, 0.5, 0.5), (0.4, 0.4, 0.6, 0.6))
    gold = pixels((0.2, 0.2, 0.4, 0.4), (0.1, 0.1, 0.4, 0.4))
    assert union_ious([predicted], [gold])[0] == pytest.approx(0.0643, abs=5e-5)


def overlap(gold, predicted, metric=None, **fields):
    metric = metric or BoxOverlap()
    pairs = Pairs([Reference(id="a", boxes=gold)], [Prediction(id="a", boxes=predicted, **fields)])
    found = metric.aggregate(metric.measure(pairs, {}), np.ones((1, 1)))
    return {name: float(value[0]) for name, value in found.items()}


WHOLE = Box(0, 0, 10, 10)


def test_half_a_box_points_only_when_the_iou_is_strictly_above_one_half():
    assert overlap((WHOLE,), (Box(0, 0, 10, 5),)) == {"mean_iou": 0.5, "pointing_accuracy": 0.0}
    assert overlap((WHOLE,), (Box(0, 0, 10, 5.001),))["pointing_accuracy"] == 1.0


def test_overlapping_boxes_are_counted_once():
    assert overlap((WHOLE,), (Box(0, 0, 6, 10), Box(4, 0, 10, 10)))["mean_iou"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("boxes", "fields"),
    [
        (None, {}),
        ((), {}),
        ((Box(3, 3, 3, 9),), {}),
        ((WHOLE,), {"status": "refused"}),
        ((WHOLE,), {"status": "empty"}),
    ],
    ids=["none", "no box", "zero area", "refused", "empty"],
)
def test_no_predicted_area_scores_zero_and_stays_in_the_mean(boxes, fields):
    assert overlap((WHOLE,), boxes, **fields) == {"mean_iou": 0.0, "pointing_accuracy": 0.0}


def test_swapped_corners_name_the_same_rectangle_on_either_side():
    assert overlap((Box(10, 10, 0, 0),), (Box(10, 0, 0, 10),))["mean_iou"] == 1.0


def test_the_part_of_a_box_outside_the_image_counts_against_it():
    assert overlap((WHOLE,), (Box(-10, 0, 10, 10),))["mean_iou"] == pytest.approx(0.5)


def test_a_box_of_zero_area_beside_a_real_one_changes_nothing():
    assert overlap((WHOLE, Box(50, 50, 50, 60)), (WHOLE, Box(90, 2, 95, 2)))["mean_iou"] == 1.0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_coordinates_that_are_not_finite_are_refused_with_the_id(value):
    with pytest.raises(InvalidPrediction, match=r"'a'.*not finite"):
        overlap((WHOLE,), (Box(0, 0, value, 1),))
    with pytest.raises(DataError, match=r"'a'.*not finite"):
        overlap((Box(0, 0, value, 1),), (WHOLE,))


def test_references_without_a_gold_area_are_not_eligible():
    metric = BoxOverlap()
    assert metric.usable(Reference(id="a", boxes=(WHOLE,)))
    for boxes in (None, (), (Box(1, 1, 1, 5),)):
        assert not metric.usable(Reference(id="a", boxes=boxes))


def test_no_example_at_all_is_undefined_with_a_reason():
    metric = BoxOverlap()
    found = metric.aggregate(metric.measure(Pairs([], []), {}), np.ones((2, 0)))
    assert list(found) == list(metric.scores)
    assert all(np.isnan(value).all() and value.shape == (2,) for value in found.values())
    assert "gold box" in metric.why_undefined("mean_iou")


def test_regions_stand_for_boxes_only_where_a_model_gives_no_boxes():
    known = RegionBoxes("atlas", lambda reference: {"left lung": [WHOLE], "heart": [Box(90, 90, 99, 99)]})
    metric = BoxOverlap(known)
    assert overlap((WHOLE,), None, metric, regions=("left lung", "elsewhere"))["mean_iou"] == 1.0
    assert overlap((WHOLE,), (), metric, regions=("left lung",))["mean_iou"] == 0.0
    assert "atlas" in metric.signature()
    assert "atlas" not in BoxOverlap().signature()


def test_the_confidence_of_a_box_is_judged_by_iou_above_one_half():
    metric = localisation_calibration()
    references = [Reference(id=str(i), boxes=(WHOLE,)) for i in range(3)]
    predictions = [
        Prediction(id="0", boxes=(WHOLE,), confidence=0.9),
        Prediction(id="1", boxes=(), confidence=0.7),
        Prediction(id="2", boxes=(WHOLE,)),
    ]
    found = metric.aggregate(metric.measure(Pairs(references, predictions), {}), np.ones((1, 3)))
    assert found["localisation_ece"][0] == pytest.approx((0.1 + 0.7) / 2)
    assert found["localisation_brier"][0] == pytest.approx((0.01 + 0.49) / 2)
    assert found["localisation_confidence_rate"][0] == pytest.approx(2 / 3)
