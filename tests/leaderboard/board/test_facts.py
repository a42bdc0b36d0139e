"""What run.json and results.json may hold, and what becomes of the rest."""

import json

import pytest

from cxrbench.leaderboard.board.facts import UnreadableError, clean, results_facts, run_facts, without_folders


def run_record(**changes):
    record = {
        "schema": "cxrbench.run/1",
        "run_id": "abc",
        "status": "complete",
        "identity": {
            "task": "t", "task_version": "1", "split": "s", "data": "d", "model": "m", "model_fingerprint": "f",
            "protocols": ["p"], "inputs": ["frontal"], "seed": 0,
        },
        "config": {"task": "t"},
        "model": {"name": "m", "version": "1", "fingerprint": "f"},
        "data": {"name": "d", "split": "s", "fingerprint": "d", "phantom": False},
        "provenance": {"cxrbench": "0.1.0", "git_commit": None, "started": "2026", "command": "cxrbench run"},
    }  # fmt: skip
    return {**record, **changes}


def results_record(**score):
    found = {"value": 0.5, "ci95": [0.4, 0.6], "n": 10, "direction": "higher", "signature": "s", **score}
    return {
        "schema": "cxrbench.results/1",
        "task": "t",
        "model": "m",
        "protocol": "p",
        "n": 10,
        "status_counts": {"ok": 10, "empty": 0, "refused": 0, "error": 0},
        "complete": True,
        "scores": {"quality": found},
        "strata": {"a": {"b": "ignored"}},
    }


def encoded(record):
    return json.dumps(record).encode()


def test_a_run_of_an_older_version_without_the_newer_fields_is_read():
    found = run_facts(encoded(run_record()))
    assert found["model"]["trained_on"] is None
    assert found["data"]["restricted"] is None
    assert found["provenance"]["git_commit"] == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "run.json is damaged"),
        (b"\xff\xfe", "run.json is not UTF-8 text"),
        (b"[1]", "run.json holds no JSON object"),
        (b"[" * 100_000, "run.json is nested too deeply"),
        (b'{"schema": "cxrbench.run/0"}', "of schema 'cxrbench.run/0'; this version reads 'cxrbench.run/1'"),
        (encoded(run_record(identity=[])), "run.json lacks 'identity'"),
        (encoded(run_record(run_id=7)), "'run_id' is of type int where a text is due"),
        (encoded(run_record(data={"name": "d", "split": "s", "fingerprint": "d", "phantom": "no"})), "'phantom'"),
        (encoded(run_record(config={"limit": 1})).replace(b'"limit": 1', b'"limit": 1e999'), "not finite"),
        (encoded(run_record(config={"limit": 1})).replace(b'"limit": 1', b'"limit": NaN'), "NaN is no JSON number"),
    ],
)
def test_an_unreadable_run_says_why(data, reason):
    with pytest.raises(UnreadableError) as error:
        run_facts(data)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        ({"value": "0.5"}, "no finite number: 0.5"),
        ({"value": True}, "no finite number: True"),
        ({"ci95": [0.1]}, "an interval that is none"),
        ({"ci95": "wide"}, "an interval that is none"),
        ({"direction": "up"}, "is no score with a direction"),
        ({"n": -1}, "'n' is '-1' where a count is due"),
        ({"n": 1.5}, "'n' is '1.5'"),
        ({"signature": None}, "has no signature"),
    ],
)
def test_a_damaged_score_says_which(score, reason):
    with pytest.raises(UnreadableError) as error:
        results_facts(encoded(results_record(**score)), "results.json")
    assert reason in str(error.value)
    infinite = encoded(results_record()).replace(b'"value": 0.5', b'"value": 1e999')
    with pytest.raises(UnreadableError, match="no finite number"):
        results_facts(infinite, "results.json")


def test_a_null_score_keeps_its_reason():
    found = results_facts(encoded(results_record(value=None, ci95=None, reason="no weights")), "results.json")
    assert found["scores"]["quality"]["value"] is None
    assert found["scores"]["quality"]["reason"] == "no weights"


def test_only_so_many_scores_are_taken_and_the_rest_are_counted():
    record = results_record()
    record["scores"] = {f"s{number}": record["scores"]["quality"] for number in range(1000)}
    found = results_facts(encoded(record), "results.json")
    assert len(found["scores"]) + found["scores_left_out"] == 1000
    assert found["scores_left_out"] == 600


def test_names_lose_control_and_direction_characters_and_are_cut():
    assert clean("a\u202eb\x00c\nd") == "a\ufffdb\ufffdc d"
    assert clean("\ud800") == "\ufffd"
    assert len(clean("x" * 10_000)) == 300


def test_two_long_signatures_that_begin_alike_stay_two():
    long = "a|" * 2000
    first, second = (results_facts(encoded(results_record(signature=long + end)), "r") for end in "xy")
    assert first["scores"]["quality"]["signature"] != second["scores"]["quality"]["signature"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cxrbench run --model file:/home/ann/my.csv --out runs", "cxrbench run --model file:…/my.csv --out runs"),
        ("cxrbench run --data-root=/data/x --model hf:org/name", "cxrbench run --data-root=…/x --model hf:org/name"),
        ("cxrbench run --base-url http://10.0.0.1:8000/v1", "cxrbench run --base-url http:…"),
        (r"cxrbench run --data-root 'C:\Users\ann\data'", "cxrbench run --data-root …/data"),
        ("cxrbench run --out ~/runs", "cxrbench run --out …/runs"),
        ("an 'unfinished quote", ""),
    ],
)
def test_commands_lose_the_folders_that_name_people_and_machines(text, shown):
    assert without_folders(text) == shown
