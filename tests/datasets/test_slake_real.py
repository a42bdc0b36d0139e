"""The real SLAKE (JSON alone): every published count of the English part, and the leak between the languages."""

from collections import Counter

import pytest

from cxrbench.datasets.slake import X_RAY, read_slake

pytestmark = pytest.mark.realdata


@pytest.fixture
def data(real_data):
    if not (real_data / "slake").is_dir():
        pytest.skip("SLAKE is not among the real data sets")
    return read_slake(real_data)


@pytest.mark.parametrize(
    ("split", "everything", "chest"),
    [
        ("train", (4919, 450), (1423, 122)),
        ("val", (1053, 96), (338, 27)),
        ("test", (1061, 96), (361, 30)),
    ],
)
def test_each_english_split_has_the_published_size(data, split, everything, chest):
    rows = [row for row in data.questions if row.split == split]
    films = [row for row in rows if row.modality == X_RAY]
    assert (len(rows), len({row.image_id for row in rows})) == everything
    assert (len(films), len({row.image_id for row in films})) == chest


def test_the_test_split_has_the_published_answer_and_content_types(data):
    rows = [row for row in data.questions if row.split == "test"]
    films = [row for row in rows if row.modality == X_RAY]
    assert Counter(row.closed for row in rows) == {False: 645, True: 416}
    assert Counter(row.closed for row in films) == {False: 247, True: 114}
    assert {row.location for row in films} == {"Lung"}
    assert Counter(row.content_type for row in rows) == {
        "Organ": 253,
        "Position": 186,
        "Abnormality": 150,
        "KG": 148,
        "Modality": 108,
        "Size": 65,
        "Plane": 58,
        "Quantity": 52,
        "Color": 34,
        "Shape": 7,
    }


def test_closed_does_not_mean_yes_or_no(data):
    closed = [row for row in data.questions if row.split == "test" and row.closed]
    other = [row for row in closed if row.answer.lower() not in ("yes", "no")]
    assert (len(other), sum(row.modality == X_RAY for row in other)) == (61, 18)


def test_72_of_the_96_english_test_images_are_in_the_chinese_training_rows(data):
    images = {row.image_id for row in data.questions if row.split == "test"}
    assert len(images & data.foreign_training_images) == 72
    assert data.other_languages == 14_028 - 7_033
    english = {row.image_id for row in data.questions if row.split == "train"}
    assert not images & english
