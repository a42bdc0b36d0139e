"""Controls: the same questions with wrong or empty films."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from iu_folder import small_collection

import cxrbench
from cxrbench.core.comparing import compare
from cxrbench.core.controls import controlled
from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.core.types import Example, Image, ModelInfo, Prediction, Reference, Request
from cxrbench.datasets.images import load_image


def examples(groups):
    return [
        Example(Request(f"e{n}", "vqa", (Image(Path(f"{group}-{n}.png")),), f"Q{n}?"), Reference(f"e{n}"), group)
        for n, group in enumerate(groups)
    ]


@given(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=40), st.integers(0, 5))
def test_nobody_keeps_a_film_of_their_own_and_every_film_goes_to_one_place(groups, seed):
    given_examples = examples(groups)
    try:
        requests = controlled(given_examples, "shuffled", Path(), seed)
    except DataError:
        assert 2 * max(groups.count(group) for group in groups) > len(groups)
        return
    shown = [request.images[0].path.name for request in requests]
    assert sorted(shown) == sorted(item.request.images[0].path.name for item in given_examples)
    assert not any(name.startswith(item.group + "-") for name, item in zip(shown, given_examples))


def test_all_but_the_films_stays():
    given_examples = examples("aabbcc")
    for request, example in zip(controlled(given_examples, "shuffled", Path(), 0), given_examples):
        assert replace(request, images=()) == replace(example.request, images=())


def test_the_same_seed_deals_the_same_films_and_another_does_not():
    given_examples = examples([str(n) for n in range(20)])
    first, again, other = (controlled(given_examples, "shuffled", Path(), seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_a_blank_film_has_one_grey_and_as_many_stand_there_as_before(tmp_path):
    (example,) = examples("a")
    two = replace(example, request=replace(example.request, images=example.request.images * 2))
    (request,) = controlled([two], "blank", tmp_path, 0)
    assert len(request.images) == 2
    assert np.unique(load_image(request.images[0].path)).tolist() == [128]


def test_an_unknown_control_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(UnknownNameError, match="control 'shufled'"):
        cxrbench.run(cxrbench.RunConfig("baseline:empty", "iu-report", small_collection(tmp_path), control="shufled"))


class Looks:
    """Says the sum of all grey values: it relies on the image, and on nothing else."""

    def describe(self):
        return ModelInfo("looks", "1", "1")

    def predict(self, requests):
        return [Prediction(item.id, text=f"brightness {item.images[0].pixels.sum(dtype=int)}") for item in requests]


@pytest.mark.parametrize("control", ["shuffled", "blank"])
def test_a_control_is_a_run_of_its_own_that_says_so_and_compares_with_the_run(tmp_path, control):
    config = cxrbench.RunConfig(
        "looks",
        "iu-report",
        small_collection(tmp_path / "iu"),
        metrics=("rouge",),
        resamples=100,
        out=tmp_path / "runs",
    )
    plain = cxrbench.run(config, adapter=Looks())
    other = cxrbench.run(replace(config, control=control), adapter=Looks())
    assert plain.folder.path != other.folder.path
    assert other.folder.read_run()["identity"]["control"] == control
    assert other.results["cxrbench"].record["provenance"]["control"] == control
    said = {plain.predictions[key].text != other.predictions[key].text for key in plain.predictions}
    assert said == {True}
    notes = compare([other.folder.path, plain.folder.path], scores=["rouge_l"], resamples=100).record["notes"]
    assert any("the difference is its reliance on the image" in note for note in notes)
