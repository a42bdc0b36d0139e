"""Every row of the index against the tolerant reader and the one definition of the gold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qba_index_folder import grade_of, image_of, random_study, write_qba

from cxrbench.core.regions import GROUP_OF, REGIONS
from cxrbench.datasets.qba.gold import gold_of, gold_regions
from cxrbench.datasets.qba.index.build import build_index
from cxrbench.datasets.qba.index.decode import read_study
from cxrbench.datasets.qba.index.problems import Problems
from cxrbench.datasets.qba.index.query import open_index
from cxrbench.datasets.qba.index.rows import Rows
from cxrbench.datasets.qba.index.schema import COLUMNS, questions_schema
from cxrbench.datasets.qba.index.shapes import Shapes, region_group
from cxrbench.datasets.qba.index.study import Study
from cxrbench.datasets.qba.parse import parse_questions
from cxrbench.datasets.qba.question_types import QUESTION_TYPES
from cxrbench.datasets.qba.records import Question


def expected_row(question: Question, image_id: str) -> dict[str, Any]:
    """What the index should hold of a question, straight from the records."""
    gold = gold_of(question, image_id)
    answers = list(question.walk())
    named = [answer for answer in answers if answer.regions]
    places = [answer for answer in named if answer.kind == "main_answer"] or named
    mentioned = {name for answer in places for name in gold_regions(answer.regions, answer.laterality).names}
    entities = list(dict.fromkeys(name for answer in answers for name in answer.entities))
    known = QUESTION_TYPES.get(question.type)
    marked = question.type in ("relational", "multi_hop")
    levels = 0
    layer = question.answers
    while layer:
        levels, layer = levels + 1, tuple(below for answer in layer for below in answer.below)
    return {
        "question_id": question.id,
        "type": question.type,
        "strategy": "relational" if marked else known.strategy if known else None,
        "family": known.family if known else None,
        "complexity": question.type if marked else "multi_entity" if len(entities) > 1 else "single_entity",
        "question": question.text,
        "answer": gold.text,
        "yes_no": gold.yes_no,
        "polarity": gold.polarity,
        "region_names": list(dict.fromkeys(name for answer in places for name in answer.regions)),
        "mentioned_regions": [name for name in REGIONS if name in mentioned],
        "entities": entities,
        "regions": list(gold.regions),
        "conditions": list(gold.conditions),
        "denied_conditions": list(gold.denied),
        "severity": gold.severity,
        "boxes": [
            dict(zip(("x1", "y1", "x2", "y2"), map(pytest.approx, box.corners)), label=box.label)
            for box in gold.boxes
        ],
        "obs_ids": list(question.obs_ids),
        "answers": len(answers),
        "levels": levels,
        "from_report": question.contains_report_answers,
        "from_template": question.contains_template_answers,
        "question_length": len(question.text),
        "answer_length": len(gold.text),
    }


def rows_of(data: bytes, number: int = 0) -> tuple[list[dict[str, Any]], Problems]:
    """The rows of one file, without a folder around it."""
    problems, shapes = Problems(), Shapes()
    rows = Rows(shapes, problems)
    study = Study(
        number, "p1", "s1", "train", (image_of(number), image_of(number, 1)), ("PA", "LATERAL"), (0, 0), (0, 0), 0
    )
    rows.add(study, read_study(data, "p1", "s1", image_of(number), shapes).questions, None, None)
    table = rows.table()
    assert table.schema == questions_schema()
    return table.to_pylist(), problems


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0, 1, 9]))
def test_a_row_holds_what_reader_and_gold_say(seed: int, count: int) -> None:
    data = json.dumps(random_study(0, count, seed)).encode()
    rows, _ = rows_of(data)
    read = parse_questions(data, patient_id="p1", study_id="s1")
    assert len(rows) == len(read.questions) == count
    for row, question in zip(rows, read.questions):
        expected = expected_row(question, image_of(0))
        assert {name: row[name] for name in expected} == expected


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_fast_and_the_tolerant_way_of_reading_give_the_same_rows(seed: int) -> None:
    file = random_study(0, 8, seed)
    fast, _ = rows_of(json.dumps(file).encode())
    # A number where text is expected keeps the fast decoder from reading the file at all.
    file["questions"][0]["answers"] = [{"answer_type": "main_answer", "text": 7, "regions": "lungs"}]
    slow, _ = rows_of(json.dumps(file).encode())
    assert slow[1:] == fast[1:]
    assert (slow[0]["answer"], slow[0]["region_names"]) == ("7", ["lungs"])


@pytest.mark.parametrize("null", ["text", "regions", "modifiers", "localization", "laterality", "sub_answers"])
def test_null_is_read_as_nothing_without_the_slow_way(null: str) -> None:
    file = random_study(0, 3, 1)
    for question in file["questions"]:
        for answer in question["answers"]:
            answer[null] = None
    rows, problems = rows_of(json.dumps(file).encode())
    read = parse_questions(json.dumps(file).encode(), patient_id="p1", study_id="s1")
    assert [row["answer"] for row in rows] == [gold_of(question, image_of(0)).text for question in read.questions]
    assert "repaired" not in problems.counts()


def test_rows_of_a_built_index_carry_study_image_split_and_grade(tmp_path: Path) -> None:
    files = write_qba(tmp_path / "in", 5, count=4, views={1: ("AP", "PA"), 2: ("LATERAL",)})
    build_index(tmp_path / "in", tmp_path / "out", workers=1)
    with open_index(tmp_path / "out") as index:
        rows = index.table().to_pylist()
    assert [list(row) for row in rows] == [list(COLUMNS)] * 20
    splits = ("train", "train", "validate", "validate", "test")
    images = (image_of(0), image_of(1, 1), None, image_of(3), image_of(4))
    for number, file in enumerate(files):
        for position, question in enumerate(file["questions"]):
            row = rows[number * 4 + position]
            assert row["pair"] == (number << 16) + position
            assert (row["study_number"], row["study_id"]) == (number, file["study_id"])
            assert (row["patient_id"], row["question_id"]) == (file["patient_id"], question["question_id"])
            assert (row["split"], row["image_id"]) == (splits[number], images[number])
            assert row["view"] == (None if number == 2 else "PA")
            assert row["grade"] == grade_of(file["study_id"], question["question_id"])


def test_the_group_of_several_regions_is_that_of_most_and_the_first_in_order_among_equals() -> None:
    assert region_group(()) is None
    assert region_group(("trachea", "carina", "left lung")) == "mediastinal"
    assert region_group(("spine", "heart")) == "cardiac"
    assert {region_group((name,)) for name in REGIONS} == set(GROUP_OF.values())
