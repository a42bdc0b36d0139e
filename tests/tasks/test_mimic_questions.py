"""From a question to an example: gold by type, strata, and requests that know nothing of the gold."""

import json
import tracemalloc
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.regions import REGIONS
from cxrbench.core.types import Box, Image
from cxrbench.datasets.qba.gold import AnswerFacts, question_gold
from cxrbench.datasets.qba.question_types import MARKED, QUESTION_TYPES
from cxrbench.datasets.qba.records import Localisation, Observation, Region, SceneGraph
from cxrbench.metrics.relational import GraphEntityRecall
from cxrbench.tasks.qba_examples import LABELLED_TYPE, Asked, Study, exclusion, qba_example
from cxrbench.tasks.qba_graphs import SCENE_GRAPH_REGIONS, StudyGraph

TYPES = (*QUESTION_TYPES, *MARKED)
POSITIVE = AnswerFacts(
    "main_answer",
    "There is a small left effusion.",
    True,
    "left",
    ("pleural effusion",),
    regions=("left pleural space",),
    severity=("small",),
    boxes=((10.0, 20.0, 30.0, 60.0),),
)


def graph():
    observations = {
        "O01": Observation("O01", "effusion", "Effusion.", entities=("pleural effusion",), positive=True),
        "O02": Observation("O02", "no edema", "No edema.", entities=("edema",), positive=False),
        "O03": Observation("O03", "nodule", "Nodule.", entities=("nodule",), positive=True),
    }
    places = {
        "left lower lobe": Localisation("i1", (Box(1, 2, 3, 4),)),
        "lungs": Localisation("i1", (Box(0, 0, 9, 9), Box(10, 0, 19, 9))),
        "heart": Localisation("i1", (Box(5, 5, 6, 6),), is_fallback=True),
    }
    regions = {name: Region(name, localisations={"i1": place}) for name, place in places.items()}
    return SceneGraph("p1", "s1", observations, regions)


@pytest.fixture
def study():
    images = (Image(Path("/films/i1.jpg"), "PA"),)
    labels = {"Pleural Effusion": 1, "Edema": 0}
    return Study("p1", "s1", images, "PA", (100, 100), {}, None, StudyGraph(graph, "i1"), labels, "radiologist")


def asked(type, *facts, text="Is there something?", **more):
    return Asked(f"{type}_001", type, text, question_gold(type, facts or (POSITIVE,)), **more)


def test_an_example_names_the_study_and_the_question_and_is_resampled_by_patient(study):
    example = qba_example(study, asked("D02_has_finding"))
    assert example.id == example.reference.id == "s1/D02_has_finding_001"
    assert example.group == "p1"
    assert example.request.question == "Is there something?"
    assert [image.view for image in example.request.images] == ["PA"]


@pytest.mark.parametrize(
    ("type", "answer", "closed"),
    [
        ("D02_has_finding", "yes", True),
        ("B04_is_normal", "no", True),
        ("D04_how_severe_is_finding", "mild", True),
        ("D03_where_is_finding", "pleura", True),
        ("D01_describe_finding", None, False),
        ("A_indication", None, False),
        ("relational", "There is a small left effusion.", True),
    ],
)
def test_the_short_answer_depends_on_what_the_type_asks_for(study, type, answer, closed):
    reference = qba_example(study, asked(type)).reference
    assert (reference.answer, reference.closed) == (answer, closed)
    assert reference.text == "There is a small left effusion."
    assert (reference.severity is not None) == (type == "D04_how_severe_is_finding")
    assert (reference.regions is not None) == (type == "D03_where_is_finding")


def test_two_gold_regions_make_a_question_open_and_its_regions_gold(study):
    fact = POSITIVE._replace(regions=("lungs",), laterality="bilateral")
    reference = qba_example(study, asked("D03_where_is_finding", fact)).reference
    assert reference.regions == ("left lung", "right lung")
    assert (reference.answer, reference.closed) == (None, False)


