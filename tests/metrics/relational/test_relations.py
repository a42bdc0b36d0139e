"""Relations, chains of relations and entities of the scene graph."""

import pytest

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.relational import GraphEntityRecall, MultiHopAccuracy, RelationshipAccuracy, chains_relations
from cxrbench.metrics.relational.relationship import names_target


@pytest.mark.parametrize(
    ("gold", "given"),
    [
        ("Right upper lobe", "upper right lobe"),
        ("Right upper lobe", "The lesion is in the right upper lobe of the right lung."),
        ("Right", "On the right side"),
        ("aortic arch", "the aortic arch in the mediastinum"),
        ("Superior", "It is superior to the diaphragm"),
        ("4th and 5th", "4th and 5th"),
        ("both", "bilaterally"),
        ("Left Lung, Right", "left lung and right"),
    ],
)
def test_an_answer_that_names_the_target_is_right(gold, given):
    assert names_target(gold, given, "Where is the lesion with respect to the diaphragm?")


@pytest.mark.parametrize(
    ("gold", "given"),
    [
        ("Right upper lobe", "left upper lobe"),
        ("Right upper lobe", "right upper lobe and left upper lobe"),
        ("Right upper lobe", "right lung"),
        ("Right", "left or right"),
        ("Right", "bilateral"),
        ("aortic arch", "the aortic arch and the left hilum"),
        ("aortic arch", "heart"),
        ("Superior", "superior and inferior"),
        ("4th and 5th", "4th"),
        ("Right", ""),
        ("pneumothorax", "no pneumothorax"),
        ("Right lung", "\N{LUNGS}"),
    ],
)
def test_an_answer_that_misses_or_contradicts_the_target_is_wrong(gold, given):
    assert not names_target(gold, given, "Where is the lesion with respect to the diaphragm?")


def test_what_the_question_names_contradicts_nothing():
    given = "The left lung is adjacent to the heart."
    assert names_target("left lung", given, "What is adjacent to the heart?")
    assert not names_target("left lung", given, "What is adjacent to the spine?")


def relationship(evaluate, reference, prediction):
    return evaluate(RelationshipAccuracy(), [reference], [prediction])["relationship_accuracy"]


def test_relational_and_position_questions_are_counted(evaluate):
    for question_type in ("relational_adjacent", "X01_relational_side", "POS", "Position"):
        gold = Reference(id="0", answer="left lung", question_type=question_type)
        found = relationship(evaluate, gold, Prediction(id="0", answer="left lung"))
        assert (found.n, found.value) == (1, 1)
    gold = Reference(id="0", answer="left lung", question_type="D03_where_is_finding")
    found = relationship(evaluate, gold, Prediction(id="0", answer="left lung"))
    assert (found.n, found.value, bool(found.reason)) == (0, None, True)


def test_regions_stand_in_for_an_answer_on_both_sides(evaluate):
    gold = Reference(id="0", regions=("left lung",), question_type="relational")
    assert relationship(evaluate, gold, Prediction(id="0", regions=("left lung",))).value == 1
    assert relationship(evaluate, gold, Prediction(id="0", regions=("left lung", "right lung"))).value == 0


def test_a_yes_no_relation_follows_the_yes_no_grammar(evaluate):
    gold = Reference(id="0", answer="Yes", question_type="POS")
    assert relationship(evaluate, gold, Prediction(id="0", answer="yes, on the left")).value == 1
    assert relationship(evaluate, gold, Prediction(id="0", answer="yes no")).value == 0


def test_a_refused_answer_names_nothing(evaluate):
    gold = Reference(id="0", answer="left lung", question_type="POS")
    said = Prediction(id="0", status="refused", answer="left lung", regions=("left lung",))
    assert relationship(evaluate, gold, said).value == 0


@pytest.mark.parametrize(
    "question",
    [
        "What pathology is in the region adjacent to the heart?",
        "Describe findings in both lungs compared to the cardiac region",
        "Which device is in the structure to the left of the trachea?",
        "What is the finding in the lobe below the nodule?",
    ],
)
def test_a_chain_of_two_links_is_multi_hop(question):
    assert chains_relations(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is adjacent to the consolidation?",
        "Which structure is inferior to the carina?",
        "Is the nodule in the left or right lung?",
        "Is there a nodule in the upper lobe of the right lung?",
        "Is there an effusion or a nodule in the lung?",
        "Is there a pneumothorax?",
        "",
        "\N{LUNGS}",
        "heart " * 100_000,
    ],
)
def test_fewer_links_are_not(question):
    assert not chains_relations(question)


