from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qba_writer import IMAGE, answer, observation, place, question, questions, scene_graph

from cxrbench.core.errors import DataError
from cxrbench.core.types import Box
from cxrbench.datasets.qba.parse import parse_questions, parse_scene_graph
from cxrbench.datasets.qba.records import Relation

EFFUSION = Box(1610.0, 1240.0, 2210.0, 1790.0)
SIZES = {IMAGE: (3056, 2544)}


def test_a_documented_scene_graph_is_read_without_a_problem() -> None:
    graph = parse_scene_graph(json.dumps(scene_graph()).encode(), sizes=SIZES)
    assert graph.problems == ()
    assert (graph.patient_id, graph.study_id) == ("p90000001", "s99000001")
    assert list(graph.observations) == ["O01", "O01.01", "O02"]
    first, child, negative = graph.observations.values()
    assert (first.name, first.sentence) == ("small left pleural effusion", "There is small left pleural effusion.")
    assert (first.regions, first.entities) == (("left pleural space",), ("pleural effusion",))
    assert (first.positive, negative.positive) == (True, False)
    assert first.modifiers == {"severity": ("small",)}
    assert first.localisations[IMAGE].boxes == (EFFUSION,)
    assert (child.child_type, child.child_level) == ("associated_with", 1)
    assert graph.top_level == ("O01", "O02")
    assert graph.sentences["S01"] == "Small left phantom effusion."
    assert graph.indication == "Phantom with cough."
    assert graph.indication_answer is not None
    assert (graph.indication_answer.id, graph.indication_answer.positive) == ("OIND", False)
    assert graph.located_at[0] == Relation("left pleural space", "O01", "direct")
    assert graph.observation_relations == (Relation("O01", "O01.01", "associated_with"),)
    assert graph.region_relations == (Relation("lungs", "left lower lung zone", "sub_region"),)
    assert graph.observation_sentences == (Relation("O01", "S01", ""), Relation("OIND", "S02", ""))
    assert graph.quality["general_issue_level"] == 5
    assert graph.image_quality == {IMAGE: 3}


def test_one_reference_may_own_several_boxes() -> None:
    lungs = parse_scene_graph(scene_graph()).regions["lungs"].localisations[IMAGE]
    assert lungs.references == ("lungs",)
    assert len(lungs.boxes) == 2


def test_a_documented_question_file_is_read_without_a_problem() -> None:
    read = parse_questions(json.dumps(questions()), sizes=SIZES)
    assert read.problems == ()
    normal, has = read.questions
    assert (normal.id, normal.type, has.type) == ("B04_is_normal_001", "B04_is_normal", "D02_has_finding")
    assert has.text == "Is there an effusion?"
    assert has.variables == {"finding": "effusion"}
    assert (has.contains_report_answers, has.contains_template_answers) == (True, False)
    assert [(item.id, item.kind, item.level) for item in normal.walk()] == [
        ("0", "main_answer", 0),
        ("1", "details", 1),
    ]
    main = has.main
    assert main is not None
    assert (main.regions, main.modifiers) == (("left pleural space",), {"severity": ("small",)})
    assert (main.positive, main.localisations[IMAGE].boxes) == (True, (EFFUSION,))


def test_answer_ids_may_be_numbers_or_texts() -> None:
    asked = [question("D02_has_finding_001", "has_finding", "?", answer(7, "Yes."), answer("8", "No."))]
    read = parse_questions(questions(asked=asked))
    assert [item.id for item in read.questions[0].answers] == ["7", "8"]
    assert read.problems == ()


@pytest.mark.parametrize(
    "modifiers", [[["severity", "small"], ["severity", "tiny"]], {"severity": ["small", "tiny"]}]
)
def test_modifiers_are_read_as_pairs_and_as_lists_in_both_files(modifiers: Any) -> None:
    asked = [question("D02_has_finding_001", "has_finding", "?", answer(0, "Yes.", modifiers=modifiers))]
    found = parse_questions(questions(asked=asked)).questions[0].answers[0].modifiers
    graph = scene_graph(observations={"O01": observation("O01", "x", "lungs", "y", modifiers=modifiers)})
    assert found == {"severity": ("small", "tiny")}
    assert parse_scene_graph(graph).observations["O01"].modifiers == found


@pytest.mark.parametrize("regions", [["lungs", " left hilum "], [{"region": "lungs"}, {"region": "left hilum"}]])
def test_regions_are_read_as_texts_and_as_objects_in_both_files(regions: Any) -> None:
    asked = [question("D02_has_finding_001", "has_finding", "?", answer(0, "Yes.", regions=regions))]
    assert parse_questions(questions(asked=asked)).questions[0].answers[0].regions == ("lungs", "left hilum")
    graph = scene_graph(observations={"O01": observation("O01", "x", "lungs", "y", regions=regions)})
    assert parse_scene_graph(graph).observations["O01"].regions == ("lungs", "left hilum")


