"""The clustered bootstrap: shared replicates, group sums, strata, and what it says where there is no interval."""

import sys

import numpy as np
import pytest

from cxrbench.core.errors import DataError
from cxrbench.metrics.base import AdditiveMetric, Metric, Statistics
from cxrbench.statistics import Groups, Measured, bootstrap, estimate, group_weights


class Mean(AdditiveMetric):
    name = "mean"
    scores = {"mean": "higher"}  # noqa: RUF012

    def signature(self):
        return "mean"

    def measure(self, pairs, state):
        raise NotImplementedError

    def score(self, sums):
        with np.errstate(invalid="ignore"):
            return {"mean": np.where(sums[:, 0] > 0, sums[:, 1] / np.maximum(sums[:, 0], 1e-300), np.nan)}


class WeightedMedian(Metric):
    """Rank-based, so that sums cannot do; its list column is read too."""

    name = "median"
    additive = False
    scores = {"median": "higher"}  # noqa: RUF012

    def signature(self):
        return "median"

    def measure(self, pairs, state):
        raise NotImplementedError

    def aggregate(self, statistics, weights):
        values = np.array([cell[0] for cell in statistics.lists["x"]])
        order = np.argsort(values)
        cumulative = np.cumsum(weights[:, order], axis=1)
        place = (cumulative >= cumulative[:, -1:] / 2).argmax(axis=1)
        return {"median": np.where(cumulative[:, -1] > 0, values[order][place], np.nan)}


def means(values):
    return Statistics(("n", "x"), np.column_stack([np.ones(len(values)), values]))


def medians(values):
    return Statistics(("n",), np.ones((len(values), 1)), {"x": [np.array([value]) for value in values]})


def names(n, size=1):
    return [f"p{i // size:05d}" for i in range(n)]


def whole(n):
    return {"all": np.ones(n, bool)}


def test_weights_are_the_same_whatever_the_block_and_a_larger_number_continues_a_smaller():
    one = np.vstack(list(group_weights(37, 500, seed=4)))
    blocks = list(group_weights(37, 1300, seed=4, block=11))
    assert max(map(len, blocks)) == 11
    assert np.array_equal(one, np.vstack(blocks)[:500])
    assert not np.array_equal(one, np.vstack(list(group_weights(37, 500, seed=5))))


def test_every_replicate_draws_as_many_groups_as_there_are():
    weights = np.vstack(list(group_weights(23, 4000, seed=0)))
    assert weights.dtype == np.float64
    assert (weights.sum(axis=1) == 23).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(23), abs=0.08)
    assert weights.var() == pytest.approx(1 - 1 / 23, abs=0.03)


def test_the_bootstrap_error_of_a_mean_is_the_standard_error():
    values = np.random.default_rng(0).normal(size=400)
    found = bootstrap(Mean(), means(values), names(400), seed=1)["mean"]
    assert found.value == pytest.approx(values.mean())
    assert found.replicates.std() == pytest.approx(values.std() / 20, rel=0.03)
    low, high = np.quantile(found.replicates, [0.025, 0.975])
    assert found.ci95 == (low, high)


