"""`cxrbench plan`: from run folders to a number of studies."""

import json
import shutil

import pytest
from iu_folder import small_collection

from cxrbench.cli import main as entry
from cxrbench.core.config import RunConfig
from cxrbench.core.runner import run

METRICS = ("bleu", "rules", "status")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return small_collection(tmp_path_factory.mktemp("iu"), test=40)


@pytest.fixture(scope="module")
def runs(root, tmp_path_factory):
    """Two pilot runs on the same data, and what else can be named by mistake."""
    out = tmp_path_factory.mktemp("runs")

    def made(model, **options):
        config = RunConfig(model, "iu-report", data_root=root, out=out, metrics=METRICS, resamples=100, **options)
        return run(config).folder.path

    return {
        "a": made("baseline:majority"),
        "b": made("baseline:random"),
        "half": made("baseline:random", limit=20, seed=1),
        "empty": made("baseline:empty"),
        "val": made("baseline:majority", split="documented:test"),
    }


@pytest.fixture
def plan(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as stop:
            entry.main(["plan", *map(str, arguments), "--resamples", "500"])
        captured = capsys.readouterr()
        return int(stop.value.code or 0), captured.out, captured.err

    return call


def test_two_pilot_runs_say_how_many_studies_show_a_difference(plan, runs):
    code, out, _ = plan("--runs", runs["a"], runs["b"], "--score", "bleu_2", "--difference", "0.02")
    assert code == 0
    assert "studies (" in out
    assert "show a difference of 0.02 with power 0.8 at level 0.05" in out
    assert "pilot: difference" in out
    assert "note: the pilot has 40 groups only" in out


def test_the_json_document_agrees_with_the_scores_of_the_runs(plan, runs):
    _, out, _ = plan("--runs", runs["a"], runs["b"], "--score", "bleu_2", "--difference", "0.02", "--json")
    found = json.loads(out)
    scores = [json.loads((runs[name] / "results.json").read_text())["scores"]["bleu_2"] for name in ("a", "b")]
    assert found["pilot"]["difference"] == pytest.approx(scores[0]["value"] - scores[1]["value"])
    assert found["signature"] == scores[0]["signature"]
    assert found["difference"] <= 0.02
    assert found["pilot"]["groups"] == found["pilot"]["studies"] == 40


def test_a_number_of_studies_gives_the_difference_and_back(plan, runs):
    pair = ("--run", runs["a"], "--run", runs["b"], "--score", "rules_micro_f1_14", "--json")
    difference = json.loads(plan(*pair, "--n", "590")[1])["difference"]
    again = json.loads(plan(*pair, "--difference", difference + 1e-9)[1])
    assert again["studies"] == 590
    text = plan(*pair[:-1], "--n", "590")[1]
    assert f"show a difference of {difference:.4f} or more" in text


def test_one_pilot_run_plans_for_two_independent_ones(plan, runs):
    code, out, _ = plan("--run", runs["b"], "--score", "bleu_2", "--n", "590")
    assert code == 0
    assert "note: one pilot run" in out
    assert "pilot: 40 studies" in out


def test_runs_of_different_length_are_planned_on_what_both_answered(plan, runs):
    code, out, _ = plan("--runs", runs["a"], runs["half"], "--score", "bleu_2", "--n", "590")
    assert code == 0
    assert "note: 20 examples of the first run are not scored in the other and are left out" in out
    assert "on 20 studies" in out


def test_another_protocol_can_be_planned_for(plan, runs):
    _, out, _ = plan(
        "--runs", runs["a"], runs["b"], "--score", "bleu_2", "--n", "590", "--protocol", "lower", "--json"
    )
    assert "protocol:lower" in json.loads(out)["signature"]


def test_a_phantom_pilot_is_named_as_one(plan, runs, tmp_path):
    drawn = tmp_path / "drawn"
    shutil.copytree(runs["b"], drawn)
    record = json.loads((drawn / "run.json").read_text())
    record["data"]["phantom"] = True
    (drawn / "run.json").write_text(json.dumps(record))
    said = [plan("--run", path, "--score", "bleu_2", "--n", "590")[1] for path in (drawn, runs["b"])]
    assert ["phantom runs" in text for text in said] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--score", "bleu_2", "--n", "590"), 2, "name the pilot runs once"),
        (("--runs", "{a}", "{b}", "--run", "{a}", "--score", "bleu_2", "--n", "590"), 2, "name the pilot runs once"),
        (("--runs", "{a}", "{b}", "--score", "bleu_2"), 2, "either the difference"),
        (("--runs", "{a}", "{b}", "--score", "bleu_2", "--n", "9", "--difference", "1"), 2, "either the difference"),
        (("--runs", "{a}", "{b}", "--score", "blue_2", "--n", "590"), 2, "did you mean 'bleu_2'"),
        (("--runs", "{a}", "{b}", "--score", "bleu_2", "--n", "1"), 2, "at least 2 groups"),
        (("--runs", "{a}", "{b}", "--score", "bleu_2", "--difference", "-1"), 2, "above 0"),
        (("--runs", "{a}", "{b}", "--score", "bleu_2", "--n", "590", "--power", "2"), 2, "power 2"),
        (("--runs", "{a}", "{a}", "--score", "bleu_2", "--n", "590"), 2, "do not differ"),
        (("--runs", "{a}", "{val}", "--score", "bleu_2", "--n", "590"), 2, "differ in split"),
        (("--run", "{empty}", "--score", "bleu_2", "--n", "590"), 2, "no spread to plan with"),
        (("--runs", "{a}", "absent", "--score", "bleu_2", "--n", "590"), 3, "not a run folder"),
        (("--run", "{a}", "--run", "{b}", "--run", "{b}", "--score", "bleu_2", "--n", "590"), 2, "3 pilot runs"),
        (("--run", "{a}", "--score", "bleu_2", "--n", "590", "--protocol", "loud"), 2, "unknown protocol"),
    ],
)
def test_a_mistake_is_explained(plan, runs, arguments, code, said):
    ended, out, err = plan(*(item.format(**runs) for item in arguments))
    assert (ended, out) == (code, "")
    assert said in err
