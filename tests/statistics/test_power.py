"""Sample sizes: against the closed form for a mean, against simulation, and on input that cannot be planned with."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from cxrbench.core.errors import UsageError
from cxrbench.metrics.base import AdditiveMetric, Statistics
from cxrbench.statistics import Measured
from cxrbench.statistics.power import (
    Spread,
    detectable_difference,
    groups_needed,
    paired_spread,
    single_spread,
)

PILOT = Spread("mean", 0.1, 0.05, 100, 300, True)


class Mean(AdditiveMetric):
    """Mean of a value: the score whose standard error has a closed form."""

    name = "mean"

    def __init__(self, version="1"):
        self.version = version

    @property
    def scores(self):
        return {"mean": "higher"}

    def signature(self):
        return f"mean|version:{self.version}"

    def measure(self, pairs, state):
        raise NotImplementedError

    def score(self, sums):
        return {"mean": np.divide(sums[:, 0], sums[:, 1], out=np.full(len(sums), np.nan), where=sums[:, 1] > 0)}


class Ratio(Mean):
    """A curved function of ratios of sums, as corpus BLEU is."""

    name = "ratio"

    def score(self, sums):
        return {"mean": np.exp(sums[:, 0] / sums[:, 1])}


def values(numbers, counts=None, metric=None):
    numbers = np.asarray(numbers, float)
    counts = np.ones(len(numbers)) if counts is None else np.asarray(counts, float)
    return Measured(metric or Mean(), Statistics(("sum", "count"), np.column_stack([numbers, counts])))


def groups(n, size=1):
    return [f"{i // size:05d}" for i in range(n)]


def test_the_spread_of_a_mean_is_the_textbook_standard_error():
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.5, 1, 60), rng.normal(0.2, 1, 60)
    found = paired_spread(values(a), values(b), groups(60), "mean", resamples=20_000)
    assert found.difference == pytest.approx((a - b).mean())
    assert found.standard_error == pytest.approx((a - b).std(ddof=1) / math.sqrt(60), rel=0.02)
    assert (found.groups, found.examples, found.paired) == (60, 60, True)


def test_examples_of_a_group_do_not_count_as_independent():
    patients = np.repeat(np.random.default_rng(2).normal(size=40), 10)
    rest = np.zeros(400)
    clustered = paired_spread(values(patients), values(rest), groups(400, 10), "mean", resamples=4000)
    naive = paired_spread(values(patients), values(rest), groups(400), "mean", resamples=4000)
    assert clustered.standard_error == pytest.approx(math.sqrt(10) * naive.standard_error, rel=0.06)
    assert (clustered.groups, clustered.examples) == (40, 400)


def test_a_single_run_stands_for_two_independent_ones():
    a = np.random.default_rng(3).normal(size=80)
    found = single_spread(values(a), groups(80), "mean", resamples=20_000)
    assert found.standard_error == pytest.approx(math.sqrt(2) * a.std(ddof=1) / math.sqrt(80), rel=0.02)
    assert (found.difference, found.paired) == (None, False)


def test_the_detectable_difference_is_that_of_the_t_distribution():
    expected = (student.ppf(0.975, 399) + student.ppf(0.8, 399)) * 0.05 * math.sqrt(100 / 400)
    assert detectable_difference(PILOT, 400) == pytest.approx(expected)


@given(st.floats(1e-3, 10), st.floats(0.5, 0.99), st.floats(0.001, 0.2), st.floats(1e-3, 5), st.integers(2, 5000))
def test_the_number_of_groups_is_the_smallest_that_suffices(difference, power, alpha, error, pilot):
    spread = Spread("mean", None, error, pilot, pilot, False)
    try:
        needed = groups_needed(spread, difference, power=power, alpha=alpha)
    except UsageError:
        # Out of reach: not even half a billion groups would show it.
        assert detectable_difference(spread, 5 * 10**8, power=power, alpha=alpha) > difference
        return
    assert detectable_difference(spread, needed, power=power, alpha=alpha) <= difference
    if needed > 2:
        assert detectable_difference(spread, needed - 1, power=power, alpha=alpha) > difference


def test_half_the_difference_needs_four_times_the_studies_and_more_power_needs_more():
    few, many = groups_needed(PILOT, 0.02), groups_needed(PILOT, 0.01)
    assert many == pytest.approx(4 * few, rel=0.01)
    assert groups_needed(PILOT, 0.02, power=0.9) > few > groups_needed(PILOT, 0.02, alpha=0.1)


def test_the_same_seed_gives_the_same_plan():
    rng = np.random.default_rng(4)
    a, b = values(rng.normal(size=30)), values(rng.normal(size=30))
    one, two = (paired_spread(a, b, groups(30), "mean", resamples=500, seed=7) for _ in range(2))
    assert one == two
    assert one != paired_spread(a, b, groups(30), "mean", resamples=500, seed=8)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda a: paired_spread(a, a, groups(20), "mean", resamples=200), "do not differ"),
        (lambda a: paired_spread(a, values(np.ones(19)), groups(20), "mean"), "same examples"),
        (lambda a: paired_spread(a, values(np.ones(20), metric=Mean("2")), groups(20), "mean"), "differently"),
        (lambda a: single_spread(a, ["one"] * 20, "mean"), "1 group"),
        (lambda a: single_spread(a, groups(19), "mean"), "19 groups for 20"),
        (lambda a: single_spread(values(np.ones(20)), groups(20), "mean", resamples=200), "same in every resample"),
        (lambda a: single_spread(values(np.zeros(20), np.zeros(20)), groups(20), "mean"), "undefined on the pilot"),
        (
            lambda a: single_spread(values(np.ones(20), [1, *[0] * 19]), groups(20), "mean", resamples=500),
            "too many resamples",
        ),
        (lambda a: groups_needed(PILOT, 0.0), "above 0"),
        (lambda a: groups_needed(PILOT, math.nan), "cannot be planned"),
        (lambda a: groups_needed(PILOT, 1e-7), "out of reach"),
        (lambda a: detectable_difference(PILOT, 1), "at least 2 groups"),
        (lambda a: detectable_difference(PILOT, 10, power=1.0), "power 1"),
        (lambda a: detectable_difference(PILOT, 10, power=0.2), "at least 0.5"),
        (lambda a: detectable_difference(PILOT, 10, alpha=0.0), "level 0"),
    ],
)
def test_what_cannot_be_planned_is_explained(call, said):
    with pytest.raises(UsageError) as error:
        call(values(np.random.default_rng(5).normal(size=20)))
    assert said in str(error.value)


def population(rng, n, shift):
    """Patients with two correlated systems and counts of their own, as words of reports have."""
    level = rng.normal(1.0, 0.4, n)
    counts = rng.integers(1, 8, n).astype(float)
    a = (level + shift + rng.normal(0, 0.3, n)) * counts
    b = (level + rng.normal(0, 0.3, n)) * counts
    return a, b, counts


@pytest.mark.parametrize("metric", [Mean(), Ratio()])
def test_the_standard_error_scales_with_the_root_of_n(metric):
    """A pilot of 200 patients foretells the spread between samples of 50 and of 1,600."""
    rng = np.random.default_rng(6)
    a, b, counts = population(rng, 200, 0.1)
    pilot = paired_spread(values(a, counts, metric), values(b, counts, metric), groups(200), "mean", resamples=4000)
    for n in (50, 1600):
        differences = []
        for _ in range(1500):
            a, b, counts = population(rng, n, 0.1)
            sums = np.array([[a.sum(), counts.sum()], [b.sum(), counts.sum()]]) / n
            first, second = metric.score(sums)["mean"]
            differences.append(first - second)
        assert np.std(differences) == pytest.approx(pilot.at(n), rel=0.15)


@pytest.mark.slow
def test_a_planned_comparison_finds_the_difference_as_often_as_planned():
    """Pilots of 150 patients; with the planned number, 80 % of the paired tests are to find the true difference."""
    rng = np.random.default_rng(7)
    truth, found, trials = 0.08, 0, 1500
    for _ in range(trials):
        a, b, counts = population(rng, 150, truth)
        pilot = paired_spread(values(a, counts), values(b, counts), groups(150), "mean", resamples=300)
        n = groups_needed(pilot, truth)
        a, b, counts = population(rng, n, truth)
        ratio = (a - b).sum() / counts.sum()
        residual = (a - b) - ratio * counts
        error = math.sqrt(residual.var(ddof=1) / n) / counts.mean()
        found += abs(ratio) > student.ppf(0.975, n - 1) * error
    assert 0.76 <= found / trials <= 0.84