def test_replicates_equal_recomputing_on_the_drawn_examples():
    generator = np.random.default_rng(2)
    values, groups = generator.normal(size=30), [f"g{i}" for i in generator.integers(0, 9, 30)]
    units = Groups.of(groups)
    for metric, statistics in ((Mean(), means(values)), (WeightedMedian(), medians(values))):
        found = bootstrap(metric, statistics, groups, resamples=50, seed=3)[metric.name].replicates
        for replicate, drawn in zip(found, np.vstack(list(group_weights(units.count, 50, 3)))):
            sample = np.repeat(values, drawn[units.index].astype(int))
            expected = sample.mean() if metric.additive else np.sort(sample)[(len(sample) - 1) // 2]
            assert replicate == pytest.approx(expected)


def test_clusters_widen_the_interval_and_singletons_change_nothing():
    generator = np.random.default_rng(1)
    effect = np.repeat(generator.normal(size=100), 20)
    values = effect + generator.normal(size=2000)

    def width(groups):
        low, high = bootstrap(Mean(), means(values), groups, resamples=2000, seed=0)["mean"].ci95
        return high - low

    assert width(names(2000, 20)) > 2.5 * width(names(2000))


def test_neither_the_order_of_the_examples_nor_the_other_metrics_matter():
    generator = np.random.default_rng(7)
    values = generator.integers(0, 5, 60).astype(float)
    groups = names(60, 3)
    order = generator.permutation(60)
    here = bootstrap(Mean(), means(values), groups, resamples=300, seed=2)["mean"]
    moved = bootstrap(Mean(), means(values[order]), [groups[i] for i in order], resamples=300, seed=2)["mean"]
    both = estimate(
        [Measured(WeightedMedian(), medians(values)), Measured(Mean(), means(values))],
        groups, whole(60), resamples=300, seed=2, keep_replicates=True,
    )["all"]  # fmt: skip
    assert np.array_equal(here.replicates, moved.replicates)
    assert np.array_equal(here.replicates, both["mean"].replicates)
    assert here == moved == both["mean"]


def test_a_stratum_equals_the_whole_set_restricted_to_its_rows():
    generator = np.random.default_rng(3)
    values, groups = generator.normal(size=200), names(200, 4)
    mask = generator.random(200) < 0.2
    found = estimate(
        [Measured(Mean(), means(values)), Measured(WeightedMedian(), medians(values))],
        groups, {"all": np.ones(200, bool), "few": mask}, resamples=400, seed=5, keep_replicates=True,
    )  # fmt: skip
    assert found["few"]["mean"].n == mask.sum()
    assert found["few"]["mean"].value == pytest.approx(values[mask].mean())
    index = Groups.of(groups).index
    weights = np.vstack(list(group_weights(50, 400, 5)))[:, index] * mask
    assert found["few"]["mean"].replicates == pytest.approx((weights @ values) / weights.sum(axis=1))
    assert found["few"]["median"].value == np.sort(values[mask])[(mask.sum() - 1) // 2]
    assert found["all"]["mean"] == bootstrap(Mean(), means(values), groups, resamples=400, seed=5)["mean"]


def test_many_subsets_do_not_change_each_other_when_memory_is_short(monkeypatch):
    module = sys.modules["cxrbench.statistics.bootstrap"]
    values, groups = np.arange(40.0), names(40)
    masks = {k: np.arange(40) % (k + 2) == 0 for k in range(8)}
    together = estimate([Measured(Mean(), means(values))], groups, masks, resamples=200)
    monkeypatch.setattr(module, "_REPLICATE_BYTES", 4000)
    assert estimate([Measured(Mean(), means(values))], groups, masks, resamples=200) == together


def test_a_metric_may_leave_examples_out():
    values = np.arange(20.0)
    include = values >= 10
    found = estimate(
        [Measured(Mean(), means(values)), Measured(WeightedMedian(), medians(values[include]), include)],
        names(20), {"all": np.ones(20, bool), "low": values < 10}, resamples=200,
    )  # fmt: skip
    assert (found["all"]["mean"].n, found["all"]["median"].n) == (20, 10)
    assert found["all"]["median"].value == 14
    low = found["low"]["median"]
    assert (low.value, low.ci95, low.n, low.reason) == (None, None, 0, "no example")


def test_one_group_gives_a_value_without_an_interval_and_says_why():
    found = bootstrap(Mean(), means(np.array([1.0, 3.0])), ["a", "a"])["mean"]
    assert (found.value, found.ci95, found.reason) == (2.0, None, None)
    assert found.interval_reason == "only 1 group: no resampling"


def test_a_score_that_most_resamples_leave_undefined_has_no_interval():
    statistics = Statistics(("n", "x"), np.array([[1.0, 1.0]] + [[0.0, 0.0]] * 9))
    found = bootstrap(Mean(), statistics, names(10))["mean"]
    assert (found.value, found.ci95) == (1.0, None)
    assert found.interval_reason.startswith("undefined in 3")


def test_an_undefined_score_is_null_with_the_reason_of_its_metric():
    found = bootstrap(Mean(), Statistics(("n", "x"), np.zeros((5, 2))), names(5), resamples=50)["mean"]
    assert (found.value, found.ci95, found.n, found.reason) == (None, None, 5, "undefined on this set")


def test_no_example_and_no_resample_are_no_errors():
    empty = estimate([Measured(Mean(), means(np.empty(0)))], [], {"all": np.ones(0, bool)})["all"]["mean"]
    assert (empty.value, empty.n) == (None, 0)
    point = bootstrap(Mean(), means(np.arange(3.0)), names(3), resamples=0)["mean"]
    assert (point.value, point.ci95, point.interval_reason) == (1.0, None, "no resampling was asked for")


def test_an_example_without_a_group_is_an_error():
    with pytest.raises(DataError, match="2 examples have no group"):
        Groups.of(["a", "", "b", ""])


def test_statistics_that_do_not_fit_the_examples_are_refused():
    with pytest.raises(ValueError, match="3 rows of statistics for 2 examples"):
        estimate([Measured(Mean(), means(np.zeros(3)))], ["a", "b"], whole(2))
    with pytest.raises(ValueError, match="mask"):
        estimate([Measured(Mean(), means(np.zeros(3)))], names(3), whole(2))


@pytest.mark.slow
def test_intervals_cover_on_clustered_data_where_the_naive_ones_fail():
    """120 groups of 2 to 12 correlated examples, 1,000 simulations: 93 to 97 % coverage."""
    generator = np.random.default_rng(11)
    covered = naive = 0
    simulations = 1000
    for _ in range(simulations):
        sizes = generator.integers(2, 13, 120)
        values = np.repeat(generator.normal(size=120), sizes) + generator.normal(size=sizes.sum())
        groups = [f"{i:03d}" for i in np.repeat(np.arange(120), sizes)]
        seed = int(generator.integers(1 << 30))
        for clustered in (True, False):
            names_ = groups if clustered else names(len(values))
            low, high = bootstrap(Mean(), means(values), names_, resamples=1000, seed=seed)["mean"].ci95
            if clustered:
                covered += low <= 0 <= high
            else:
                naive += low <= 0 <= high
    assert 0.93 <= covered / simulations <= 0.97
    assert naive / simulations < 0.80
