"""Run folders of others name no code that would run unasked."""

import json
import shutil

import pytest

import cxrbench
from cxrbench.core.comparing import compare
from cxrbench.core.errors import UsageError
from cxrbench.core.rescoring import reopen, rerun
from cxrbench.leaderboard.paper.table import build_table
from cxrbench.leaderboard.run_report.contents import read_contents
from cxrbench.leaderboard.run_report.summary import summarise_contents


@pytest.fixture
def hostile(constant, tmp_path):
    """A copy of a run whose configuration is changed; a module that leaves a mark when it is imported."""
    (tmp_path / "evil_module.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').write('x')\ndef call(*_): pass\n")

    def call(**changes):
        run = shutil.copytree(constant, tmp_path / "run", dirs_exist_ok=True)
        record = json.loads((run / "run.json").read_text())
        record["config"] |= changes
        (run / "run.json").write_text(json.dumps(record))
        return run

    yield call
    assert not (tmp_path / "ran").exists()


CHANGES = [{"task": "evil_module:call"}, {"metrics": ["evil_module:call"]}]


@pytest.mark.parametrize("change", CHANGES)
def test_comparing_tabling_and_verifying_import_nothing_of_it(hostile, constant, tmp_path, monkeypatch, change):
    monkeypatch.syspath_prepend(tmp_path)
    run = hostile(**change)
    for use in (
        lambda: compare([run, constant], resamples=100),
        lambda: build_table([run], resamples=100),
        lambda: reopen(run),
        lambda: rerun(run, out=tmp_path / "again"),
    ):
        with pytest.raises(UsageError, match="names code that would be run: evil_module:call"):
            use()


@pytest.mark.parametrize("change", CHANGES)
def test_a_report_is_made_without_it(hostile, tmp_path, monkeypatch, change):
    monkeypatch.syspath_prepend(tmp_path)
    assert summarise_contents(read_contents(hostile(**change))).n == 16


@pytest.mark.parametrize("model", ["evil_module:call", "exec:touch ran"])
def test_repeating_a_run_starts_no_program_and_no_class_of_it(hostile, tmp_path, monkeypatch, model):
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="names code that would be run"):
        rerun(hostile(model=model), out=tmp_path / "again")


def test_what_the_user_trusts_is_loaded(constant, tmp_path, monkeypatch):
    (tmp_path / "my_tasks.py").write_text("from cxrbench.tasks.iu_report import IuReport as Mine\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("CXRBENCH_TRUST", "other:Name, my_tasks:Mine")
    run = shutil.copytree(constant, tmp_path / "run")
    record = json.loads((run / "run.json").read_text())
    record["config"]["task"] = "my_tasks:Mine"
    (run / "run.json").write_text(json.dumps(record))
    assert compare([run, constant], scores=["rouge_l"], resamples=100).record["n"] == cxrbench.load_results(run).n


@pytest.mark.parametrize(
    "change",
    [
        {"model": "openai:x", "options": {"base_url": "http://elsewhere.invalid/v1", "api_key_env": "HOME"}},
        {"model": "hf:some/model", "options": {"trust_remote_code": True}},
    ],
)
def test_repeating_a_run_asks_no_server_and_runs_no_code_of_a_repository_that_only_the_run_names(
    hostile, tmp_path, change
):
    with pytest.raises(
        UsageError, match="names (code that would be run|a server that would be asked): (hf:some|openai:x@http)"
    ):
        rerun(hostile(**change), out=tmp_path / "again")