@pytest.mark.parametrize(
    ("id", "spelled", "meant"),
    [
        ("D02_has_finding_001", "has_finding", "D02_has_finding"),
        ("D02_has_finding_001", "D02_has_finding", "D02_has_finding"),
        ("D02_has_finding_001", "", "D02_has_finding"),
        ("B12_describe_device_001", "describe_device", "B12_describe_device"),
        ("D05_describe_device_001", "describe_device", "D05_describe_device"),
        ("x", "A_indication", "A_indication"),
        ("x", "indication", "A_indication"),
        ("relational_001", "relational", "relational"),
        ("multi_hop_001", "multi_hop", "multi_hop"),
    ],
)
def test_the_type_is_canonical_however_the_file_spells_it(id: str, spelled: str, meant: str) -> None:
    read = parse_questions(questions(asked=[question(id, spelled, "?", answer(0, "Yes."))]))
    assert (read.questions[0].type, read.problems) == (meant, ())


def test_unknown_types_are_kept_and_counted() -> None:
    asked = [question(f"E09_why_{n:03}", "E09_why", "Why?", answer(0, "So.")) for n in (1, 2, 3)]
    asked.append(question("x", "describe_device", "?", answer(0, "A line.")))
    read = parse_questions(questions(asked=asked))
    assert [item.type for item in read.questions] == ["E09_why"] * 3 + ["describe_device"]
    assert read.problems == (
        "unknown question type 'E09_why': E09_why_001 and 2 more",
        "unknown question type 'describe_device': x",
    )


def test_the_id_counts_where_the_type_contradicts_it() -> None:
    read = parse_questions(questions(asked=[question("B04_is_normal_001", "B03_is_abnormal", "?", answer(0, "No."))]))
    assert read.questions[0].type == "B04_is_normal"
    assert read.problems == ("question_type is another than the question_id says; the id counts: B04_is_normal_001",)


@pytest.mark.parametrize(
    ("box", "kept", "problem"),
    [
        ([-5, -1, 100, 90], (Box(0, 0, 100, 90),), "a box reaches outside the image, clipped"),
        ([3000, 2500, 4000, 2600], (Box(3000, 2500, 3056, 2544),), "a box reaches outside the image, clipped"),
        ([4000, 10, 4100, 20], (), "a box lies outside the image, left out"),
        ([-40, 10, -10, 20], (), "a box lies outside the image, left out"),
        ([10, 10, 10, 90], (), "a box has no area, left out"),
        ([90, 10, 10, 90], (), "a box has no area, left out"),
        ([1, 2, 3], (), "a box is not four finite numbers, left out"),
        ([1, 2, 3, None], (), "a box is not four finite numbers, left out"),
        ([1, 2, 3, float("nan")], (), "a box is not four finite numbers, left out"),
        ([1, 2, float("inf"), 4], (), "a box is not four finite numbers, left out"),
        ([1, 2, 3, True], (), "a box is not four finite numbers, left out"),
        (["1", "2", "3", "4"], (Box(1, 2, 3, 4),), "a box has texts for numbers, read as numbers"),
    ],
)
def test_a_bad_box_is_clipped_or_left_out_and_noted(box: list[Any], kept: tuple[Box, ...], problem: str) -> None:
    where = place("lungs", (1, 1, 2, 2))
    where[IMAGE]["bboxes"].append(box)
    asked = [question("D02_has_finding_001", "has_finding", "?", answer(0, "Yes.", localization=where))]
    read = parse_questions(json.dumps(questions(asked=asked)), sizes=SIZES)
    assert read.questions[0].answers[0].localisations[IMAGE].boxes == (Box(1, 1, 2, 2), *kept)
    assert read.problems == (f"{problem}: question D02_has_finding_001, answer 0",)


def test_a_single_box_and_a_list_of_localisations_are_understood() -> None:
    where = [place("lungs", (1, 1, 2, 2))[IMAGE] | {"bboxes": [1, 1, 2, 2]}]
    asked = [question("D02_has_finding_001", "has_finding", "?", answer(0, "Yes.", localization=where))]
    read = parse_questions(questions(asked=asked))
    assert read.questions[0].answers[0].localisations[IMAGE].boxes == (Box(1, 1, 2, 2),)
    assert len(read.problems) == 2


def test_a_box_of_an_image_whose_size_is_not_known_is_kept_and_noted() -> None:
    graph = parse_scene_graph(scene_graph(), sizes={"other": (10, 10)})
    assert graph.observations["O01"].localisations[IMAGE].boxes == (EFFUSION,)
    assert graph.problems[0].startswith("a localization is of an image whose size is not known: observation O01")