def test_a_denied_finding_has_no_gold_box_and_one_without_localisation_an_unknown_one(study):
    denied = qba_example(study, asked("D02_has_finding", POSITIVE._replace(positive=False))).reference
    assert denied.boxes == ()
    unplaced = qba_example(study, asked("D02_has_finding", POSITIVE._replace(boxes=()))).reference
    assert unplaced.boxes is None
    placed = qba_example(study, asked("D02_has_finding")).reference
    assert placed.boxes == (Box(10, 20, 30, 60, "pleural effusion"),)


def test_gold_labels_hang_on_one_question_of_the_study(study):
    carriers = [type for type in TYPES if qba_example(study, asked(type)).reference.labels is not None]
    assert carriers == [LABELLED_TYPE]
    assert qba_example(study, asked(LABELLED_TYPE)).strata["labels"] == ("radiologist",)


def test_a_description_is_held_against_the_positive_observations_that_it_refers_to(study):
    metric = GraphEntityRecall()
    some = qba_example(study, asked("D01_describe_finding", obs_ids=("O01", "O02"))).reference
    everything = qba_example(study, asked("B01_describe_all", obs_ids=())).reference
    assert len(metric.entities(some)) == 1
    assert len(metric.entities(everything)) == 2


def test_the_graph_is_read_once_for_all_questions_and_only_when_looked_at(study):
    reads = []

    def load():
        reads.append(1)
        return graph()

    lazy = replace(study, graph=StudyGraph(load, "i1"))
    references = [qba_example(lazy, asked(type)).reference for type in TYPES]
    assert reads == []
    for reference in references:
        GraphEntityRecall().usable(reference)
    assert reads == [1]


def test_a_missing_graph_is_empty(study):
    reference = qba_example(replace(study, graph=StudyGraph(lambda: None, "i1")), asked("B01_describe_all")).reference
    assert not GraphEntityRecall().usable(reference)
    assert SCENE_GRAPH_REGIONS.boxes(reference) == {}


def test_regions_stand_for_boxes_only_where_the_name_means_one_region_and_no_fallback(study):
    boxes = SCENE_GRAPH_REGIONS.boxes(qba_example(study, asked("D03_where_is_finding")).reference)
    assert boxes == {"left lower lobe": (Box(1, 2, 3, 4),)}


def test_strata_of_a_question(study):
    found = dict(qba_example(replace(study, sex="female", age="60-79"), asked("D02_has_finding", grade="U")).strata)
    assert found == {
        "question_type": ("D02_has_finding",),
        "question_family": ("yes_no",),
        "answer_type": ("closed",),
        "condition": ("Pleural Effusion",),
        "polarity": ("positive",),
        "grade": ("unrated",),
        "view": ("PA",),
        "boxes": ("1",),
        "box_size": ("medium",),
        "severity": ("mild",),
        "sex": ("female",),
        "age": ("60-79",),
    }


@pytest.mark.parametrize(("side", "size"), [(20, "small"), (40, "medium"), (60, "large")])
def test_box_size_is_the_share_of_the_film(study, side, size):
    fact = POSITIVE._replace(boxes=((0.0, 0.0, float(side), float(side)),))
    assert qba_example(study, asked("D02_has_finding", fact)).strata["box_size"] == (size,)


@pytest.mark.parametrize(("shift", "overlap"), [(60, "low"), (20, "medium"), (5, "high")])
def test_box_overlap_is_that_of_the_two_boxes_that_overlap_most(study, shift, overlap):
    far = (90.0, 90.0, 95.0, 95.0)
    fact = POSITIVE._replace(boxes=((0.0, 0.0, 40.0, 40.0), (float(shift), 0.0, 40.0 + shift, 40.0), far))
    assert qba_example(study, asked("D02_has_finding", fact)).strata["box_overlap"] == (overlap,)
    assert "box_overlap" not in qba_example(study, asked("D02_has_finding", POSITIVE)).strata


