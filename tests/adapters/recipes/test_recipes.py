"""Recipes: what is asked, which films are sent, what of the output counts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.adapters.recipes import Recipe, find_recipe, load_recipe, recipe_names
from cxrbench.adapters.recipes.asking import chosen_images, user_text
from cxrbench.adapters.recipes.reading import read_json, read_output
from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.core.types import Image, Request

QUESTION = Request("q", "vqa", (), "Is the heart enlarged?", choices=("yes", "no"), question="Is the heart enlarged?")


def report(**context):
    return Request("r", "report", (), "Write a report.", context=context)


@pytest.mark.parametrize("name", recipe_names())
def test_every_bundled_recipe_loads_and_names_its_source(name):
    assert find_recipe("some-model", name).source


def test_a_model_without_a_family_gets_the_default():
    assert find_recipe("my-own-model").name == "default"


def test_an_unknown_recipe_is_an_error_that_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="unknown recipe 'defualt'") as error:
        find_recipe("m", "defualt")
    assert error.value.suggestions == ["default"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a", "must be a mapping"),
        ("a: [", "no YAML"),
        ("sistem: x", "unknown key 'sistem'"),
        ("max_side: 0", "max_side is 0"),
        ("views: frontal", "views must be a list"),
        ("report: '{finding}'", "names {finding}"),
        ("read_vqa: regex", "read_vqa is 'regex'"),
        ("read_vqa: 'after:(unclosed'", "read_vqa is"),
        ("read_vqa: 'after:no group'", "read_vqa is"),
        ("system: 3", "system must be text"),
        ("context: {indication: 3}", "context must map"),
        ("!!python/object/apply:os.system ['true']", "no YAML"),
    ],
)
def test_a_recipe_that_cannot_be_meant_is_refused_with_the_reason(tmp_path, content, message):
    path = tmp_path / "r.yaml"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        load_recipe(path)


@given(st.binary(max_size=300))
def test_any_file_is_a_recipe_or_a_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("r") / "r.yaml"
    path.write_bytes(content)
    try:
        assert isinstance(load_recipe(path), Recipe)
    except DataError:
        pass


def test_context_that_was_asked_for_is_appended_and_braces_in_it_are_text():
    recipe = Recipe("r", report="{prompt}", context={"indication": "Reason: {indication}"})
    assert user_text(recipe, report(indication="cough {x}", comparison="None.")) == (
        "Write a report.\nReason: cough {x}\nComparison: None."
    )


def test_context_that_the_template_holds_is_not_said_twice():
    recipe = Recipe("r", report="{prompt} ({indication})")
    assert user_text(recipe, report(indication="cough")) == "Write a report. (cough)"


def test_choices_are_offered_only_where_the_recipe_has_a_line_for_them():
    assert user_text(Recipe("r", choice_line="One of: {choices}."), QUESTION).endswith("One of: yes, no.")
    assert user_text(Recipe("r"), QUESTION) == "Is the heart enlarged?"


def test_films_are_sent_in_the_order_of_the_views_and_prior_ones_last():
    films = tuple(
        Image(Path(name), view, when)
        for name, view, when in (
            ("lat", "lateral", "current"), ("old", "PA", "prior"), ("pa", "PA", "current"), ("obl", "LAO", "current"),
        )
    )  # fmt: skip
    request = Request("r", "report", films, "p")
    assert [image.path.name for image in chosen_images(Recipe("r"), request)] == ["pa", "lat", "old"]
    assert [image.path.name for image in chosen_images(Recipe("r", max_images=1), request)] == ["pa"]


@pytest.mark.parametrize(
    ("reading", "output", "expected"),
    [
        ("whole", " a\nb ", "a\nb"),
        ("first_line", "\n yes \nbecause", "yes"),
        ("last_line", "I think\nno\n", "no"),
        ("after:[Aa]nswer: *([^.\n]+)", "Long thought. Answer: left lung. More.", "left lung"),
        ("after:ANSWER: (.*)", "nothing of the kind", ""),
        ("first_line", "", ""),
    ],
)
def test_an_answer_is_read_where_the_recipe_says_and_nowhere_else(reading, output, expected):
    assert read_output(Recipe("r", read_vqa=reading), QUESTION, output).answer == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"answer": "yes", "confidence": 0.5}', ("yes", 0.5)),
        ('Sure:\n```json\n{"answer": "no"}\n```', ("no", None)),
        ('```json\n{"answer": "no"}\n```', ("no", None)),
        ('{"answer": 3}', ("3", None)),
        ('{"answer": "yes", "confidence": "very"}', ("yes", None)),
        ("yes", (None, None)),
        ('{"answer": "ye', (None, None)),
        ("[1, 2]", (None, None)),
    ],
)
def test_json_is_read_from_the_first_object_or_the_answer_is_empty(output, expected):
    found = read_json(QUESTION, output)
    assert (found.answer, found.confidence) == expected
    assert found.status == ("ok" if found.answer else "empty")


@given(st.text(), st.sampled_from(["whole", "first_line", "last_line", "json", "after:(.+)$"]))
def test_any_output_gives_one_prediction(output, reading):
    found = read_output(Recipe("r", read_vqa=reading), QUESTION, output)
    assert found.id == "q"
