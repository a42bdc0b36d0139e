"""Ranks from shared replicates: known orders, ties, the interval formula, and how often a false verdict falls."""

import numpy as np
import pytest

from cxrbench.leaderboard.board.ranking import ranks, verdicts


def replicates_of(values, resamples=2000, seed=0):
    """Means of each row of values on the same resamples, and the means themselves."""
    draws = np.random.default_rng(seed).integers(0, values.shape[1], (resamples, values.shape[1]))
    return values.mean(axis=1), values[:, draws].mean(axis=2)


def sample(means, n=100, noise=0.1, shared=0.3, seed=0):
    generator = np.random.default_rng(seed)
    common = generator.normal(0, shared, n)
    return np.array([mean + common + generator.normal(0, noise, n) for mean in means])


def test_clearly_different_models_stand_in_their_order():
    told = verdicts(*replicates_of(sample([0.9, 0.5, 0.1])), higher=True)
    assert told.better.tolist() == [[False, True, True], [False, False, True], [False, False, False]]
    found = ranks(told.better, [0, 1, 2])
    assert [(found[model].rank, found[model].high) for model in range(3)] == [(1, 1), (2, 2), (3, 3)]


def test_where_lower_is_better_the_order_turns_round():
    told = verdicts(*replicates_of(sample([0.9, 0.5, 0.1])), higher=False)
    found = ranks(told.better, [0, 1, 2])
    assert [found[model].rank for model in range(3)] == [3, 2, 1]


def test_models_that_are_not_told_apart_share_a_rank_and_an_interval():
    told = verdicts(*replicates_of(sample([0.9, 0.5, 0.5, 0.1])), higher=True)
    found = ranks(told.better, range(4))
    assert [(found[model].rank, found[model].high) for model in range(4)] == [(1, 1), (2, 3), (2, 3), (4, 4)]
    assert found[1].tied == (2,)
    assert found[0].tied == ()


def test_pairing_tells_apart_what_overlapping_intervals_do_not():
    values = sample([0.50, 0.53], noise=0.02, shared=0.5)
    points, replicates = replicates_of(values)
    low, high = np.quantile(replicates, [0.025, 0.975], axis=1)
    assert low[1] < high[0]
    assert verdicts(points, replicates, higher=True).better[1, 0]


def test_identical_models_are_tied_and_certain_differences_are_not():
    values = sample([0.5])
    three = np.vstack([values, values, values + 0.2])
    told = verdicts(*replicates_of(three), higher=True)
    assert not told.better[0, 1]
    assert not told.better[1, 0]
    assert told.better[2, 0]
    assert told.critical is None


def test_a_single_model_is_first_of_one():
    told = verdicts(*replicates_of(sample([0.5])), higher=True)
    assert ranks(told.better, [0])[0].rank == ranks(told.better, [0])[0].high == 1


def test_ranks_count_only_the_chosen_models():
    told = verdicts(*replicates_of(sample([0.9, 0.7, 0.1])), higher=True)
    found = ranks(told.better, [1, 2])
    assert (found[1].rank, found[1].of, found[2].rank) == (1, 2, 2)


def brute_force(points, replicates, level=0.05):
    """Romano and Wolf's step-down with every pair written out."""
    models = len(points)
    pairs = [(i, j) for i in range(models) for j in range(i + 1, models)]
    centred = replicates - points[:, None]
    errors = {(i, j): (centred[i] - centred[j]).std(ddof=1) for i, j in pairs}
    ratio = {(i, j): abs(points[i] - points[j]) / errors[i, j] for i, j in pairs}
    left, found = set(pairs), set()
    while left:
        largest = sorted(
            max(abs(centred[i, b] - centred[j, b]) / errors[i, j] for i, j in left)
            for b in range(replicates.shape[1])
        )
        critical = largest[int(np.ceil((len(largest) - 1) * (1 - level)))]
        fresh = {pair for pair in left if ratio[pair] > critical}
        if not fresh:
            break
        found |= fresh
        left -= fresh
    return {(i, j) if points[i] > points[j] else (j, i) for i, j in found}


@pytest.mark.parametrize("seed", range(5))
def test_verdicts_equal_a_brute_force_step_down(seed):
    points, replicates = replicates_of(sample([0.5, 0.52, 0.55, 0.6, 0.6], n=60, seed=seed), resamples=200, seed=seed)
    told = verdicts(points, replicates, higher=True)
    assert {(int(i), int(j)) for i, j in np.argwhere(told.better)} == brute_force(points, replicates)


def test_among_equal_models_a_false_verdict_falls_in_about_one_sample_of_twenty():
    trials = 400
    false = sum(
        verdicts(
            *replicates_of(sample([0.5] * 5, n=80, seed=seed), resamples=300, seed=seed), higher=True
        ).better.any()
        for seed in range(trials)
    )
    # Binomial(400, .05) lies within [9, 33] with 99.8 %; few resamples and the bootstrap's own error add a little.
    assert 6 <= false <= 36


def test_the_true_rank_lies_within_the_interval_in_most_samples():
    means, trials = [0.50, 0.50, 0.52, 0.55], 200
    true_low, true_high = [3, 3, 2, 1], [4, 4, 2, 1]
    covered = 0
    for seed in range(trials):
        told = verdicts(*replicates_of(sample(means, n=80, seed=seed), resamples=300, seed=seed), higher=True)
        found = ranks(told.better, range(4))
        covered += all(found[m].rank <= true_low[m] and found[m].high >= true_high[m] for m in range(4))
    assert covered / trials >= 0.92