def test_severity_is_that_of_the_gold_answer(study):
    graded = POSITIVE._replace(severity=("mild to moderate",))
    assert qba_example(study, asked("D02_has_finding", graded)).strata["severity"] == ("moderate",)


def test_the_condition_of_a_finding_question_is_the_one_asked_about_and_of_others_the_present_one(study):
    denied = POSITIVE._replace(positive=False)
    assert qba_example(study, asked("D02_has_finding", denied)).strata["condition"] == ("Pleural Effusion",)
    assert "condition" not in qba_example(study, asked("B02_describe_abnormal", denied)).strata


@pytest.mark.parametrize(
    ("type", "asks", "answered", "yes_no", "reason"),
    [
        (None, True, True, None, "unknown question type"),
        ("D02_has_finding", False, True, "yes", "no question text"),
        ("D02_has_finding", True, False, None, "no answer"),
        ("D02_has_finding", True, True, None, "yes/no question whose main answer says neither"),
        ("D02_has_finding", True, True, "no", None),
        ("D01_describe_finding", True, True, None, None),
        ("multi_hop", True, True, None, None),
    ],
)
def test_questions_without_usable_gold_are_excluded_by_reason(type, asks, answered, yes_no, reason):
    assert exclusion(type, asks=asks, answered=answered, yes_no=yes_no) == reason


FACTS = st.builds(
    AnswerFacts,
    kind=st.sampled_from(("main_answer", "details", "related_information")),
    text=st.text(min_size=1, max_size=20),
    positive=st.sampled_from((True, False, None)),
    laterality=st.sampled_from(("left", "right", "bilateral", "")),
    entities=st.lists(st.sampled_from(("pleural effusion", "edema", "zebra")), max_size=2).map(tuple),
    regions=st.lists(st.sampled_from(REGIONS), max_size=2).map(tuple),
    severity=st.lists(st.sampled_from(("small", "severe")), max_size=1).map(tuple),
    boxes=st.lists(st.just((1.0, 2.0, 3.0, 4.0)), max_size=1).map(tuple),
)


def as_bytes(request):
    return json.dumps(asdict(request), sort_keys=True, default=str).encode()


@given(type=st.sampled_from(TYPES), first=st.lists(FACTS, min_size=1), second=st.lists(FACTS, min_size=1))
def test_requests_of_questions_that_differ_only_in_the_gold_are_byte_identical(type, first, second):
    images = (Image(Path("/films/i1.jpg"), "PA"),)
    made = []
    for facts, labels, grade in ((first, {"Edema": 1}, "A++"), (second, None, None)):
        study = Study("p1", "s1", images, "PA", None, {}, None, StudyGraph(graph, "i1"), labels)
        made.append(as_bytes(qba_example(study, asked(type, *facts, text="Is it there?", grade=grade)).request))
    assert made[0] == made[1]


def test_the_hint_offers_the_vocabulary_that_the_type_is_scored_by(study):
    how = qba_example(study, asked("D04_how_severe_is_finding", text="How severe?")).request
    assert how.choices == ("none", "mild", "moderate", "severe")
    assert how.prompt.endswith("Answer with one of: none, mild, moderate, severe.")
    where = qba_example(study, asked("D03_where_is_finding", text="Where?")).request
    assert all(name in where.prompt for name in REGIONS)
    assert qba_example(study, asked("C04_is_normal_region")).request.choices == ("yes", "no")
    assert qba_example(study, asked("B01_describe_all")).request.choices is None


def test_a_hundred_thousand_examples_fit_into_a_hundred_megabytes(study):
    golds = [question_gold("D02_has_finding", (POSITIVE._replace(text=f"Yes, {n}."),)) for n in range(10_000)]
    tracemalloc.start()
    examples = [
        qba_example(study, Asked(f"D02_has_finding_{n:03}", "D02_has_finding", "Is there?", gold))
        for n, gold in enumerate(golds)
    ]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / len(examples) < 1000
