"""Fixtures: two runs on a small collection, for the tests that compare runs. A conftest imports them by name."""

from dataclasses import replace

import pytest
from iu_folder import small_collection

import cxrbench

FAST = ("bleu", "rouge", "cider", "rules", "status")


@pytest.fixture(scope="session")
def iu_root(tmp_path_factory):
    return small_collection(tmp_path_factory.mktemp("iu"), test=16)


@pytest.fixture(scope="session")
def base(iu_root, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    return cxrbench.RunConfig("baseline:constant", "iu-report", iu_root, metrics=FAST, resamples=100, out=out)


@pytest.fixture(scope="session")
def constant(base):
    return cxrbench.run(base).folder.path


@pytest.fixture(scope="session")
def retrieval(base):
    return cxrbench.run(replace(base, model="baseline:retrieval")).folder.path
