"""Runs on a small collection, and tables of them."""

from dataclasses import replace

import pytest
from small_runs import base, constant, iu_root, retrieval

import cxrbench
from cxrbench.leaderboard.paper.table import build_table

__all__ = ["base", "constant", "iu_root", "retrieval"]


@pytest.fixture(scope="session")
def seeds(base):
    """Three runs of one model under three seeds."""
    return [cxrbench.run(replace(base, model="baseline:random", seed=seed)).folder.path for seed in (1, 2, 3)]


@pytest.fixture
def tabled():
    def call(*paths, **options):
        return build_table(paths, **{"resamples": 500, "scores": ("rouge_l", "bleu_4"), **options})

    return call


@pytest.fixture
def as_models(tmp_path):
    """Copies of run folders whose models are no baselines, under the names given."""
    import json
    import shutil

    def call(**folders):
        found = []
        for name, folder in folders.items():
            copy = shutil.copytree(folder, tmp_path / name)
            record = json.loads((copy / "run.json").read_text())
            record["model"] |= {"is_baseline": False, "name": name}
            (copy / "run.json").write_text(json.dumps(record))
            found.append(copy)
        return found

    return call
