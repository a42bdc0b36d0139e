import pytest
from vqa_folder import slake_row, write_slake

from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.types import Box
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.slake import SlakeTask
from cxrbench.tasks.slake_boxes import asked_boxes


def load(root, split="test"):
    return SlakeTask().load(TaskOptions(root, split))


def test_the_headline_split_are_the_english_chest_x_rays(tmp_path):
    test = [slake_row(1), slake_row(2, modality="CT", image=2), slake_row(3, q_lang="zh")]
    train = [slake_row(4, image=4), slake_row(5, image=5, modality="MRI")]
    root = write_slake(tmp_path, test, train)
    data = load(root)
    assert (data.split, [item.id for item in data.examples]) == ("chest:test", ["1"])
    assert [item.id for item in data.training()] == ["4"]
    everything = load(root, "all:test")
    assert [item.id for item in everything.examples] == ["1", "2"]
    assert [item.id for item in everything.training()] == ["4", "5"]
    assert data.examples[0].group == "1"


def test_strata_are_those_of_the_data_set(tmp_path):
    row = slake_row(1, content_type="KG", base_type="kvqa", answer_type="OPEN", question="Which disease?")
    (example,) = load(write_slake(tmp_path, [row])).examples
    assert example.strata["question_type"] == ("KG",)
    assert example.strata["needs_knowledge"] == ("yes",)
    assert example.strata["modality"] == ("X-Ray",)
    assert example.strata["answer_type"] == ("open",)


def test_rows_of_other_languages_that_leak_test_images_are_counted(tmp_path):
    train = [slake_row(4, image=1, q_lang="zh"), slake_row(5, image=9, q_lang="zh")]
    data = load(write_slake(tmp_path, [slake_row(1), slake_row(2, image=2)], train))
    assert any("2 rows in other languages" in note and "hold 1 of these 2 images" in note for note in data.notes)


def test_without_the_training_file_nothing_is_said_of_what_was_seen(tmp_path):
    data = load(write_slake(tmp_path, [slake_row(1)], None))
    assert "image_in_training" not in data.examples[0].strata
    assert list(data.training()) == []
    assert any("train.json is missing" in note for note in data.notes)
    assert not any("zero-shot" in note for note in data.notes)


def test_a_split_whose_file_is_missing_is_an_error(tmp_path):
    with pytest.raises(DataError, match="file of split val is missing"):
        load(write_slake(tmp_path, [slake_row(1)], [], None), "val")


@pytest.mark.parametrize("split", ["dev", "ct:test"])
def test_an_unknown_split_is_refused(tmp_path, split):
    with pytest.raises(UsageError, match="unknown split"):
        load(write_slake(tmp_path, [slake_row(1)]), split)


def test_where_questions_have_the_boxes_of_what_they_ask_for_as_gold(tmp_path):
    where = slake_row(1, question="Where is the mass?", answer="Left Lung", content_type="Position")
    boxes = [{"Mass": [1, 2, 3, 4]}, {"Left Lung": [0, 0, 9, 9]}]
    root = write_slake(tmp_path, [where, slake_row(2)], boxes={1: boxes})
    first, second = load(root).examples
    assert first.reference.boxes == (Box(1, 2, 4, 6, "Mass"),)
    assert second.reference.boxes is None


BOXES = (
    Box(0, 0, 5, 5, "Left Lung"),
    Box(1, 1, 2, 2, "Pneumonia"),
    Box(2, 2, 3, 3, "Mass"),
    Box(4, 4, 6, 6, "Heart"),
)


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("Where is the pneumonia?", ["Pneumonia"]),
        ("Where is/are the abnormality?", ["Pneumonia", "Mass"]),
        ("Which part of the lung is the lesion in?", ["Pneumonia", "Mass"]),
        ("Where is the left lung?", ["Left Lung"]),
        ("Where is the spleen?", None),
        ("Which part of the body is shown?", None),
        ("Is there a mass?", None),
        ("Which diseases does it show?", None),
    ],
)
def test_boxes_are_gold_only_for_questions_for_a_place(question, labels):
    found = asked_boxes(question, BOXES)
    assert (None if found is None else [box.label for box in found]) == labels


def test_a_question_for_the_abnormality_of_a_film_without_findings_has_no_boxes():
    assert asked_boxes("Where does the abnormality lie?", BOXES[:1]) is None


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("split", "counts"),
    [
        ("test", "361 questions (114 closed, 247 open) on 30 images, as documented"),
        ("val", "338 questions (95 closed, 243 open) on 27 images, as documented"),
        ("all:test", "1061 questions (416 closed, 645 open) on 96 images, as documented"),
    ],
)
def test_the_real_splits_have_the_documented_size(real_data, split, counts):
    data = load(real_data, split)
    assert counts in data.notes[0]
    assert any("hold 0 of these" in note for note in data.notes)
