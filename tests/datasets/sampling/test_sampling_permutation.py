import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from cxrbench.datasets.sampling.permutation import mix, permuted, spread, uniform


@given(st.integers(1, 600), st.integers(0, 2**63 - 1))
def test_a_permutation_visits_every_number_once(size, key):
    image = permuted(np.arange(size), np.array(size), np.array(key, np.uint64))
    assert sorted(image) == list(range(size))


def test_elements_with_sizes_and_keys_of_their_own_are_permuted_as_if_alone():
    random = np.random.default_rng(0)
    sizes = random.integers(1, 1000, 500)
    index = (random.random(500) * sizes).astype(np.int64)
    keys = mix(1, random.integers(0, 50, 500))
    together = permuted(index, sizes, keys)
    alone = [int(permuted(index[i : i + 1], sizes[i : i + 1], keys[i : i + 1])[0]) for i in range(500)]
    assert together.tolist() == alone


@pytest.mark.parametrize("size", [3, 10, 37])
def test_over_many_keys_every_number_goes_everywhere_equally_often(size):
    keys = mix(7, np.arange(20_000))
    for index in (0, size - 1):
        image = permuted(np.full(20_000, index), np.array(size), keys)
        assert chisquare(np.bincount(image, minlength=size)).pvalue > 1e-4


def test_two_numbers_of_a_permutation_are_unrelated():
    keys = mix(3, np.arange(20_000))
    first = permuted(np.zeros(20_000, np.int64), np.array(12), keys)
    second = permuted(np.ones(20_000, np.int64), np.array(12), keys)
    pairs = np.bincount(first * 12 + second, minlength=144).reshape(12, 12)
    assert (np.diag(pairs) == 0).all()
    assert chisquare(pairs[~np.eye(12, dtype=bool)]).pvalue > 1e-4


def test_hashes_differ_by_every_argument_and_by_their_order():
    found = {int(mix(*values)) for values in [(1,), (2,), (1, 0), (0, 1), (1, 2), (2, 1), (1, 2, 0)]}
    assert len(found) == 7


def test_uniform_numbers_are_uniform_and_never_0_or_1():
    numbers = uniform(5, np.arange(100_000))
    assert numbers.min() > 0
    assert numbers.max() < 1
    assert chisquare(np.bincount((numbers * 20).astype(int), minlength=20)).pvalue > 1e-4


@given(st.integers(1, 500), st.integers(0, 499))
def test_spreading_visits_every_place_once(size, start):
    assert sorted(spread(np.arange(size), size, start % size)) == list(range(size))


@given(st.integers(1000, 100_000), st.integers(16, 256), st.floats(0.05, 0.95), st.integers(0, 10_000))
def test_any_stretch_of_positions_is_spread_over_the_whole(size, batch, share, start):
    """A batch holds of any interval what it should, within a number that grows like the logarithm of its size."""
    places = spread(start % (size - batch) + np.arange(batch), size, start % size)
    inside = (places < share * size).sum()
    assert abs(inside - share * batch) <= 2 + np.log2(batch)
