"""What questions ask, where answers point, and of which type answers are."""

import pytest

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.concepts import get_concept_matcher
from cxrbench.metrics.vqa import SemanticTypeAccuracy, SpatialRelationAccuracy
from cxrbench.metrics.vqa.questions import asks_position, names_spatial_relation, type_names
from cxrbench.metrics.vqa.semantic_type import semantic_type

FINDING, PLACE = "finding or disease", "anatomical location"
LONG = "lung " * 100_000


@pytest.mark.parametrize(
    ("question_type", "names"),
    [
        ("D03_where_is_finding", ("where_is_finding",)),
        ("where_is_finding", ("where_is_finding",)),
        ("ABN, POS", ("abn", "pos")),
        ("Position", ("position",)),
        ("A_indication", ("indication",)),
        ("", ()),
        (None, ()),
    ],
)
def test_question_types_are_read_in_the_spelling_of_each_data_set(question_type, names):
    assert type_names(question_type) == names


def test_a_position_question_is_known_by_its_type():
    assert asks_position(Reference(id="0", question_type="PRES, POS"))
    assert not asks_position(Reference(id="0", question_type="PRES"))
    assert not asks_position(Reference(id="0", question_type="positional"))


@pytest.mark.parametrize(
    "question",
    [
        "Is the nodule superior to the hilum?",
        "Is the effusion adjacent to the diaphragm?",
        "Are the calcifications superior or inferior to the diaphragm?",
        "Is the tube to the left of the trachea?",
        "Is the largest air collection on the patient's left or the right side?",
        "Which side of lung is abnormal in this image,left or right?",
        "Is there free air under the diaphragm?",
    ],
)
def test_a_relation_between_two_things_is_recognised(question):
    assert names_spatial_relation(question)


@pytest.mark.parametrize(
    "question",
    [
        "Is there a pneumothorax?",
        "Is there free air on the left?",
        "Is the heart size near normal?",
        "Is a fracture shown in the image above?",
        "Are there lesions in the chest of the above patient?",
        "Is the right lung clear?",
        "",
        None,
        LONG,
    ],
)
def test_a_question_without_such_a_relation_is_not_taken_for_one(question):
    assert not names_spatial_relation(question)


def spatial(evaluate, reference, prediction):
    return evaluate(SpatialRelationAccuracy(), [reference], [prediction])["spatial_relation_accuracy"]


def test_closed_questions_by_their_words_are_right_by_exact_match(evaluate):
    gold = Reference(id="0", answer="no", closed=True, question="Is the nodule above the carina?")
    assert spatial(evaluate, gold, Prediction(id="0", answer="No.")).value == 1
    assert spatial(evaluate, gold, Prediction(id="0", answer="yes no")).value == 0


def test_an_open_question_of_another_type_is_not_counted(evaluate):
    gold = Reference(
        id="0", answer="a clip", closed=False, question="What is above the carina?", question_type="OTHER"
    )
    assert spatial(evaluate, gold, Prediction(id="0", answer="a clip")).n == 0


def test_position_questions_count_open_or_closed(evaluate):
    gold = Reference(id="0", answer="Right lung", closed=False, question="Where is it?", question_type="POS")
    assert spatial(evaluate, gold, Prediction(id="0", text="right lung")).value == 1
    assert spatial(evaluate, gold, Prediction(id="0", text="left lung")).value == 0


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (Prediction(id="0", answer="left lower lobe"), 1),
        (Prediction(id="0", text="It is on the left."), 1),
        (Prediction(id="0", text="In the lung.", regions=("left lung",)), 1),
        (Prediction(id="0", answer="right lower lobe"), 0),
        (Prediction(id="0", answer="bilateral"), 0),
        (Prediction(id="0", answer="in the lung"), 0),
        (Prediction(id="0", status="refused", answer="left lung"), 0),
        (Prediction(id="0", text="\N{LEFTWARDS BLACK ARROW}"), 0),
    ],
)
def test_where_questions_are_right_by_side(evaluate, said, value):
    gold = Reference(id="0", text="In the left lung.", regions=("left lung",), question_type="D03_where_is_finding")
    assert spatial(evaluate, gold, said).value == value


def test_both_sides_are_bilateral(evaluate):
    gold = Reference(id="0", regions=("left lung", "right lung"), question_type="where_is_finding")
    assert spatial(evaluate, gold, Prediction(id="0", answer="bilaterally")).value == 1
    assert spatial(evaluate, gold, Prediction(id="0", answer="left")).value == 0


def test_a_where_question_without_a_side_is_not_counted(evaluate):
    gold = Reference(id="0", regions=("heart",), question_type="where_is_finding", answer="heart")
    found = spatial(evaluate, gold, Prediction(id="0", answer="heart"))
    assert (found.n, found.value, bool(found.reason)) == (0, None, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes", "yes/no"),
        ("No, there is an effusion.", "yes/no"),
        ("No effusion.", FINDING),
        ("Right upper lobe", PLACE),
        ("bilaterally", PLACE),
        ("The effusion is in the left pleural space.", PLACE),
        ("Opacity in the right lower lobe", FINDING),
        ("cardiomegaly", FINDING),
        ("The lungs are clear.", FINDING),
        ("Endotracheal tube in the trachea", "device"),
        ("3 cm", "measurement"),
        ("The tube ends 4 cm above the carina", "measurement"),
        ("two", "measurement"),
        ("50%", "measurement"),
        ("mild", "severity"),
        ("Moderate to severe", "severity"),
        ("The effusion is small.", "severity"),
        ("Female", "other"),
        ("PA", "other"),
        ("\N{LUNGS}", "other"),
        ("", None),
        (" ?! ", None),
        (LONG, PLACE),
    ],
)
def test_answers_have_a_semantic_type(text, expected):
    assert semantic_type(text, get_concept_matcher()) == expected


def test_an_answer_of_the_right_type_is_right_whatever_it_says(evaluate):
    gold = [Reference(id="0", answer="Left lung"), Reference(id="1", answer="yes"), Reference(id="2", answer="")]
    said = [Prediction(id="0", text="The heart"), Prediction(id="1", text="effusion"), Prediction(id="2", text="")]
    found = evaluate(SemanticTypeAccuracy(), gold, said)["semantic_type_accuracy"]
    assert (found.n, found.value) == (2, 0.5)


def test_a_refused_answer_has_no_type(evaluate):
    said = [Prediction(id="0", status="refused", text="yes")]
    assert (
        evaluate(SemanticTypeAccuracy(), [Reference(id="0", answer="yes")], said)["semantic_type_accuracy"].value == 0
    )


def test_without_a_gold_text_the_scores_are_null_with_a_reason(evaluate):
    for metric in (SemanticTypeAccuracy(), SpatialRelationAccuracy()):
        for found in evaluate(metric, [], []).values():
            assert found.value is None
            assert found.reason
