"""Paired tests and corrections against scipy, enumeration and simulation."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cxrbench.core.errors import UsageError
from cxrbench.statistics import bonferroni, holm, mcnemar, paired_t_test
from cxrbench.statistics.paired import p_text
from cxrbench.statistics.swaps import swap_masks, swap_p_value


def test_the_t_test_equals_scipy():
    generator = np.random.default_rng(0)
    a, b = generator.normal(0.3, 1, 40), generator.normal(0, 1.5, 40)
    found, expected = paired_t_test(a, b), stats.ttest_rel(a, b)
    assert (found.t, found.p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    assert (found.df, found.n, found.reason) == (39, 40, None)
    pooled = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    assert found.d == pytest.approx((a.mean() - b.mean()) / pooled)
    assert found.d_z == pytest.approx((a - b).mean() / (a - b).std(ddof=1))


def test_the_t_test_averages_within_groups_first():
    a, b = [1.0, 3.0, 2.0, 5.0], [0.0, 2.0, 4.0, 1.0]
    found = paired_t_test(a, b, ["y", "y", "x", "z"])
    expected = stats.ttest_rel([2.0, 2.0, 5.0], [4.0, 1.0, 1.0])
    assert (found.t, found.df) == (pytest.approx(expected.statistic), 2)


def test_the_report_lines_read_as_documented():
    assert paired_t_test([1, 2, 4], [0, 2, 1]).line() == "t(2) = 1.51, p = 0.270, d = 1.03"
    assert mcnemar([1] * 30 + [0] * 20, [0] * 30 + [1] * 20).line() == "χ²(1) = 2.00, p = 0.157"
    assert mcnemar([1, 1, 1, 0], [0, 0, 0, 1]).line() == "χ²(1) = 1.00, p = 0.625 (exact)"
    assert p_text(0.0004) == "p < 0.001"


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ([0.5, 0.7], [0.5, 0.7], "no pair differs"),
        ([1.1, 2.1, 3.1], [1.0, 2.0, 3.0], "all pairs differ by the same amount"),
        ([1.0], [2.0], "too few pairs"),
        ([], [], "too few pairs"),
    ],
)
def test_a_t_test_without_variance_is_undefined_with_a_reason(a, b, reason):
    found = paired_t_test(a, b)
    assert (found.t, found.p, found.reason) == (None, None, reason)
    assert found.line() == f"no t-test: {reason}"


@pytest.mark.parametrize(("n10", "n01"), [(3, 1), (0, 5), (12, 12), (20, 4), (6, 0)])
def test_few_discordant_pairs_get_the_exact_binomial(n10, n01):
    found = mcnemar([1] * n10 + [0] * n01 + [1, 0], [0] * n10 + [1] * n01 + [1, 0])
    assert found.p == pytest.approx(stats.binomtest(n10, n10 + n01, 0.5).pvalue)
    assert (found.method, found.only_first, found.only_second) == ("exact", n10, n01)


def test_many_discordant_pairs_get_the_documented_chi_square():
    found = mcnemar([1] * 25 + [0] * 10, [0] * 25 + [1] * 10)
    assert found.statistic == pytest.approx(15**2 / 35)
    assert found.p == pytest.approx(stats.chi2.sf(15**2 / 35, 1))
    assert found.method == "chi-square"


def test_identical_answers_have_no_mcnemar_test():
    found = mcnemar([1, 0, 1], [1, 0, 1])
    assert found.p is None
    assert found.line() == "no McNemar test: no example is right for one system alone"


def test_clustered_mcnemar_enumerates_the_exchanges_of_few_groups():
    a, b = [1, 1, 1, 1, 0, 1], [0, 0, 1, 0, 1, 0]
    groups = ["p1", "p1", "p1", "p2", "p2", "p3"]
    net = [2, 0, 1]
    sums = [abs(sum(s * x for s, x in zip(signs, net))) for signs in itertools.product((1, -1), repeat=3)]
    found = mcnemar(a, b, groups)
    assert found.method == "clustered"
    assert found.p == sum(value >= 3 for value in sums) / 8


def test_clustering_keeps_copies_from_counting_as_evidence():
    a, b = [1, 1, 1, 0] * 10, [0, 0, 0, 1] * 10
    groups = ["g1", "g2", "g3", "g4"] * 10
    assert mcnemar(a, b).p < 0.01
    assert mcnemar(a, b, groups).p == 0.625


@pytest.mark.parametrize(("a", "b", "groups"), [([1, 2], [1], None), ([1, 2], [1, 2], ["g"])])
def test_unmatched_examples_are_an_error(a, b, groups):
    with pytest.raises(UsageError, match="one value of each system per example"):
        paired_t_test(a, b, groups)
    with pytest.raises(UsageError):
        mcnemar(a, b, groups)


def test_a_value_that_is_not_finite_is_an_error():
    with pytest.raises(UsageError, match="finite"):
        paired_t_test([1.0, float("nan")], [1.0, 2.0])


def test_the_randomisation_p_value_is_never_zero():
    exchanged = np.random.default_rng(0).normal(size=999)
    assert swap_p_value(100.0, exchanged, 50) == pytest.approx(1 / 1000)


def test_up_to_twelve_groups_every_exchange_is_made_once():
    masks = np.vstack(list(swap_masks(12, 10, seed=0)))
    assert len(np.unique(masks, axis=0)) == len(masks) == 4096
    assert sum(map(len, swap_masks(13, 10, seed=0))) == 10


def test_exchanges_do_not_depend_on_the_block_size():
    whole = np.vstack(list(swap_masks(40, 100, seed=3)))
    assert np.array_equal(whole, np.vstack(list(swap_masks(40, 100, seed=3, block=7))))


def step_down(p_values, alpha):
    """Holm's procedure as it is usually told: reject in order until the first p above alpha / (m - k + 1)."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    rejected = [False] * len(p_values)
    for k, place in enumerate(order):
        if p_values[place] > alpha / (len(p_values) - k):
            break
        rejected[place] = True
    return rejected


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values):
    for alpha in (0.01, 0.0501, 0.2003):
        # Exactly at a threshold the two ways of rounding may differ.
        near = any(abs(p * k - alpha) < 1e-9 for p in p_values for k in range(1, 9))
        if not near:
            assert [p <= alpha for p in holm(p_values)] == step_down(p_values, alpha)
    assert all(h <= b for h, b in zip(holm(p_values), bonferroni(p_values)))


def test_known_corrections():
    p_values = [0.01, 0.04, None, 0.03, 0.005]
    assert holm(p_values) == pytest.approx([0.03, 0.06, None, 0.06, 0.02])
    assert bonferroni(p_values) == pytest.approx([0.04, 0.16, None, 0.12, 0.02])
    assert holm([]) == bonferroni([]) == []


@pytest.mark.slow
def test_the_tests_reject_as_often_as_they_say_under_the_null():
    """5,000 simulations with no difference: 4 to 6 % below .05; exact McNemar at most 5 %."""
    generator = np.random.default_rng(1)
    simulations = 5000
    t = exchange = exact = 0
    for seed in range(simulations):
        a, b = generator.normal(size=(2, 30))
        t += paired_t_test(a, b).p < 0.05
        masks = np.vstack(list(swap_masks(30, 400, seed)))
        exchange += swap_p_value((a - b).sum(), (1 - 2 * masks) @ (a - b), 30) < 0.05
        right = generator.random((2, 60)) < 0.8
        p = mcnemar(*right).p
        exact += p is not None and p < 0.05
    assert 0.04 <= t / simulations <= 0.06
    assert 0.04 <= exchange / simulations <= 0.06
    assert exact / simulations <= 0.05