def test_edges_to_what_does_not_exist_are_noted() -> None:
    data = scene_graph()
    data["top_level_obs_ids"].append("O09")
    data["located_at_relations"] += [
        {"region": "left hilum", "observation_id": "O01", "where_specified": "direct"},
        {"region": "lungs", "observation_id": "O08", "where_specified": "direct"},
        {"region": "lungs"},
    ]
    data["observations"]["O02"]["regions"].append({"region": "phantom region"})
    graph = parse_scene_graph(data)
    assert graph.top_level == ("O01", "O02")
    assert Relation("left hilum", "O01", "direct") in graph.located_at
    assert not any(edge.target == "O08" for edge in graph.located_at)
    assert graph.observations["O02"].regions == ("lungs", "phantom region")
    assert graph.problems == (
        "an edge of located_at_relations has an end missing, left out",
        "a region is named that the file does not describe: left hilum and 1 more",
        "top_level_obs_ids names an observation that does not exist, left out: O09",
        "located_at_relations names an observation that does not exist, left out: O08",
    )


def test_numbers_where_text_is_expected_and_trailing_blanks_are_read_as_text() -> None:
    asked = [question(" D02_has_finding_001 ", "has_finding", "How many? \t", answer(0, 3, laterality=" left\n"))]
    read = parse_questions(questions(asked=asked))
    (only,) = read.questions
    assert (only.id, only.text, only.answers[0].text) == ("D02_has_finding_001", "How many?", "3")
    assert only.answers[0].laterality == "left"
    assert read.problems == ("text is a number, read as text: question D02_has_finding_001, answer 0",)


def test_wrong_types_are_noted_and_nothing_is_lost_silently() -> None:
    odd = answer("", ["No."], positiveness="maybe", from_report="perhaps", regions="lungs", sub_answers="none")
    asked = [
        question("D02_has_finding_001", "has_finding", "?", odd, variables=[1], obs_ids=None),
        question("D02_has_finding_001", "has_finding", "again?", answer(0, "Yes.")),
        question("", "has_finding", "?", answer(0, "Yes.")),
        "not an object",
    ]
    data = questions()
    data["questions"] = asked
    read = parse_questions(data)
    (only,) = read.questions
    (found,) = only.answers
    assert (found.id, found.text, found.positive, found.from_report) == ("0", "", None, True)
    assert found.regions == ("lungs",)
    assert len(read.problems) == 10


def test_unknown_keys_and_missing_keys_are_no_problem() -> None:
    data = {
        "patient_id": "p1",
        "study_id": "s1",
        "later_addition": [1],
        "questions": [
            {"question_id": "D02_has_finding_001", "question": "?", "new": {}, "answers": [{"text": "Yes."}]}
        ],
    }
    read = parse_questions(data)
    assert read.questions[0].answers[0].text == "Yes."
    assert read.problems == ("an answer has no answer_id, numbered instead: question D02_has_finding_001",)
    assert parse_scene_graph({"patient_id": "p1", "study_id": "s1"}).problems == ()


def test_the_name_of_the_file_counts_where_the_id_inside_differs() -> None:
    graph = parse_scene_graph(scene_graph(), patient_id="p90000001", study_id="s99000009")
    assert graph.study_id == "s99000009"
    assert graph.problems == ("study_id inside the file is another than in its name: s99000001",)


@pytest.mark.parametrize("read", [parse_scene_graph, parse_questions])
@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (json.dumps(scene_graph()).encode()[:200], "not valid JSON"),
        (b"\x1f\x8b\x08\x00\xff", "not UTF-8"),
        (b"[]", "holds a list"),
        (b"null", "holds a NoneType"),
        (b'{"questions": ' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_truncated_empty_or_foreign_file_is_an_error_that_says_so(read: Any, data: bytes, seen: str) -> None:
    with pytest.raises(DataError, match=seen) as caught:
        read(data, where="qa.zip: p90/p90000001/s99000001.qa.json")
    assert caught.value.where == "qa.zip: p90/p90000001/s99000001.qa.json"


def test_answers_nested_without_end_are_an_error() -> None:
    nested = answer(0, "Yes.")
    for number in range(2000):
        nested = answer(number, "Yes.", sub_answers=[nested])
    with pytest.raises(DataError, match="nested too deeply"):
        parse_questions({"questions": [question("D02_has_finding_001", "has_finding", "?", nested)]})


def test_a_byte_order_mark_is_ignored() -> None:
    assert parse_questions(b"\xef\xbb\xbf" + json.dumps(questions()).encode()).questions


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150)
@given(st.data())
def test_any_value_anywhere_is_read_or_noted_never_a_crash(data: st.DataObject) -> None:
    for build, read in ((scene_graph, parse_scene_graph), (questions, parse_questions)):
        tree = json.loads(json.dumps(build()))
        node: Any = tree
        while True:
            keys = list(node) if isinstance(node, dict) else range(len(node))
            key = data.draw(st.sampled_from(list(keys)))
            if not isinstance(node[key], (dict, list)) or not node[key] or data.draw(st.booleans()):
                node[key] = data.draw(json_values)
                break
            node = node[key]
        read(tree, sizes=SIZES)
