"""What is odd about the data is listed with its study and never stops the build."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qba_index_folder import image_of, patient_of, study_of, write_qba
from qba_writer import answer, member, place, question, write_table

from cxrbench.datasets.qba.index.build import build_index
from cxrbench.datasets.qba.index.problems import KINDS
from cxrbench.datasets.qba.index.query import open_index

Harm = Callable[[dict[str, Any]], Any]


def first(**change: Any) -> Harm:
    """Another first question."""

    def apply(file: dict[str, Any]) -> None:
        file["questions"][0] |= change

    return apply


def asked(*answers: dict[str, Any], **change: Any) -> Harm:
    """An extra question at the end."""

    def apply(file: dict[str, Any]) -> None:
        file["questions"].append(
            question("D02_has_finding_999", "D02_has_finding", "Is there one?", *answers) | change
        )

    return apply


def built(
    tmp_path: Path, harm: Harm | None = None, **options: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows and problems of three studies of which the middle one was harmed."""
    write_qba(tmp_path / "in", 3, count=4, change={1: harm} if harm else None, **options)
    return indexed(tmp_path)


def indexed(tmp_path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    manifest = build_index(tmp_path / "in", tmp_path / "out", workers=1).manifest
    with open_index(tmp_path / "out") as index:
        rows, problems = index.table().to_pylist(), index.problems(limit=None)
    counts: dict[str, int] = {}
    for problem in problems:
        assert problem["kind"] in KINDS
        counts[problem["kind"]] = counts.get(problem["kind"], 0) + problem["count"]
    assert counts == manifest.problems
    assert len(rows) == manifest.questions
    return rows, problems


def found(problems: list[dict[str, Any]], kind: str) -> list[tuple[str, str]]:
    return [(problem["study_id"], problem["item"]) for problem in problems if problem["kind"] == kind]


@pytest.mark.parametrize("data", [b"", b"{", b'{"questions": [', b"[1]", b"\xff\xfe{}", b'{"a": 1} tail'])
def test_a_file_that_is_no_json_object_is_listed_and_the_others_are_indexed(tmp_path: Path, data: bytes) -> None:
    rows, problems = built(tmp_path, lambda _: data)
    assert found(problems, "unreadable_study") == [(study_of(1), "")]
    assert {row["study_id"] for row in rows} == {study_of(0), study_of(2)}
    with open_index(tmp_path / "out") as index:
        assert index.studies()["questions"].to_pylist() == [4, 0, 4]


def test_a_corrupt_zip_member_is_listed(tmp_path: Path) -> None:
    write_qba(tmp_path / "in", 3, count=4)
    path = tmp_path / "in/qa.zip"
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("qa/" + member(patient_of(1), study_of(1), "qa"))
    data = bytearray(path.read_bytes())
    data[info.header_offset + 100] ^= 0xFF
    path.write_bytes(bytes(data))
    rows, problems = indexed(tmp_path)
    assert found(problems, "unreadable_study") == [(study_of(1), "")]
    assert len(rows) == 8


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (first(question=17), "question is a number"),
        (first(obs_ids="O01"), "obs_ids"),
        (first(contains_report_answers="yes"), None),
        (asked(answer(0, 3.5)), "text is a number"),
        (asked(answer(0, "Yes.", positiveness="maybe")), "positiveness"),
        (asked(answer(0, "Yes.", regions=[{"region": "lungs"}])), None),
        (asked(answer(0, "Yes.", modifiers={"severity": ["small"]})), None),
        (lambda file: file.pop("patient_id") and None, None),
    ],
)
def test_a_value_of_another_kind_is_read_tolerantly_and_noted_where_it_is_odd(
    tmp_path: Path, harm: Harm, words: str | None
) -> None:
    rows, problems = built(tmp_path, harm)
    assert {row["study_id"] for row in rows} == {study_of(0), study_of(1), study_of(2)}
    noted = [item for study, item in found(problems, "repaired") if study == study_of(1)]
    assert not words or any(words in item for item in noted)


def test_an_unknown_type_keeps_its_spelling_and_has_no_family(tmp_path: Path) -> None:
    harm = first(question_id="Z99_guess_what_001", question_type="Z99_guess_what")
    rows, problems = built(tmp_path, harm)
    assert found(problems, "unknown_type") == [(study_of(1), "Z99_guess_what")]
    assert (rows[4]["type"], rows[4]["family"], rows[4]["strategy"]) == ("Z99_guess_what", None, None)


