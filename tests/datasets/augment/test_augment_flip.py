import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sided_studies import IMAGE, LATERAL, SIZE, studies

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.core.regions import REGIONS
from cxrbench.core.types import Box
from cxrbench.datasets.augment.laterality.boxes import mirror_boxes
from cxrbench.datasets.augment.laterality.records import (
    graph_of_image,
    mirror_graph,
    mirror_question,
    question_of_image,
)
from cxrbench.datasets.augment.laterality.regions import mirror_region_vector, mirrored_region
from cxrbench.datasets.augment.laterality.words import NoMirrorImage
from cxrbench.datasets.qba.records import Localisation, Observation, Question, Region, Relation, SceneGraph

WIDTHS = {IMAGE: SIZE.width}
PAIRED = [name for name in REGIONS if name != "right middle lobe"]


@pytest.mark.parametrize("region", PAIRED)
def test_each_region_has_a_counterpart_of_the_other_side_and_the_midline_is_its_own(region):
    other = mirrored_region(region)
    assert mirrored_region(other) == region
    assert other == region.replace("left", "*").replace("right", "left").replace("*", "right")


def test_the_middle_lobe_and_unknown_regions_have_none():
    with pytest.raises(NoMirrorImage, match="right middle lobe"):
        mirrored_region("right middle lobe")
    with pytest.raises(UnknownNameError, match="left middle lobe"):
        mirrored_region("left middle lobe")


@given(st.sets(st.sampled_from(PAIRED)))
def test_region_labels_are_mirrored_by_name(names):
    vector = np.array([[name in names for name in REGIONS]], np.float32)
    mirrored = mirror_region_vector(vector)
    expected = {mirrored_region(name) for name in names}
    assert {name for name, value in zip(REGIONS, mirrored[0]) if value} == expected
    np.testing.assert_array_equal(mirror_region_vector(mirrored), vector)


def test_region_labels_with_the_middle_lobe_are_refused():
    vector = np.array([name == "right middle lobe" for name in REGIONS], np.float32)
    with pytest.raises(NoMirrorImage):
        mirror_region_vector(vector)


def test_boxes_are_mirrored_with_their_labels():
    (box,) = mirror_boxes([Box(10, 20, 30, 60, label="left_lung", score=0.5)], 100)
    assert box == Box(70, 20, 90, 60, label="right_lung", score=0.5)


@settings(max_examples=50, deadline=None)
@given(studies())
def test_a_graph_mirrored_twice_is_itself(sample):
    graph = graph_of_image(sample.graph, IMAGE)
    once = mirror_graph(graph, WIDTHS)
    assert once != graph
    assert mirror_graph(once, WIDTHS) == graph


@settings(max_examples=50, deadline=None)
@given(studies())
def test_a_question_mirrored_twice_is_itself_and_keeps_its_identifiers_and_polarity(sample):
    for question in (question_of_image(item, IMAGE) for item in sample.questions):
        once = mirror_question(question, WIDTHS)
        assert once != question
        assert mirror_question(once, WIDTHS) == question
        assert (once.id, once.type, once.obs_ids) == (question.id, question.type, question.obs_ids)
        assert [item.positive for item in once.walk()] == [item.positive for item in question.walk()]


def test_everything_that_names_a_side_in_a_graph_is_exchanged_and_identifiers_are_not():
    place = {"left": Localisation("left", (Box(0, 0, 10, 10),), ("left lung",), ("right lung",))}
    graph = SceneGraph(
        "pleft", "sright",
        {"O01": Observation(
            "O01", "left effusion", "On the left.", ("left lung",), ("left effusion",), ("right thing",), ("LEFT_X",),
            laterality="left", probability="right", modifiers={"left": ("left",)}, localisations=place,
        )},
        {"left lung": Region("left lung", "left", localisations=place)},
        ("O01",), {"S01": "Left."}, "right?",
        (Relation("left lung", "O01", "direct"),), (Relation("O01", "O01.01", "left of"),),
        (Relation("lungs", "right lung", "right"),),
    )  # fmt: skip
    mirrored = {"left": Localisation("left", (Box(90, 0, 100, 10),), ("right lung",), ("left lung",))}
    assert mirror_graph(graph, {"left": 100.0}) == SceneGraph(
        "pleft", "sright",
        {"O01": Observation(
            "O01", "right effusion", "On the right.", ("right lung",), ("right effusion",), ("left thing",),
            ("LEFT_X",), laterality="right", probability="left", modifiers={"left": ("right",)},
            localisations=mirrored,
        )},
        {"right lung": Region("right lung", "right", localisations=mirrored)},
        ("O01",), {"S01": "Right."}, "left?",
        (Relation("right lung", "O01", "direct"),), (Relation("O01", "O01.01", "right of"),),
        (Relation("lungs", "left lung", "left"),),
    )  # fmt: skip


def test_places_in_an_image_that_is_not_mirrored_are_refused_until_they_are_left_out():
    place = {IMAGE: Localisation(IMAGE), LATERAL: Localisation(LATERAL)}
    graph = SceneGraph("p", "s", {"O01": Observation("O01", "x", "x", localisations=place)})
    with pytest.raises(DataError, match=LATERAL) as caught:
        mirror_graph(graph, WIDTHS)
    assert "graph_of_image" in str(caught.value)
    assert list(mirror_graph(graph_of_image(graph, IMAGE), WIDTHS).observations["O01"].localisations) == [IMAGE]


def test_one_text_without_a_mirror_image_keeps_the_whole_record_as_it_is():
    question = Question("Q", "D02_has_finding", "finding", "Left?", (), variables={"deep": {"in": ["RML"]}})
    with pytest.raises(NoMirrorImage, match="RML"):
        mirror_question(question, WIDTHS)
