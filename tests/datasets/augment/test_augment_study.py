"""The whole recipe on studies in which every part names its side."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sided_studies import IMAGE, SIZE, answers, patients_side, sided_boxes, sided_texts, studies

from cxrbench.core.errors import UsageError
from cxrbench.datasets.augment.film.changes import NO_AUGMENTATION, SSG_VQA, AugmentSettings
from cxrbench.datasets.augment.laterality.words import sides_in, swap_sides
from cxrbench.datasets.augment.recipe import Recipe, TextRecipe, augment_study
from cxrbench.datasets.augment.text.thesaurus import embedded_thesaurus
from cxrbench.metrics.concepts import get_concept_matcher

SEEDS = st.integers(0, 10**6)
STILL = Recipe(film=NO_AUGMENTATION, noise=0, observation_dropout=0, graph_dropout=0, edge_softening=0, box_jitter=0)
FLIP_ONLY = replace(STILL, film=replace(NO_AUGMENTATION, hflip=True))
REWORDED = TextRecipe(templates=True, thesaurus=embedded_thesaurus(), matcher=get_concept_matcher(), rate=0.7)
ALL = Recipe(film=replace(SSG_VQA, hflip=True), text=REWORDED)


@settings(max_examples=40, deadline=None)
@given(studies(), SEEDS)
def test_without_changes_a_study_stays_as_it_is(sample, seed):
    result = augment_study(sample, STILL, np.random.default_rng(seed))
    np.testing.assert_array_equal(result.film, sample.film)
    assert sided_texts(result) == sided_texts(sample)
    assert sided_boxes(result) == sided_boxes(sample)


@settings(max_examples=60, deadline=None)
@given(studies(), SEEDS)
def test_a_flip_exchanges_left_and_right_everywhere_or_nowhere(sample, seed):
    result = augment_study(sample, FLIP_ONLY, np.random.default_rng(seed))
    assert result.kept_because is None
    changed = swap_sides if result.mirrored else str
    assert sided_texts(result) == [changed(text) for text in sided_texts(sample)]
    expected = sample.film[:, ::-1] if result.mirrored else sample.film
    np.testing.assert_array_equal(result.film, expected)
    assert [side for side, _ in sided_boxes(result)] == [changed(side) for side, _ in sided_boxes(sample)]


@settings(max_examples=60, deadline=None)
@given(studies(), SEEDS)
def test_two_flips_give_the_study_back(sample, seed):
    seed = next(one for one in range(seed, seed + 100) if augment_study(sample, FLIP_ONLY, rng(one)).mirrored)
    twice = augment_study(augment_study(sample, FLIP_ONLY, rng(seed)), FLIP_ONLY, rng(seed))
    np.testing.assert_array_equal(twice.film, sample.film)
    assert sided_texts(twice) == sided_texts(sample)
    assert sided_boxes(twice) == sided_boxes(sample)


@settings(max_examples=100, deadline=None)
@given(studies(), SEEDS)
def test_whatever_happens_a_box_lies_on_the_side_that_is_claimed_for_it(sample, seed):
    result = augment_study(sample, ALL, np.random.default_rng(seed))
    for side, box in sided_boxes(result):
        assert patients_side((box.x1 + box.x2) / 2, SIZE.width) == side


@settings(max_examples=100, deadline=None)
@given(studies(), SEEDS)
def test_whatever_happens_the_bright_side_of_the_film_is_the_one_the_report_names(sample, seed):
    result = augment_study(sample, replace(ALL, graph_dropout=0), np.random.default_rng(seed))
    (said,) = sides_in(result.graph.sentences["S01"])
    columns = result.film.mean(0)
    half = len(columns) // 2
    assert ("left" if columns[half:].sum() > columns[:half].sum() else "right") == said


@settings(max_examples=100, deadline=None)
@given(studies(), SEEDS)
def test_rotation_jitter_dropout_and_rewording_change_no_side_word_and_no_polarity(sample, seed):
    result = augment_study(sample, replace(ALL, film=AugmentSettings()), np.random.default_rng(seed))
    assert not result.mirrored
    for before, after in zip(sample.questions, result.questions, strict=True):
        assert sides_in(after.text) == sides_in(before.text)
        assert [item.text for item in answers(after)] == [item.text for item in answers(before)]
        assert [item.positive for item in answers(after)] == [item.positive for item in answers(before)]
        assert [item.laterality for item in answers(after)] == [item.laterality for item in answers(before)]
    for id, item in result.graph.observations.items():
        before = sample.graph.observations[id]
        assert (item.sentence, item.laterality, item.positive) == (
            before.sentence,
            before.laterality,
            before.positive,
        )


@settings(max_examples=30, deadline=None)
@given(studies(), SEEDS)
def test_a_study_that_cannot_be_mirrored_stays_and_says_why(sample, seed):
    graph = replace(sample.graph, sentences={"S01": "Opacity in the right middle lobe."})
    result = augment_study(replace(sample, graph=graph), FLIP_ONLY, np.random.default_rng(seed))
    assert not result.mirrored
    np.testing.assert_array_equal(result.film, sample.film)
    assert sided_boxes(result) == sided_boxes(sample)
    assert result.graph.sentences == graph.sentences
    drawn = augment_study(sample, FLIP_ONLY, np.random.default_rng(seed)).mirrored
    assert (result.kept_because is not None) == drawn
    if drawn:
        assert "middle lobe" in str(result.kept_because)


@settings(max_examples=30, deadline=None)
@given(studies(), SEEDS)
def test_the_same_generator_gives_the_same_study(sample, seed):
    one, two = (augment_study(sample, ALL, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(one.film, two.film)
    assert (one.graph, one.questions, one.mirrored) == (two.graph, two.questions, two.mirrored)


@given(studies())
@settings(max_examples=20, deadline=None)
def test_places_in_other_images_are_left_out(sample):
    result = augment_study(sample, STILL, np.random.default_rng(0))
    found = [image for item in result.graph.observations.values() for image in item.localisations]
    assert set(found) == {IMAGE}


def test_synonyms_need_a_matcher():
    with pytest.raises(UsageError, match="matcher"):
        TextRecipe(thesaurus=embedded_thesaurus())


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)