def test_a_question_id_that_occurs_twice_counts_once(tmp_path: Path) -> None:
    def twice(file: dict[str, Any]) -> None:
        file["questions"].append(dict(file["questions"][0], question="Another text?"))

    rows, problems = built(tmp_path, twice)
    (item,) = found(problems, "duplicate_question")
    assert item == (study_of(1), rows[4]["question_id"])
    assert len(rows) == 12
    assert rows[4]["question"] != "Another text?"


def test_ids_inside_that_differ_from_the_name_are_noted_and_the_name_counts(tmp_path: Path) -> None:
    rows, problems = built(tmp_path, lambda file: file.update(study_id="s1"))
    assert found(problems, "id_differs") == [(study_of(1), f"{patient_of(1)} s1")]
    assert rows[4]["study_id"] == study_of(1)


def test_grades_of_questions_that_are_missing_on_either_side_or_not_known(tmp_path: Path) -> None:
    write_qba(tmp_path / "in", 2, count=2)
    key = {"patient_id": patient_of(0), "study_id": study_of(0)}
    with zipfile.ZipFile(tmp_path / "in/qa.zip") as archive:
        file = json.loads(archive.read("qa/" + member(patient_of(0), study_of(0), "qa")))
    ids = [item["question_id"] for item in file["questions"]]
    grades = [(ids[0], "A#"), ("D01_describe_finding_500", "B")]
    table = [key | {"question_id": id, "question.quality.rating": grade} for id, grade in grades]
    table.append(
        {"patient_id": "p99999999", "study_id": "s77777777", "question_id": "x", "question.quality.rating": "A"}
    )
    write_table(tmp_path / "in/metadata", "question_metadata", table)
    rows, problems = indexed(tmp_path)
    assert [row["grade"] for row in rows] == [None] * 4
    assert found(problems, "unknown_grade") == [("", "A#")]
    assert (study_of(0), ids[1]) in found(problems, "question_without_metadata")
    assert sorted(found(problems, "question_without_file")) == [
        ("s77777777", ""),
        (study_of(0), "D01_describe_finding_500"),
    ]


@pytest.mark.parametrize(
    ("rating", "grade"), [("", "U"), ("U", "U"), ("nan", "U"), ("a+", "A+"), ("App", "A++"), (" B ", "B")]
)
def test_spellings_of_grades(tmp_path: Path, rating: str, grade: str) -> None:
    write_qba(tmp_path / "in", 1, count=1)
    with zipfile.ZipFile(tmp_path / "in/qa.zip") as archive:
        (asked,) = json.loads(archive.read(archive.namelist()[0]))["questions"]
    key = {"patient_id": patient_of(0), "study_id": study_of(0), "question_id": asked["question_id"]}
    write_table(tmp_path / "in/metadata", "question_metadata", [key | {"question.quality.rating": rating}])
    rows, _ = indexed(tmp_path)
    assert rows[0]["grade"] == grade


def test_grades_as_codes_are_read_through_the_quality_mappings(tmp_path: Path) -> None:
    write_qba(tmp_path / "in", 1, count=1)
    with zipfile.ZipFile(tmp_path / "in/qa.zip") as archive:
        (asked,) = json.loads(archive.read(archive.namelist()[0]))["questions"]
    key = {"patient_id": patient_of(0), "study_id": study_of(0), "question_id": asked["question_id"]}
    write_table(tmp_path / "in/metadata", "question_metadata", [key | {"question.quality.rating": 5}])
    (tmp_path / "in/quality_mappings.csv").write_text("quality,code,name\nrating,5,A+\nentailment,5,A\n")
    rows, _ = indexed(tmp_path)
    assert rows[0]["grade"] == "A+"


def test_without_a_table_of_questions_no_question_has_a_grade_and_that_is_said_once(tmp_path: Path) -> None:
    rows, problems = built(tmp_path, skip_tables=("question",))
    assert {row["grade"] for row in rows} == {None}
    assert found(problems, "no_question_metadata") == [("", "")]


def test_without_image_metadata_no_study_is_frontal(tmp_path: Path) -> None:
    rows, problems = built(tmp_path, skip_tables=("image",))
    assert {row["image_id"] for row in rows} == {None}
    assert [study for study, _ in found(problems, "study_without_images")] == [study_of(0), study_of(1), study_of(2)]


