from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling_columns import group_shares, shares, skewed_columns

from cxrbench.core.errors import DataError, UsageError
from cxrbench.datasets.sampling.batch import SamplerState
from cxrbench.datasets.sampling.columns import TYPES
from cxrbench.datasets.sampling.curriculum import Curriculum
from cxrbench.datasets.sampling.hierarchical import HierarchicalSampler
from cxrbench.datasets.sampling.inclusion import inclusion, systematic
from cxrbench.datasets.sampling.targets import TYPE_SHARES

COLUMNS = skewed_columns(600)
LATE = 9


def sampler(columns=COLUMNS, studies=8, questions=8, **options) -> HierarchicalSampler:
    return HierarchicalSampler(columns, studies, questions, **options)


def epoch_rows(made: HierarchicalSampler, epoch: int = LATE) -> np.ndarray:
    return made.ask(made.order(epoch), epoch).rows


@st.composite
def segments(draw):
    """Weights of some studies, and how many questions are wanted of each."""
    lengths = draw(st.lists(st.integers(1, 12), min_size=1, max_size=8))
    weights = draw(st.lists(st.floats(1e-3, 1e3), min_size=sum(lengths), max_size=sum(lengths)))
    wanted = [draw(st.integers(1, length)) for length in lengths]
    starts = np.cumsum(lengths) - lengths
    return np.array(weights), np.array(starts), np.array(wanted), draw(st.integers(0, 10**6))


@given(segments())
def test_inclusion_probabilities_are_in_proportion_to_weight_up_to_one_and_add_up(case):
    weights, starts, wanted, _ = case
    probability = inclusion(weights, np.ones(len(weights), np.int64), starts, wanted)
    assert (probability <= 1).all()
    assert np.add.reduceat(probability, starts) == pytest.approx(wanted, rel=1e-9)
    for start, stop in zip(starts, [*starts[1:], len(weights)]):
        ratio = probability[start:stop] / weights[start:stop]
        free = probability[start:stop] < 1
        if free.any():
            assert ratio[free] == pytest.approx(ratio[free][0], rel=1e-9)
            assert (ratio[~free] <= ratio[free][0] * (1 + 1e-9)).all()