def test_multi_hop_questions_count_by_mark_or_by_words(evaluate):
    question = "What pathology is in the region adjacent to the heart?"
    gold = [
        Reference(id="0", answer="effusion", question_type="multi_hop_finding"),
        Reference(id="1", answer="effusion", question=question),
        Reference(id="2", answer="effusion", question="Where is the effusion?"),
        Reference(id="3", question=question),
    ]
    said = [Prediction(id=str(i), answer=text) for i, text in enumerate(["Effusion", "edema", "effusion", ""])]
    found = evaluate(MultiHopAccuracy(), gold, said)["multi_hop_accuracy"]
    assert (found.n, found.value) == (2, 0.5)


OBSERVATIONS = {
    "O01": {"positiveness": "pos", "obs_entities": ["pleural effusion"]},
    "O02": {"positiveness": "neg", "obs_entities": ["consolidation"]},
    "O03": {"positiveness": "pos", "obs_entities": ["cardiomegaly", "zebra sign"]},
}


def describe(obs_ids=None, question_type="describe_finding"):
    graph = {"observations": OBSERVATIONS} | ({} if obs_ids is None else {"obs_ids": obs_ids})
    return Reference(id="0", text="x", question_type=question_type, scene_graph=graph)


def recall(evaluate, reference, text):
    found = evaluate(GraphEntityRecall(), [reference], [Prediction(id="0", text=text)])
    return found["graph_entity_recall"].value, found["graph_entity_recall_asserted"].value


def test_the_entities_are_those_of_the_positive_observations_asked_about():
    metric = GraphEntityRecall()
    assert metric.entities(describe(["O01", "O02"])) == {"pleural effusion"}
    assert metric.entities(describe()) == {"pleural effusion", "cardiomegaly", "literal:zebra sign"}
    assert metric.entities(describe(["O01"], "B01_describe_all")) == metric.entities(describe())


def test_recall_is_the_share_of_entities_named(evaluate):
    assert recall(evaluate, describe(), "Effusion. The heart is enlarged.") == pytest.approx((2 / 3, 2 / 3))
    assert recall(evaluate, describe(), "A zebra-sign is seen.") == pytest.approx((1 / 3, 1 / 3))
    assert recall(evaluate, describe(), "") == (0, 0)


def test_a_denied_entity_is_named_but_not_asserted(evaluate):
    assert recall(evaluate, describe(["O01"]), "No pleural effusion.") == (1, 0)


def test_recall_is_pooled_over_questions(evaluate):
    gold = [describe(["O01"]), describe(["O03"])]
    gold[1] = Reference(id="1", question_type="describe_region", scene_graph=gold[1].scene_graph)
    said = [Prediction(id="0", text="effusion"), Prediction(id="1", text="nothing")]
    assert evaluate(GraphEntityRecall(), gold, said)["graph_entity_recall"].value == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "reference",
    [
        describe(["O02"]),
        describe(["O99"]),
        describe([]),
        describe(["O01"], "has_finding"),
        Reference(id="0", question_type="describe_all"),
        Reference(id="0", question_type="describe_all", scene_graph={"observations": None}),
        Reference(id="0", question_type="describe_all", scene_graph={"observations": {"O01": None}}),
    ],
)
def test_without_a_relevant_entity_the_score_is_null_with_a_reason(evaluate, reference):
    for found in evaluate(GraphEntityRecall(), [reference], [Prediction(id="0", text="effusion")]).values():
        assert (found.n, found.value, bool(found.reason)) == (0, None, True)


def test_no_example_at_all_is_null_with_a_reason(evaluate):
    for metric in (RelationshipAccuracy(), MultiHopAccuracy(), GraphEntityRecall()):
        for found in evaluate(metric, [], []).values():
            assert found.value is None
            assert found.reason
