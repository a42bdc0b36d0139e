"""The real VQA-RAD: every published count, and the quirks of its files."""

from collections import Counter

import pytest

from cxrbench.datasets.images import load_image
from cxrbench.datasets.vqa_rad import CHEST, HEADS, read_vqa_rad

pytestmark = pytest.mark.realdata


@pytest.fixture
def data(real_data):
    if not (real_data / "vqa-rad").is_dir():
        pytest.skip("VQA-RAD is not among the real data sets")
    return read_vqa_rad(real_data)


def test_it_has_the_published_rows_images_splits_and_organs(data):
    rows = data.questions
    assert (len(rows), len({row.image_name for row in rows})) == (2248, 314)
    assert Counter(row.organ for row in rows) == {"CHEST": 794, "ABD": 739, "HEAD": 715}
    assert Counter(row.closed for row in rows) == {True: 1299, False: 949}
    assert Counter((row.phrase, row.test) for row in rows) == {
        ("freeform", False): 1206,
        ("para", False): 591,
        ("freeform", True): 308,
        ("para", True): 143,
    }
    assert Counter(row.evaluation for row in rows) == {"evaluated": 1448, "not evaluated": 557, "given": 243}


@pytest.mark.parametrize(
    ("chest", "test", "counts"),
    [
        (False, True, (451, 203, 272, 179)),
        (False, False, (1797, 313, 1027, 770)),
        (True, True, (174, 73, 116, 58)),
    ],
)
def test_each_split_has_the_published_size(data, chest, test, counts):
    rows = [row for row in data.questions if row.test is test and (row.organ == CHEST or not chest)]
    closed = Counter(row.closed for row in rows)
    assert (len(rows), len({row.image_name for row in rows}), closed[True], closed[False]) == counts


def test_the_quirks_are_those_that_are_documented(data):
    assert data.variant == "public"
    assert not data.missing_images
    assert data.unused_images == ("synpic35356.jpg",)
    assert not data.unknown_phrase_types
    assert data.questions[0].id == "0"
    assert {head for row in data.questions for head in row.types} == set(HEADS)
    triples = Counter((row.image_name, row.question, row.answer) for row in data.questions)
    assert sum(count > 1 for count in triples.values()) == 4


def test_closed_does_not_mean_yes_or_no(data):
    closed = [row for row in data.questions if row.test and row.closed]
    other = [row for row in closed if row.answer.lower() not in ("yes", "no")]
    assert (len(other), sum(row.organ == CHEST for row in other)) == (21, 7)


def test_all_chest_images_can_be_decoded(data):
    for path in {row.image for row in data.questions if row.organ == CHEST}:
        assert load_image(path, max_side=64).ndim == 2
