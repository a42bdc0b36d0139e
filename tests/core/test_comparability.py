"""Runs that may not be compared, and options that cannot be understood."""

from dataclasses import replace

import pytest
from compared_runs import edited, found, only

import cxrbench
from cxrbench.core.errors import DataError, RunFolderError, UnknownNameError, UsageError


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("run.json", lambda run: run["identity"].update(task="other-task"), "task: iu-report in A, other-task in B"),
        ("run.json", lambda run: run["identity"].update(task_version="9"), "version of the task: 1 in A, 9 in B"),
        ("run.json", lambda run: run["identity"].update(split="val"), "split: r2gen:test in A, val in B"),
        ("run.json", lambda run: run["identity"].update(data="feed"), "fingerprint of the data"),
        (
            "results.json",
            lambda results: results["scores"]["rouge_l"].update(signature="rouge|version:old"),
            "signature of rouge_l",
        ),
    ],
)
def test_runs_that_answer_different_questions_are_refused(constant, retrieval, tmp_path, file, change, said):
    with pytest.raises(RunFolderError) as caught:
        found(constant, edited(retrieval, tmp_path, file, change))
    assert said in str(caught.value)


def test_everything_that_differs_is_listed_at_once(constant, retrieval, tmp_path):
    def change(run):
        run["identity"].update(split="val", data="feed")

    with pytest.raises(RunFolderError) as caught:
        found(constant, edited(retrieval, tmp_path, "run.json", change), retrieval)
    assert str(caught.value).count("\n  - ") == 2


def test_a_signature_that_differs_matters_only_for_the_scores_compared(constant, retrieval, tmp_path):
    copy = edited(retrieval, tmp_path, "results.json", lambda item: item["scores"]["bleu_4"].update(signature="x"))
    assert list(only(found(constant, copy, scores=["rouge_l"]))["scores"]) == ["rouge_l"]


def test_another_protocol_is_refused_unless_all_runs_have_it(base, constant, tmp_path):
    both = cxrbench.run(replace(base, protocols=("raw", "cxrbench"), out=tmp_path)).folder.path
    raw = cxrbench.run(replace(base, protocols=("raw",), model="baseline:empty", out=tmp_path)).folder.path
    assert found(constant, both)["protocol"] == "cxrbench"
    assert found(both, raw)["protocol"] == "raw"
    with pytest.raises(UsageError, match="not scored under protocol 'cxrbench'"):
        found(constant, raw)
    assert only(found(constant, both))["scores"]["bleu_1"]["difference"] == 0


def test_other_inputs_are_allowed_with_a_note(base, constant, tmp_path):
    other = cxrbench.run(replace(base, inputs=("frontal", "indication"), out=tmp_path)).folder.path
    assert any("B was shown frontal, indication" in note for note in found(constant, other)["notes"])


def test_a_run_that_is_unfinished_damaged_or_alone_is_refused(constant, tmp_path):
    with pytest.raises(UsageError, match="two runs or more"):
        found(constant)
    with pytest.raises(DataError, match="not a run folder"):
        found(constant, tmp_path / "absent")
    with pytest.raises(RunFolderError, match="status is 'interrupted'"):
        found(constant, edited(constant, tmp_path, "run.json", lambda run: run.update(status="interrupted")))
    with pytest.raises(RunFolderError, match=r"results.json is damaged or of another schema"):
        found(constant, edited(constant, tmp_path, "results.json", lambda results: results.pop("status_counts")))
    with pytest.raises(RunFolderError, match=r"results.json is damaged"):
        found(constant, edited(constant, tmp_path, "results.json", lambda results: results.update(schema="old/0")))
    with pytest.raises(RunFolderError, match=r"run.json is damaged"):
        found(constant, edited(constant, tmp_path, "run.json", lambda run: run.pop("identity")))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"scores": ["rouge_9"]}, UnknownNameError, "rouge_1"),
        ({"noninferior": ["rouge_9=1"]}, UnknownNameError, "--noninferior"),
        ({"correction": "none"}, UnknownNameError, "holm"),
        ({"on": "some"}, UsageError, "common"),
        ({"resamples": 10}, UsageError, "at least 100"),
        ({"flips": -1}, UsageError, "at least 0"),
        ({"protocol": "coco"}, UsageError, "cxrbench"),
    ],
)
def test_wrong_options_are_refused(constant, retrieval, options, error, said):
    with pytest.raises(error) as caught:
        found(constant, retrieval, **options)
    assert said in str(caught.value)


def test_runs_without_a_common_headline_score_are_refused(base, constant, tmp_path):
    paths = [
        cxrbench.run(replace(base, metrics=(name,), out=tmp_path / name)).folder.path for name in ("bleu", "rouge")
    ]
    with pytest.raises(UsageError, match="share none of the headline scores"):
        found(*paths)
    assert list(only(found(constant, paths[1]))["scores"]) == ["rouge_l"]
