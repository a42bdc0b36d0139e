"""One small site, built once, for the tests that only look at it."""

import pytest
from board_runs import TASK, Model, made

from cxrbench.leaderboard.board.analysis import Settings
from cxrbench.leaderboard.board.build import Options, build

SETTINGS = Settings(resamples=400, trials=400)


@pytest.fixture(scope="session")
def options():
    return Options(trusted=frozenset({TASK}), settings=SETTINGS)


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    out = tmp_path_factory.mktemp("board-runs")
    models = [
        Model("alpha", 0.62, trained_on=("numbers-data",)),
        Model("beta", 0.62, trained_on=()),
        Model("gamma", 0.5),
        Model("floor", 0.3, is_baseline=True),
    ]
    made(out, *models)
    return out


@pytest.fixture(scope="session")
def site(runs, options, tmp_path_factory):
    return build(runs, tmp_path_factory.mktemp("site"), options)


@pytest.fixture(scope="session")
def table(site):
    (table,) = site.summary["tables"]
    return table