def test_studies_images_and_graphs_without_their_counterpart(tmp_path: Path) -> None:
    write_qba(tmp_path / "in", 2, count=1, views={1: ()})
    folder = tmp_path / "in/metadata"
    extra = {"patient_id": "p99999999", "study_id": "s77777777"}
    write_table(folder, "study_metadata", [{"patient_id": patient_of(0), "study_id": study_of(0)}, extra])
    image = {"patient_id": patient_of(0), "study_id": study_of(0), "image_id": image_of(0), "img.view_position": "AP"}
    write_table(folder, "image_metadata", [image, image, image | extra])
    with zipfile.ZipFile(tmp_path / "in/scene_data.zip", "w") as archive:
        archive.writestr(member(patient_of(0), study_of(0), "scene_graph"), "{")
        archive.writestr(member("p99999999", "s77777777", "scene_graph"), "{}")
    rows, problems = indexed(tmp_path)
    assert found(problems, "study_without_images") == [(study_of(1), "")]
    assert found(problems, "study_without_file") == [("s77777777", "")]
    assert found(problems, "study_without_metadata") == [(study_of(1), "")]
    assert found(problems, "image_without_questions") == [("s77777777", image_of(0))]
    assert found(problems, "graph_without_questions") == [("s77777777", "")]
    assert found(problems, "study_without_graph") == [(study_of(1), "")]
    assert found(problems, "unreadable_graph") == [(study_of(0), "")]
    assert [row["view"] for row in rows] == ["AP", None]


def test_links_that_do_not_resolve_are_listed(tmp_path: Path) -> None:
    elsewhere = place("lungs", (1, 2, 30, 40), image="another-image")
    harm = asked(answer(0, "Yes.", localization=elsewhere), obs_ids=["O01", "O77", "OIND"])
    _, problems = built(tmp_path, harm)
    assert found(problems, "unknown_image") == [(study_of(1), "another-image")]
    assert found(problems, "unknown_observation") == [(study_of(1), "O77")]


def test_boxes_are_cut_at_the_border_and_dropped_without_area(tmp_path: Path) -> None:
    boxes = [(-50, 10, 100, 200), (10, 20, 2600, 30), (5, 5, 5, 90), (2600, 5, 2700, 90), (10, 20, 30, 40.5)]
    harm = asked(answer(0, "Yes.", positiveness="pos", localization=place("lungs", *boxes, image=image_of(1))))
    rows, problems = built(tmp_path, harm)
    # Of "[2100, 2500]" nobody says which is the width, so nothing is cut before 2500.
    corners = [[box[side] for side in ("x1", "y1", "x2", "y2")] for box in rows[8]["boxes"]]
    assert corners == [[0, 10, 100, 200], [10, 20, 2500, 30], [10, 20, 30, 40.5]]
    counts = {problem["kind"]: problem["count"] for problem in problems if problem["item"] == "D02_has_finding_999"}
    assert (counts["box_outside"], counts["box_empty"]) == (3, 2)


def test_empty_texts_and_missing_answers_are_listed(tmp_path: Path) -> None:
    rows, problems = built(tmp_path, asked(question="  "))
    assert (study_of(1), "D02_has_finding_999") in found(problems, "empty_question")
    assert (study_of(1), "D02_has_finding_999") in found(problems, "no_answer")
    assert (rows[8]["question"], rows[8]["answer"], rows[8]["answers"]) == ("", "", 0)


def test_a_sentence_that_contradicts_its_positiveness_is_listed(tmp_path: Path) -> None:
    rows, problems = built(tmp_path, asked(answer(0, "No, there is none.", positiveness="pos")))
    assert (study_of(1), "D02_has_finding_999") in found(problems, "yes_no_disagrees")
    assert rows[8]["yes_no"] == "no"


def test_names_that_the_maps_do_not_know_are_counted(tmp_path: Path) -> None:
    write_qba(
        tmp_path / "in", 1, count=0, change={0: lambda file: asked(answer(0, "Yes.", regions=["the attic"]))(file)}
    )
    _, problems = indexed(tmp_path)
    assert [(p["item"], p["count"]) for p in problems if p["kind"] == "unmapped_region"] == [("the attic", 1)]


def test_a_study_without_questions_has_no_row_and_an_index_may_be_empty(tmp_path: Path) -> None:
    write_qba(tmp_path / "in", 1, count=0)
    rows, _ = indexed(tmp_path)
    assert rows == []
