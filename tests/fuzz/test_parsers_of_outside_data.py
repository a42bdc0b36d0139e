"""Whatever stands in a file of others, a parser reads it or raises a documented error (more: benchmarks/fuzz.py)."""

import random
import warnings

import pytest
from fuzz_targets import DOCUMENTED, TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import mutated


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_good_inputs_are_read(target, tmp_path):
    for number, seed in enumerate(target.seeds):
        folder = tmp_path / str(number)
        folder.mkdir()
        target.run(seed, folder)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_damaged_inputs_are_read_or_refused(target, tmp_path):
    rng = random.Random(target.name)
    for _ in range(60):
        _check(target, mutated(rng.choice(target.seeds), rng), tmp_path)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes_are_read_or_refused(target, tmp_path, data):
    _check(target, data, tmp_path)


def _check(target, data, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            target.run(data, folder)
        except DOCUMENTED as refused:
            said = str(refused)
        else:
            said = "read"
    assert said.strip()
