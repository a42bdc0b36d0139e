import json

import pytest
from vqa_folder import rad_row, write_rad

from cxrbench.core.errors import DataError, UsageError
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.vqa_rad import VqaRadTask


def rows():
    return [
        rad_row(1, "synpic1.jpg", "Is there an effusion?", "Yes"),
        rad_row(2, "synpic1.jpg", "Where is the mass?", "left lung", answer_type="OPEN", question_type="POS, ABN"),
        rad_row(3, "synpic2.jpg", "Is the liver enlarged?", "No", image_organ="ABD"),
        rad_row(4, "synpic1.jpg", "Is there an effusion", "No", phrase_type="freeform"),
        rad_row(5, "synpic3.jpg", "Is it a CT?", "Yes", phrase_type="para", image_organ="HEAD"),
    ]


def load(root, split="test", listed=None, **options):
    return VqaRadTask().load(TaskOptions(write_rad(root, listed or rows()), split, **options))


def test_the_headline_split_are_the_chest_films_of_the_official_test_split(tmp_path):
    data = load(tmp_path)
    assert data.split == "chest:test"
    assert [item.id for item in data.examples] == ["1", "2"]
    assert [item.id for item in data.training()] == ["4"]
    assert (data.dataset, data.phantom) == ("vqa-rad", False)


def test_all_organs_can_be_asked_for_as_context_and_say_so(tmp_path):
    data = load(tmp_path, "all:test")
    assert [item.id for item in data.examples] == ["1", "2", "3"]
    assert [item.id for item in data.training()] == ["4", "5"]
    assert any("headline split is chest:test" in note for note in data.notes)


def test_chest_may_be_said(tmp_path):
    assert load(tmp_path, "chest:train").split == load(tmp_path, "train").split == "chest:train"


@pytest.mark.parametrize("split", ["val", "all:val", "abd:test", "tset", "", "all:"])
def test_an_unknown_split_is_refused_with_the_valid_ones(tmp_path, split):
    with pytest.raises(UsageError, match="unknown split") as caught:
        load(tmp_path, split)
    assert "train, test, all:train, all:test" in str(caught.value)


def test_an_example_holds_image_question_and_prompt_and_the_gold_apart(tmp_path):
    example = load(tmp_path).examples[1]
    request, gold = example.request, example.reference
    assert (request.kind, request.question, request.question_type) == ("vqa", "Where is the mass?", "where")
    assert "Where is the mass?" in request.prompt
    assert [image.path.name for image in request.images] == ["synpic1.jpg"]
    assert request.choices is None
    assert request.scene_graph is None
    assert (gold.answer, gold.text, gold.closed, gold.question_type) == ("left lung", "left lung", False, "POS, ABN")
    assert example.group == "synpic1.jpg"


def test_strata_say_what_is_asked_and_what_the_training_rows_hold(tmp_path):
    first, second = load(tmp_path).examples
    assert first.strata["answer_type"] == ("closed",)
    assert first.strata["family"] == ("yes_no",)
    assert first.strata["phrase"] == ("freeform",)
    assert first.strata["organ"] == ("CHEST",)
    assert (first.strata["image_in_training"], first.strata["question_in_training"]) == (("yes",), ("yes",))
    assert second.strata["question_type"] == ("POS", "ABN")
    assert second.strata["question_in_training"] == ("no",)


def test_the_notes_count_leaks_and_say_that_this_is_not_the_documented_copy(tmp_path):
    counted, leak = load(tmp_path).notes
    assert counted.startswith("chest:test: 2 questions (1 closed, 1 open) on 1 images; DOCUMENTED ARE 174 questions")
    assert "hold 1 of these 1 images, 1 of these 2 questions with their image and the wording of 1" in leak
    assert "zero-shot" in leak


def test_questions_without_an_answer_are_excluded_by_name_before_any_model_runs(tmp_path):
    listed = [*rows(), rad_row(6, answer=""), rad_row(7, answer="?!"), rad_row(8, answer=None)]
    data = load(tmp_path, listed=listed)
    assert [item.id for item in data.examples] == ["1", "2"]
    assert data.excluded == {"no gold answer": ["6", "7", "8"]}


def test_a_split_without_a_question_says_so(tmp_path):
    with pytest.raises(DataError, match="chest:test has no question with an answer"):
        load(tmp_path, listed=[rad_row(1, phrase_type="freeform")])


def test_missing_images_are_listed_and_keep_their_place_in_n(tmp_path):
    root = write_rad(tmp_path, rows(), images=False)
    data = VqaRadTask().load(TaskOptions(root))
    assert len(data.examples) == 2
    assert any("1 of 1 images are missing on disk: synpic1.jpg" in note for note in data.notes)


@pytest.mark.parametrize("inputs", [("frontal", "lateral"), ("scene_graph",), ()])
def test_impossible_inputs_are_refused(tmp_path, inputs):
    with pytest.raises(UsageError, match="are not possible here"):
        load(tmp_path, inputs=inputs)


def detections(root, image):
    record = {
        "image_id": image,
        "width": 48,
        "height": 40,
        "detector": {"name": "mine"},
        "boxes": [{"class": "heart", "xyxy_norm": [0, 0, 1, 1], "score": 0.5}],
    }
    (root / "detections.json").write_text(json.dumps([record]))


@pytest.mark.parametrize("image", ["synpic1", "synpic1.jpg"])
def test_scene_graphs_come_from_the_detections_file_when_asked_for(tmp_path, image):
    plain = load(tmp_path)
    detections(tmp_path, image)
    data = load(tmp_path, inputs=("frontal", "scene_graph"))
    assert data.examples[0].request.scene_graph["boxes"][0]["class"] == "heart"
    assert data.examples[0].request.scene_graph["source"] == "detections.json"
    assert data.fingerprint != plain.fingerprint
    assert any("scene graphs of 1 of 1 images from detections.json (mine)" in note for note in data.notes)


def test_other_detections_are_other_data(tmp_path):
    found = set()
    for image in ("synpic1", "synpic2"):
        detections(tmp_path, image)
        found.add(load(tmp_path, inputs=("frontal", "scene_graph")).fingerprint)
    assert len(found) == 2


def test_scene_graphs_without_a_detections_file_are_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="needs detections.json"):
        load(tmp_path, inputs=("frontal", "scene_graph"))


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("split", "counts", "leak"),
    [
        ("test", "174 questions (116 closed, 58 open) on 73 images, as documented", "hold 73 of these 73 images"),
        ("all:test", "451 questions (272 closed, 179 open) on 203 images, as documented", "hold 202 of these 203"),
    ],
)
def test_the_real_splits_have_the_documented_size_and_leak(real_data, split, counts, leak):
    data = VqaRadTask().load(TaskOptions(real_data, split))
    assert counts in data.notes[0]
    assert any(leak in note for note in data.notes)
    assert not data.excluded
