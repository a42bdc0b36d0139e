"""`run --dry-run`: what would be done is said, and nothing is."""

import json

import pytest
from iu_folder import small_collection

import cxrbench
from cxrbench.cli import main as entry
from cxrbench.core.dry_run import plan_run
from cxrbench.core.errors import UnknownNameError


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dry")
    root = small_collection(folder / "iu")
    return cxrbench.RunConfig(
        "baseline:constant", "iu-report", root, metrics=("status",), resamples=100, out=folder / "runs"
    )


def test_a_plan_counts_what_is_to_do_and_writes_nothing(config):
    plan = plan_run(config)
    assert (plan.n, plan.answered, plan.model) == (12, 0, "baseline-constant")
    assert not config.out.exists()


def test_it_names_the_folder_that_the_run_then_uses(config):
    plan = plan_run(config)
    assert cxrbench.run(config).folder.path == plan.folder
    assert plan_run(config).answered == 12


def test_what_would_stop_the_run_stops_the_plan(config):
    from dataclasses import replace

    with pytest.raises(UnknownNameError):
        plan_run(replace(config, protocols=("cocoa",)))


def test_a_server_says_what_its_requests_may_cost(config):
    from dataclasses import replace

    pytest.importorskip("openai")
    options = {
        "base_url": "http://127.0.0.1:9/v1",
        "price_in": 1,
        "price_out": 4,
        "max_new_tokens": 100,
        "cache": False,
    }
    plan = plan_run(replace(config, model="openai:m", options=options))
    assert plan.estimate.sample == 12
    # A film of 16 pixels is one tile; the longest answers are paid in full.
    tokens = plan.estimate.prompt_tokens
    assert tokens > 12 * (85 + 170)
    assert plan.estimate.dollars == pytest.approx((tokens + 12 * 100 * 4) / 1e6, rel=0.01)


def test_the_command_prints_the_plan_as_text_or_json(config, capsys):
    command = ["run", "--model", "baseline:constant", "--task", "iu-report", "--data-root", str(config.data_root)]
    command += ["--metrics", "status", "--out", str(config.out / "other"), "--dry-run"]
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as stop:
            entry.main([*command, *more])
        assert not stop.value.code
    text, _, document = capsys.readouterr().out.partition("nothing was asked, nothing was written\n")
    assert "12 examples, 0 answered already, 12 to do" in text
    assert json.loads(document)["n"] == 12
    assert not (config.out / "other").exists()