@given(segments())
def test_a_weight_for_several_questions_is_as_good_as_one_for_each(case):
    weights, starts, _, seed = case
    counts = np.random.default_rng(seed).integers(1, 5, len(weights))
    wanted = np.maximum(1, np.add.reduceat(counts, starts) // 2)
    together = inclusion(weights, counts, starts, wanted)
    lengths = np.add.reduceat(counts, starts)
    apart = inclusion(
        np.repeat(weights, counts), np.ones(counts.sum(), np.int64), np.cumsum(lengths) - lengths, wanted
    )
    assert np.repeat(together, counts) == pytest.approx(apart, rel=1e-9)


@given(segments())
def test_exactly_the_wanted_number_is_taken_of_each_segment_and_stretches_get_their_expected_number(case):
    weights, starts, wanted, seed = case
    probability = inclusion(weights, np.ones(len(weights), np.int64), starts, wanted)
    origin = np.random.default_rng(seed).uniform(1e-9, 1 - 1e-9, len(starts))
    taken = systematic(probability, starts, wanted, origin)
    assert np.add.reduceat(taken, starts, dtype=int).tolist() == wanted.tolist()
    for start, stop in zip(starts, [*starts[1:], len(weights)]):
        for first in range(start, stop):
            for last in range(first + 1, stop + 1):
                expected = probability[first:last].sum()
                assert np.floor(expected - 1e-6) <= taken[first:last].sum() <= np.ceil(expected + 1e-6)


def test_each_question_is_taken_with_its_inclusion_probability():
    weights = np.array([1.0, 2.0, 3.0, 10.0, 4.0])
    starts, wanted = np.array([0]), np.array([2])
    probability = inclusion(weights, np.ones(5, np.int64), starts, wanted)
    random = np.random.default_rng(0)
    taken = np.mean([systematic(probability, starts, wanted, random.random(1)) for _ in range(20_000)], axis=0)
    # Five standard deviations of a share of 20,000 draws are at most .018.
    assert taken == pytest.approx(probability, abs=0.018)


def test_an_epoch_visits_every_study_once_and_asks_different_questions():
    made = sampler()
    rows = epoch_rows(made)
    assert len(rows) == len(set(rows)) == 600 * 8
    assert np.bincount(COLUMNS.study[rows]).tolist() == [8] * 600
    assert sorted(made.order(LATE)) == list(range(600))
    assert not np.array_equal(made.order(LATE), made.order(LATE + 1))


@pytest.mark.parametrize("epoch", [1, LATE])
def test_an_epoch_is_balanced_by_polarity_region_group_and_type(epoch):
    made = sampler()
    rows = epoch_rows(made, epoch)
    report = made.weights(epoch)
    assert max(report.worst(item.name) for item in report.margins) < 2e-4
    # What is expected is exact; what is drawn varies less than independent draws, whose deviations are below .008.
    assert shares(COLUMNS.polarity[rows], 2)[1] == pytest.approx(0.5, abs=0.03)
    assert group_shares(COLUMNS, rows) == pytest.approx([0.2] * 5, abs=0.03)
    if epoch == LATE:
        wanted = np.array([TYPE_SHARES[name] for name in TYPES])
        assert shares(COLUMNS.type[rows], len(TYPES)) == pytest.approx(wanted, abs=0.02)


def test_over_many_epochs_the_shares_are_the_expected_ones():
    made = sampler(skewed_columns(150))
    rows = np.concatenate([epoch_rows(made, epoch) for epoch in range(3, 43)])
    columns = made.columns
    assert shares(columns.polarity[rows], 2)[1] == pytest.approx(0.5, abs=0.006)
    assert group_shares(columns, rows) == pytest.approx([0.2] * 5, abs=0.006)


def test_questions_of_a_study_are_balanced_by_type():
    """No type gets more questions of a study than it is expected to, rounded up."""
    made = sampler(questions=12)
    weights = made.weights(LATE).weights
    for place in range(0, 600, 30):
        drawn = made.ask(np.array([place]), LATE).rows
        rows, starts = made._rows_of(np.array([place]))
        probability = inclusion(weights[made._cells.of_row[rows]], np.ones(len(rows), int), starts, np.array([12]))
        for code in np.unique(COLUMNS.type[rows]):
            expected = probability[COLUMNS.type[rows] == code].sum()
            assert (COLUMNS.type[drawn] == code).sum() in (
                np.floor(expected - 1e-6),
                np.floor(expected),
                np.ceil(expected),
            )


def test_the_questions_of_a_study_do_not_depend_on_the_batch_it_is_in():
    made = sampler()
    places = made.order(4)[:50]
    together = made.ask(places, 4)
    bounds = np.concatenate([[0], np.cumsum(together.counts)])
    for number, place in enumerate(places):
        alone = made.ask(np.array([place]), 4)
        np.testing.assert_array_equal(alone.rows, together.rows[bounds[number] : bounds[number + 1]])


def test_another_epoch_or_seed_asks_other_questions():
    places = np.arange(100)
    first = sampler().ask(places, 8).rows
    assert np.mean(first != sampler().ask(places, 9).rows) > 0.5
    assert np.mean(first != sampler(seed=1).ask(places, 8).rows) > 0.5
    np.testing.assert_array_equal(first, sampler().ask(places, 8).rows)


def test_a_study_with_few_questions_gives_all_it_has():
    columns = skewed_columns(40, per_study=8)
    made = sampler(columns, questions=10)
    drawn = made.ask(np.arange(len(made)), LATE)
    sizes = np.bincount(columns.study)
    assert drawn.counts.tolist() == np.minimum(sizes, 10).tolist()
    assert np.bincount(columns.study[drawn.rows]).tolist() == drawn.counts.tolist()


def test_batches_are_n_studies_with_m_questions_in_the_order_of_the_epoch():
    made = sampler(studies=16, questions=4)
    batches = list(made.batches(epochs=1))
    assert [len(batch) for batch in batches] == [64] * 37 + [32]
    assert [len(set(batch.studies)) for batch in batches] == [16] * 37 + [8]
    visited = [study for batch in batches for study in dict.fromkeys(batch.studies.tolist())]
    assert visited == made.study_numbers[made.order(0)].tolist()
    assert batches[0].after == SamplerState(0, 16)
    assert batches[-1].after == SamplerState(1, 0)


def test_a_resumed_sampler_goes_on_as_if_nothing_had_happened():
    options = {"columns": skewed_columns(70), "curriculum": Curriculum(ramp=2)}
    through = [batch.pairs.tolist() for batch in sampler(**options).batches(epochs=3)]
    for stop in (1, 8, 9, 10, 20):
        before = list(islice(sampler(**options).batches(epochs=3), stop))
        after = sampler(**options).batches(epochs=3, state=before[-1].after)
        assert [batch.pairs.tolist() for batch in before] + [batch.pairs.tolist() for batch in after] == through


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_share_the_studies_of_each_step_without_overlap(processes):
    alone = list(sampler().batches(epochs=1))
    shared = [list(sampler().batches(epochs=1, process=p, processes=processes)) for p in range(processes)]
    for step, together in enumerate(zip(*shared, strict=True)):
        studies = [set(batch.studies.tolist()) for batch in together]
        assert sum(map(len, studies)) == len(set.union(*studies))
        assert set(np.concatenate([batch.rows for batch in together])) == set(alone[step].rows)
        assert {batch.after for batch in together} == {alone[step].after}


def test_studies_that_do_not_divide_among_processes_wait_for_another_epoch():
    columns = skewed_columns(30)
    shared = [list(sampler(columns, 4).batches(epochs=1, process=p, processes=4)) for p in range(4)]
    assert {sum(len(set(batch.studies)) for batch in batches) for batches in shared} == {7}


def test_studies_without_a_drawable_question_are_not_visited():
    columns = skewed_columns(30)
    types = columns.type.copy()
    types[columns.study == 7] = -1
    columns = type(columns)(**{name: getattr(columns, name) for name in columns.__slots__} | {"type": types})
    made = sampler(columns)
    assert len(made) == 29
    assert 7 not in made.study_numbers
    assert made.excluded == (columns.study == 7).sum()


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 12), st.integers(1, 20), st.integers(0, 10**6))
def test_whatever_the_shape_no_question_is_repeated_and_none_is_from_elsewhere(studies, questions, seed):
    columns = skewed_columns(40, seed=seed, per_study=16)
    rows = np.concatenate([batch.rows for batch in sampler(columns, studies, questions, seed=seed).batches(epochs=1)])
    assert len(rows) == len(set(rows))
    assert set(rows) <= set(range(len(columns)))


def test_calibration_on_some_of_the_studies_serves_all(monkeypatch):
    monkeypatch.setattr("cxrbench.datasets.sampling.hierarchical.CALIBRATED_ON", 200)
    made = sampler()
    rows = np.concatenate([epoch_rows(made, epoch) for epoch in (5, 6, 7, 8)])
    assert shares(COLUMNS.polarity[rows], 2)[1] == pytest.approx(0.5, abs=0.02)
    assert group_shares(COLUMNS, rows) == pytest.approx([0.2] * 5, abs=0.03)


def test_nothing_to_draw_and_impossible_shapes_are_errors():
    with pytest.raises(DataError, match="none of 0 questions"):
        sampler(COLUMNS.take(np.zeros(0, np.int64)))
    with pytest.raises(UsageError, match="0 studies"):
        sampler(studies=0)
    with pytest.raises(UsageError, match="batches of 8 for 3 processes"):
        next(sampler().batches(processes=3))
