import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vqa_folder import slake_row, write_slake

from cxrbench.core.errors import DataError
from cxrbench.core.types import Box
from cxrbench.datasets.slake import read_boxes, read_slake


def test_the_language_is_chosen_before_anything_else(tmp_path):
    chinese = [slake_row(1, image=7, q_lang="zh"), slake_row(2, image=8, q_lang="zh")]
    data = read_slake(write_slake(tmp_path, [slake_row(3), slake_row(4, q_lang="zh")], [*chinese, slake_row(5)]))
    assert [(item.id, item.split) for item in data.questions] == [("5", "train"), ("3", "test")]
    assert data.other_languages == 3
    assert data.foreign_training_images == {"7", "8"}


def test_a_broken_row_in_another_language_is_not_our_business(tmp_path):
    broken = {**slake_row(2, q_lang="zh"), "answer": ["?"], "img_name": None}
    assert len(read_slake(write_slake(tmp_path, [slake_row(1)], [])).questions) == 1
    write_slake(tmp_path, [slake_row(1)], images=False)
    (tmp_path / "Slake1.0" / "train.json").write_text(json.dumps([broken]))
    assert len(read_slake(tmp_path).questions) == 1


@pytest.mark.parametrize("name", ["validate.json", "validation.json"])
def test_the_validation_file_may_have_either_name(tmp_path, name):
    data = read_slake(write_slake(tmp_path, [slake_row(1)], [], [slake_row(2)], val_name=name))
    assert data.splits == ("train", "val", "test")
    assert [item.split for item in data.questions] == ["val", "test"]


def test_numbers_become_text_and_blank_answers_nothing(tmp_path):
    rows = [slake_row(11, image=3, answer=2), slake_row(12, answer=""), slake_row(13, answer_type="OPEN")]
    first, second, third = read_slake(write_slake(tmp_path, rows)).questions
    assert (first.id, first.image_id, first.answer) == ("11", "3", "2")
    assert second.answer is None
    assert (second.closed, third.closed) == (True, False)


def test_missing_films_are_listed_by_image(tmp_path):
    data = read_slake(write_slake(tmp_path, [slake_row(1), slake_row(2), slake_row(3, image=9)], images=False))
    assert data.missing_images == {"1": "xmlab1", "9": "xmlab9"}


def test_a_film_may_be_a_copy_with_another_suffix(tmp_path):
    root = write_slake(tmp_path, [slake_row(1)])
    film = root / "Slake1.0/imgs/xmlab1/source.jpg"
    film.rename(film.with_suffix(".png"))
    data = read_slake(root)
    assert data.questions[0].image.name == "source.png"
    assert not data.missing_images


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"qid": None}, "no qid"),
        ({"img_id": None}, "no img_id"),
        ({"q_lang": None}, "no q_lang"),
        ({"img_name": "source.jpg"}, "not FOLDER/FILE"),
        ({"img_name": "../x/source.jpg"}, "no file name"),
        ({"img_name": "../source.jpg"}, "no file name"),
        ({"question": {"a": 1}}, "question must be text"),
    ],
)
def test_damaged_rows_are_refused_and_named(tmp_path, fields, said):
    row = {key: value for key, value in {**slake_row(2), **fields}.items() if value is not None}
    with pytest.raises(DataError, match="1 of 2 entries") as caught:
        read_slake(write_slake(tmp_path, [slake_row(1), row], images=False))
    assert said in str(caught.value)


def test_a_qid_in_two_files_is_refused(tmp_path):
    with pytest.raises(DataError, match="1 qid more than once: 5"):
        read_slake(write_slake(tmp_path, [slake_row(5)], [slake_row(5)]))


def test_a_copy_without_the_language_says_so(tmp_path):
    with pytest.raises(DataError, match="no question in the language 'en'"):
        read_slake(write_slake(tmp_path, [slake_row(1, q_lang="zh")]))


def test_boxes_are_x_y_width_height_and_labels_may_repeat(tmp_path):
    content = [{"Left Lung": [512.0, 120, 300, 620]}, {"Mass": [0, 0, 1, 1]}, {"Mass": [5, 5, 1.5, 2]}]
    root = write_slake(tmp_path, [slake_row(1)], boxes={1: content})
    found = read_boxes(read_slake(root).questions[0].image)
    assert found.boxes == (
        Box(512, 120, 812, 740, "Left Lung"),
        Box(0, 0, 1, 1, "Mass"),
        Box(5, 5, 6.5, 7, "Mass"),
    )
    assert not found.problems


def test_entries_without_a_box_are_left_out_and_named(tmp_path):
    content = [
        {"Lung": [1, 2, 3]},
        {"Heart": [0, 0, -1, 4]},
        {"Mass": [0, 0, "2", 1]},
        "Liver",
        {"Node": [0, 0, 2, 2]},
    ]
    root = write_slake(tmp_path, [slake_row(1)], boxes={1: content})
    found = read_boxes(read_slake(root).questions[0].image)
    assert [box.label for box in found.boxes] == ["Node"]
    assert len(found.problems) == 4
    assert any("'Heart'" in problem for problem in found.problems)


@pytest.mark.parametrize("content", ["", "[{", '{"Lung": [1, 2, 3, 4]}', "[NaN]", '[{"Lung": [NaN, 1, 1, 1]}]'])
def test_an_unreadable_box_file_has_no_boxes_and_a_problem(tmp_path, content):
    root = write_slake(tmp_path, [slake_row(1)], boxes={1: content})
    found = read_boxes(read_slake(root).questions[0].image)
    assert found.boxes == ()
    assert found.problems


def test_no_box_file_is_not_the_same_as_no_box(tmp_path):
    root = write_slake(tmp_path, [slake_row(1), slake_row(2, image=2)], boxes={2: []})
    first, second = read_slake(root).questions
    assert read_boxes(first.image) is None
    assert read_boxes(second.image).boxes == ()


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(list(slake_row(1))), VALUES)),
    st.lists(VALUES | st.dictionaries(st.text(), VALUES)),
)
def test_no_content_causes_anything_but_a_documented_error(tmp_path, changes, boxes):
    rows = [{**slake_row(number), **fields} for number, fields in enumerate(changes)]
    write_slake(tmp_path, [slake_row(1000)], images=False, boxes={1: boxes})
    (tmp_path / "Slake1.0" / "train.json").write_text(json.dumps(rows))
    try:
        data = read_slake(tmp_path)
    except DataError:
        return
    assert "1000" in [item.id for item in data.questions]
    for item in data.questions:
        read_boxes(item.image)
