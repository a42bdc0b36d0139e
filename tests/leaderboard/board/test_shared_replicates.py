"""Replicates and tests of many models at once equal what the package computes for one model or one pair."""

import numpy as np
import pytest
from board_runs import Mean, Middle, Ratio

from cxrbench.leaderboard.board.differences import randomisation_tests
from cxrbench.leaderboard.board.replicates import shared_replicates
from cxrbench.metrics.base import Statistics
from cxrbench.statistics.bootstrap import Measured, bootstrap
from cxrbench.statistics.comparison import compare
from cxrbench.statistics.weights import Groups

METRICS = {"mean": Mean(), "ratio": Ratio(), "middle": Middle()}


def statistics(metric, count, n, seed=0):
    values = np.random.default_rng(seed).uniform(0, 1, (count, n))
    if metric.name == "mean":
        return [Statistics(("n", "value"), np.column_stack([np.ones(n), row])) for row in values]
    if metric.name == "ratio":
        return [Statistics(("above", "weighted"), np.column_stack([row > 0.5, row * (row > 0.5)])) for row in values]
    return [Statistics(("value",), row[:, None]) for row in values]


def groups(n, of=2):
    return tuple(f"g{place // of:03d}" for place in range(n))


@pytest.mark.parametrize("name", METRICS)
def test_replicates_are_those_of_the_bootstrap_of_each_model(name):
    metric, names = METRICS[name], groups(40)
    items = statistics(metric, 3, 40)
    found = shared_replicates(metric, items, Groups.of(names), list(metric.scores), resamples=50, seed=7)
    for place, item in enumerate(items):
        for score, estimate in bootstrap(metric, item, names, resamples=50, seed=7).items():
            assert found[score].points[place] == pytest.approx(estimate.value)
            np.testing.assert_allclose(found[score].values[place], estimate.replicates)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("n", [16, 60], ids=["exact", "sampled"])
def test_p_values_are_those_of_compare(name, n):
    metric, names = METRICS[name], groups(n)
    items = statistics(metric, 4, n)
    pairs = [(0, 1), (0, 3), (2, 3)]
    found = randomisation_tests(metric, items, names, pairs, list(metric.scores), trials=300, seed=3)
    for one, other in pairs:
        sides = [Measured(metric, items[one])], [Measured(metric, items[other])]
        expected = compare(*sides, names, resamples=0, trials=300, seed=3)
        for score in metric.scores:
            assert found[one, other][score] == pytest.approx(expected[score].p, abs=1e-12)


def test_an_undefined_score_has_no_test():
    metric, names = METRICS["ratio"], groups(30)
    items = statistics(metric, 2, 30)
    items[1] = Statistics(items[1].columns, np.zeros((30, 2)))
    assert randomisation_tests(metric, items, names, [(0, 1)], ["ratio"], trials=100, seed=0)[0, 1]["ratio"] is None
