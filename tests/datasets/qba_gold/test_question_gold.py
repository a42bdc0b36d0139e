import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.regions import REGIONS
from cxrbench.core.types import Box
from cxrbench.datasets.qba.gold import AnswerFacts, canonical_type, gold_of, gold_regions, question_gold
from cxrbench.datasets.qba.records import Answer, Localisation, Question

EFFUSION = AnswerFacts(
    "details",
    "There is a small left pleural effusion.",
    True,
    "left",
    ("pleural effusion",),
    (),
    ("PLEURA",),
    ("left pleural space",),
    ("small",),
    ((1610.0, 1240.0, 2210.0, 1790.0),),
)
CLEAR = EFFUSION._replace(text="No consolidation.", positive=False, entities=("consolidation",), regions=("lungs",))


def test_the_documented_example_of_an_abnormal_study():
    gold = question_gold(
        "B04_is_normal", [AnswerFacts("main_answer", "No, the phantom chest X-ray is abnormal.", True), EFFUSION]
    )
    assert (gold.yes_no, gold.agrees, gold.polarity) == ("no", True, "pos")
    assert gold.conditions == ("Pleural Effusion",)
    assert gold.severity == "mild"
    assert gold.boxes == (((1610.0, 1240.0, 2210.0, 1790.0), "pleural effusion"),)
    assert gold.text == "No, the phantom chest X-ray is abnormal."


def test_a_denied_entity_is_no_condition_has_no_box_and_the_severity_none():
    gold = question_gold("D02_has_finding", [CLEAR._replace(kind="main_answer")])
    assert gold.yes_no == "no"
    assert gold.conditions == ()
    assert gold.denied == ("Consolidation",)
    assert gold.boxes == ()
    assert gold.regions == ()
    assert gold.severity == "none"


def test_related_information_is_no_gold():
    main = AnswerFacts("main_answer", "There is atelectasis.", True, entities=("atelectasis",))
    gold = question_gold("D01_describe_finding", [main, EFFUSION._replace(kind="related_information")])
    assert gold.conditions == ("Atelectasis",)
    assert gold.boxes == ()
    assert gold.regions == ()


def test_regions_are_those_of_the_main_answer_else_of_its_details():
    main = AnswerFacts("main_answer", "Left.", True, regions=("left lung",))
    assert question_gold("D03_where_is_finding", [main, EFFUSION]).regions == ("left lung",)
    assert question_gold("D03_where_is_finding", [main._replace(regions=()), EFFUSION]).regions == ("pleura",)


def test_names_that_no_map_knows_are_kept_for_counting():
    main = AnswerFacts("main_answer", "It is there.", True, entities=("zebra",), regions=("savanna", "left lung"))
    gold = question_gold("D03_where_is_finding", [main])
    assert gold.unmapped_regions == ("savanna",)
    assert gold.unmapped_entities == ("zebra",)
    assert gold.regions == ("left lung",)


def test_a_question_without_an_answer_has_no_gold():
    gold = question_gold("D02_has_finding", [])
    assert gold.text == ""
    assert not any(gold)


def test_a_side_narrows_names_without_one_and_never_a_name_with_one():
    assert gold_regions(("lungs",), "left").names == ("left lung",)
    assert gold_regions(("lungs",), "right").names == ("right lung",)
    assert gold_regions(("lungs",), "bilateral").names == ("left lung", "right lung")
    assert gold_regions(("right lung",), "left").names == ("right lung",)
    assert gold_regions(("right lung", "lungs"), "left").names == ("left lung", "right lung")


# The left lung has no middle lobe: every other region has a mirror image.
PAIRED = [name for name in REGIONS if name != "right middle lobe"]


@given(
    names=st.lists(st.sampled_from((*PAIRED, "lungs", "pleural space", "both hila", "clavicles")), max_size=4),
    side=st.sampled_from(("left", "right")),
)
def test_no_region_of_the_other_side_appears_unless_a_name_says_so(names, side):
    other = "right" if side == "left" else "left"
    said = any(other in name for name in names)
    found = gold_regions(tuple(names), side).names
    if not said:
        assert not any(name.startswith(other) for name in found)
    mirrored = [name.replace("left", "*").replace("right", "left").replace("*", "right") for name in names]
    swapped = {name.replace("left", "*").replace("right", "left").replace("*", "right") for name in found}
    assert set(gold_regions(tuple(mirrored), other).names) == swapped


@pytest.mark.parametrize(
    ("type", "id", "expected"),
    [
        ("has_finding", "D02_has_finding_003", "D02_has_finding"),
        ("D02_has_finding", None, "D02_has_finding"),
        ("has_finding", None, "D02_has_finding"),
        ("describe_device", "D05_describe_device_001", "D05_describe_device"),
        ("describe_device", "B12_describe_device_001", "B12_describe_device"),
        ("describe_device", None, None),
        ("relational", "R01_relational_side_001", "relational"),
        ("multi_hop", None, "multi_hop"),
        ("Z99_guess", "Z99_guess_001", None),
        (None, None, None),
        ("", "", None),
    ],
)
def test_a_type_is_known_in_every_spelling(type, id, expected):
    assert canonical_type(type, id) == expected


def test_only_boxes_of_the_primary_image_that_stand_in_for_nothing_are_gold():
    places = {
        "frontal": Localisation("frontal", (Box(0, 0, 5, 5), Box(6, 0, 9, 5))),
        "lateral": Localisation("lateral", (Box(1, 1, 2, 2),)),
        "guess": Localisation("guess", (Box(3, 3, 4, 4),), is_fallback=True),
    }
    answer = Answer("0", "main_answer", 0, "Yes.", entities=("effusion",), positive=True, localisations=places)
    question = Question("D02_has_finding_001", "D02_has_finding", "finding", "Is there?", (answer,))
    assert [box.corners for box in gold_of(question, "frontal").boxes] == [(0, 0, 5, 5), (6, 0, 9, 5)]
    assert gold_of(question, "guess").boxes == ()
    assert gold_of(question, None).boxes == ()
    assert gold_of(question, "absent").boxes == ()


def test_the_gold_of_a_hundred_thousand_questions_takes_seconds():
    answers = [EFFUSION._replace(kind="main_answer"), EFFUSION, CLEAR]
    started = time.process_time()
    for _ in range(20_000):
        question_gold("D02_has_finding", answers)
    assert time.process_time() - started < 2
