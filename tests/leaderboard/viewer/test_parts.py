"""The parts of the viewer: differences of texts, packed maps, films."""

import base64
import json
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from cxrbench.core.types import Image, Prediction
from cxrbench.leaderboard.viewer.attention import BUDGET, SIDE, maps_per_example, packed_maps
from cxrbench.leaderboard.viewer.difference import difference
from cxrbench.leaderboard.viewer.films import show_film
from cxrbench.metrics.explain.maps import distribution

WORDS = st.lists(st.sampled_from(["the", "heart", "Heart.", "is", "large", "normal,", "\n\nImpression:", "no"]))


@given(WORDS, WORDS)
def test_the_pieces_of_a_text_are_the_text(first, second):
    reference, answer = " ".join(first), " ".join(second)
    found = difference(reference, answer)
    assert "".join(found[0]) == reference
    assert "".join(found[1]) == answer


@given(WORDS, WORDS)
def test_the_common_pieces_are_the_same_words_on_both_sides(first, second):
    sides = difference(" ".join(first), " ".join(second))
    common = [[word.casefold().strip(".,:") for part in side[::2] for word in part.split()] for side in sides]
    assert common[0] == common[1]


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared(reference, answer):
    found = difference(reference, answer)
    assert ("".join(found[0]), "".join(found[1])) == (reference, answer)


def test_equal_texts_have_one_common_piece_whatever_their_case_and_punctuation():
    found = difference("The heart is normal, and large.", "the heart is Normal and large")
    assert found == (["The heart is normal, and large."], ["the heart is Normal and large"])


def test_a_changed_word_is_the_only_difference():
    reference, answer = difference("Small left pleural effusion.", "Small right pleural effusion.")
    assert reference == ["Small ", "left", " pleural effusion."]
    assert answer == ["Small ", "right", " pleural effusion."]


def test_one_common_word_between_two_differences_is_none_but_a_heading_is():
    reference, _ = difference("Lungs clear is nothing else. Impression: fine.", "Heart big is much. Impression: bad.")
    assert reference == ["", "Lungs clear is nothing else.", " Impression: ", "fine."]


def test_texts_of_thousands_of_words_are_not_compared():
    assert difference("a " * 2000, "b " * 2000) is None
    assert difference("a " * 900, "a " * 900) == (["a " * 900], ["a " * 900])


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 99))
def test_a_packed_map_holds_every_cell_relative_to_its_maximum(rows, columns, seed):
    values = np.random.default_rng(seed).random((rows, columns))
    (packed,) = packed_maps(Prediction("a", attention={"heart": values.tolist()}), (), 9)
    cells = np.frombuffer(base64.b64decode(packed.cells), np.uint8).reshape(packed.rows, packed.columns)
    assert cells / 255 == pytest.approx(values / values.max(), abs=1 / 255)


def test_a_large_map_is_brought_to_fewer_cells_by_area():
    values = np.random.default_rng(0).random((60, 40))
    (packed,) = packed_maps(Prediction("a", attention={"heart": values.tolist()}), (), 9)
    expected = distribution(values, SIDE)
    cells = np.frombuffer(base64.b64decode(packed.cells), np.uint8).reshape(packed.rows, packed.columns)
    assert cells / 255 == pytest.approx(expected / expected.max(), abs=1 / 255)


def test_maps_of_one_value_are_empty_and_malformed_ones_are_none():
    (flat,) = packed_maps(Prediction("a", attention={"x": [[0.0, 0.0]]}), (), 9)
    assert base64.b64decode(flat.cells) == b"\x00\x00"
    for rows in ([], [[]], [[1.0], [1.0, 2.0]], [["a"]], [[float("nan")]]):
        assert packed_maps(Prediction("a", attention={"x": rows}), (), 9) is None


def test_wanted_maps_come_first_and_no_more_than_there_is_room_for():
    attention = {name: [[1.0]] for name in "abcd"}
    packed = packed_maps(Prediction("a", attention=attention), ("c", "absent"), 2)
    assert [item.name for item in packed] == ["c", "a"]
    grid = {"a": [[0.0] * 24] * 24}
    assert maps_per_example(grid, 10) > 20
    kept = maps_per_example(grid, 3858)
    assert 1 <= kept * 3858 * 768 <= BUDGET
    assert maps_per_example(grid, 10**9) == 1
    assert maps_per_example({}, 5) == 1


def film(path: Path, mode: str = "L", size=(50, 40)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.new(mode, size, 100).save(path)
    return path


@pytest.mark.parametrize("name", ["a.png", "with blank #1?.png", "déjà & <vu>.jpg", "100%.png"])
def test_a_linked_film_is_found_from_where_the_page_lies(tmp_path, name):
    path = film(tmp_path / "data" / name)
    page = tmp_path / "runs" / "one"
    page.mkdir(parents=True)
    shown = show_film(Image(path, "PA"), page, "link", 64)
    assert (page / unquote(shown.source)).resolve() == path
    assert not set(shown.source) & set(" #?<>\"'")
    assert (shown.width, shown.height, shown.view) == (50, 40, "PA")


def test_a_missing_film_and_one_that_is_no_picture_say_so(tmp_path):
    assert "missing: gone.png" in show_film(Image(tmp_path / "gone.png"), tmp_path, "link", 64).reason
    (tmp_path / "text.png").write_text("no picture")
    for films in ("link", "embed"):
        shown = show_film(Image(tmp_path / "text.png"), tmp_path, films, 64)
        assert "cannot be read" in shown.reason
        assert shown.source == ""


def test_films_that_browsers_do_not_show_ask_to_be_embedded(tmp_path):
    deep = tmp_path / "deep.png"
    Pillow.fromarray(np.full((8, 8), 3000, np.uint16)).save(deep)
    (tmp_path / "film.dcm").write_bytes(b"\x00" * 128 + b"DICM")
    for path in (deep, tmp_path / "film.dcm"):
        shown = show_film(Image(path), tmp_path, "link", 64)
        assert shown.source == ""
        assert "embed" in shown.reason
    assert show_film(Image(deep), tmp_path, "embed", 64).source.startswith("data:image/jpeg;base64,")


def test_an_embedded_film_is_small_and_keeps_the_size_of_the_original(tmp_path):
    shown = show_film(Image(film(tmp_path / "big.png", size=(400, 300))), tmp_path, "embed", 64)
    assert (shown.width, shown.height) == (400, 300)
    data = base64.b64decode(shown.source.partition(",")[2])
    (tmp_path / "copy.jpg").write_bytes(data)
    assert Pillow.open(tmp_path / "copy.jpg").size == (64, 48)
    assert json.dumps(shown.source)
