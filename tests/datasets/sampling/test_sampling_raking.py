import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.datasets.sampling.raking import margin, rake


def proportional(counts):
    return lambda weights: weights * counts / (weights * counts).sum()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_two_margins_hold_at_once_and_the_odds_between_cells_are_kept(seed):
    """Iterative proportional fitting of a full table keeps every odds ratio (Bishop, Fienberg and Holland 1975)."""
    random = np.random.default_rng(seed)
    counts = random.integers(1, 1000, (3, 4)).astype(float)
    row, column = (axis.ravel() for axis in np.indices((3, 4)))
    rows, columns = random.dirichlet([3] * 3), random.dirichlet([3] * 4)
    margins = [margin("rows", row, rows, "abc"), margin("columns", column, columns, "abcd")]
    weights = rake(proportional(counts.ravel()), np.ones(12), np.ones(12, int), margins, tolerance=1e-9, sweeps=2000)
    table = proportional(counts.ravel())(weights).reshape(3, 4)
    np.testing.assert_allclose(table.sum(1), rows, atol=1e-8)
    np.testing.assert_allclose(table.sum(0), columns, atol=1e-8)
    odds = [t[0, 0] * t[1, 1] / t[0, 1] / t[1, 0] for t in (counts, table)]
    assert odds[0] == pytest.approx(odds[1], rel=1e-6)


def test_where_margins_contradict_each_other_the_more_important_one_holds():
    bins = np.array([0, 1])
    margins = [margin("first", bins, np.array([0.5, 0.5]), "ab"), margin("second", bins, np.array([0.9, 0.1]), "ab")]
    weights = rake(proportional(np.array([10.0, 30.0])), np.ones(2), np.ones(2, int), margins)
    assert proportional(np.array([10.0, 30.0]))(weights) == pytest.approx([0.5, 0.5], abs=1e-4)


def test_a_margin_says_nothing_about_cells_without_a_bin():
    bins = np.array([0, 1, -1])
    weights = rake(
        proportional(np.array([1.0, 3.0, 4.0])), np.ones(3), np.ones(3, int), [margin("half", bins, np.ones(2), "ab")]
    )
    mass = proportional(np.array([1.0, 3.0, 4.0]))(weights)
    assert mass[0] == pytest.approx(mass[1], rel=1e-3)
    assert mass[2] > 0


def test_shares_hold_within_each_block():
    bins, blocks = np.array([0, 1, 2, 3]), np.array([0, 0, 1, 1])
    item = margin("blocks", bins, np.array([0.5, 0.5, 0.2, 0.8]), "abcd", blocks)
    mass = proportional(np.array([9.0, 1.0, 5.0, 5.0]))(
        rake(proportional(np.array([9.0, 1.0, 5.0, 5.0])), np.ones(4), np.ones(4, int), [item])
    )
    assert mass[0] == pytest.approx(mass[1], rel=1e-3)
    assert mass[3] == pytest.approx(4 * mass[2], rel=1e-3)


def test_what_does_not_occur_is_left_out_and_the_rest_scaled():
    item = margin("x", np.array([0, 2, 2, -1]), np.array([0.2, 0.5, 0.6, 0.0]), "abcd")
    assert item.labels == ("a", "c")
    assert item.targets == pytest.approx([0.25, 0.75])
    assert item.bins.tolist() == [0, 1, 1, -1]


def test_nothing_to_balance_is_no_margin():
    assert margin("x", np.array([1, 1, -1]), np.ones(3), "abc") is None
    assert margin("x", np.array([-1, -1]), np.ones(3), "abc") is None


def test_a_share_that_cannot_be_reached_does_not_spoil_the_others():
    counts = np.array([1.0, 500.0, 1000.0])

    def limited(weights):
        return np.minimum(300 * weights * counts / (weights * counts).sum(), counts)

    item = margin("third", np.arange(3), np.ones(3), "abc")
    mass = limited(rake(limited, np.ones(3), np.ones(3, int), [item]))
    assert mass[0] == pytest.approx(1, abs=0.05)
    assert mass[1] == pytest.approx(mass[2], rel=0.05)
