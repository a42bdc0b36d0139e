"""Predictions of answers that other systems wrote, through `file:` and `cxrbench score`."""

import json

import pytest
from click.testing import CliRunner
from vqa_folder import rad_row, slake_row, write_rad, write_slake

import cxrbench
from cxrbench.cli import main as entry
from cxrbench.cli.main import cli
from cxrbench.core.errors import DataError
from cxrbench.core.interchange import read_predictions

OPEN = {"answer_type": "OPEN"}


@pytest.fixture
def rad(tmp_path):
    rows = [
        rad_row(1, answer="Yes"),
        rad_row(2, "synpic2.jpg", answer="No"),
        rad_row(3, "synpic2.jpg", "What is it?", "mass in the left lung", **OPEN),
    ]
    return write_rad(tmp_path / "rad", rows)


def score(path, root, *more, task="vqa-rad"):
    arguments = ["score", "--predictions", path, "--task", task, "--data-root", root, "--resamples", "100", "--json"]
    done = CliRunner().invoke(cli, [str(item) for item in (*arguments, *more)], standalone_mode=False)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return json.loads(done.stdout)


def lines(path, *records):
    path.write_text("".join(json.dumps(item) + "\n" for item in records))
    return path


def test_answers_in_jsonl_are_scored(rad, tmp_path):
    path = lines(
        tmp_path / "p.jsonl", {"id": 1, "answer": "yes"}, {"id": "2", "answer": "yes"}, {"id": "3", "text": "a mass"}
    )
    scores = score(path, rad)["scores"]
    assert scores["exact_match_closed"]["value"] == 0.5
    assert scores["token_f1"]["value"] == pytest.approx((1 + 0 + 2 * 1 / 5) / 3)
    assert scores["rouge_l"]["n"] == 1
    assert scores["rouge_l"]["value"] > 0


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ("id,answer\n1,yes\n2,no\n3,mass in left lung\n", ()),
        ("id;answer;text\n1;yes;It is there.\n2;no;\n3;mass in the left lung;A mass.\n", ()),
        ("case,said\n1,yes\n2,no\n3,The mass in left lung\n", ("--id-column", "case", "--text-column", "said")),
    ],
)
def test_answers_in_a_table_are_scored_by_their_column(rad, tmp_path, content, more):
    path = tmp_path / "p.csv"
    path.write_text(content)
    assert score(path, rad, *more)["scores"]["exact_match"]["value"] == 1


def test_a_table_without_text_or_answer_says_which_column_is_missing(rad, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,reply\n1,yes\n")
    with pytest.raises(DataError, match="no column 'text'"):
        score(path, rad)


def test_for_reports_an_answer_column_does_not_replace_the_text(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,answer\n1,yes\n")
    with pytest.raises(DataError, match="no column 'text'"):
        read_predictions(path)


def test_boxes_regions_and_confidence_in_jsonl_are_scored(tmp_path):
    where = slake_row(1, question="Where is the mass?", answer="Left Lung", content_type="Position", **OPEN)
    root = write_slake(tmp_path / "slake", [where], boxes={1: [{"Mass": [0, 0, 10, 10]}]})
    box = {"x1": 0, "y1": 0, "x2": 10, "y2": 5, "label": "Mass", "score": 0.5}
    path = lines(
        tmp_path / "p.jsonl",
        {"id": "1", "answer": "left lung", "regions": ["left lung"], "boxes": [box], "confidence": 0.9},
    )
    scores = score(path, root, task="slake")["scores"]
    assert scores["mean_iou"]["value"] == 0.5
    assert scores["pointing_accuracy"]["value"] == 0
    assert scores["map_50"]["value"] == 1
    assert scores["relationship_accuracy"]["value"] == 1
    assert scores["brier"]["value"] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"id": "1", "answer": 2}, "answer must be a string"),
        ({"id": "1", "answer": "x", "boxes": [{"x1": 0}]}, "a box must have numbers"),
        ({"id": "1", "regions": "heart"}, "regions must be a list"),
        ({"id": "1", "answer": "x", "confidence": 1.5}, "confidence must lie in"),
    ],
)
def test_fields_of_the_wrong_type_are_refused_with_their_line(rad, tmp_path, record, said):
    with pytest.raises(DataError, match="line 1") as caught:
        score(lines(tmp_path / "p.jsonl", record), rad)
    assert said in str(caught.value)


def test_a_file_runs_like_any_model_and_missing_answers_stay_errors(rad, tmp_path):
    path = lines(tmp_path / "mine.jsonl", {"id": "1", "answer": "yes"}, {"id": "2", "status": "refused"})
    config = cxrbench.RunConfig(f"file:{path}", "vqa-rad", rad, resamples=100, out=tmp_path / "runs")
    outcome = cxrbench.run(config)
    found = outcome.results["cxrbench"]
    assert not outcome.complete
    assert found.record["status_counts"] == {"ok": 1, "empty": 0, "refused": 1, "error": 1}
    assert found["exact_match"].value == 0.5
    assert cxrbench.verify(outcome.folder.path).identical


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        entry.main([str(item) for item in arguments])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def test_every_command_makes_sense_for_questions(rad, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = json.loads((rad / "VQA_RAD Dataset Public.json").read_text())
    rows += [
        rad_row(4, answer="Yes", phrase_type="freeform"),
        rad_row(5, answer="Yes", phrase_type="freeform", **OPEN),
    ]
    write_rad(rad, rows)
    paths = []
    for model in ("majority", "blind"):
        code, out, err = call(
            capsys, "run", "--model", f"baseline:{model}", "--task", "vqa-rad", "--data-root", rad, "--resamples", 100
        )
        assert code == 0
        assert "exact_match_closed" in out
        assert "token_f1" in out
        assert "rules_" not in out
        assert "report" not in out + err
        paths.append(out.splitlines()[-1].removeprefix("run folder: "))
    shown = call(capsys, "show", paths[0])[1]
    assert "closed" in shown
    assert "note: training rows of VQA-RAD hold 1 of these 2 images" in shown
    listed = call(capsys, "list", "runs")[1]
    assert "chest:test" in listed
    assert "exact_match" in listed
    code, out, _ = call(capsys, "compare", *paths, "--resamples", 100, "--stratum", "answer_type")
    assert code == 0
    assert "exact_match_closed" in out
    assert "yes_no_balanced_accuracy" in out


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("tasks", ["vqa-rad", "slake"]),
        ("splits", ["all:test"]),
        ("metrics", ["exact_match_open", "map_50_75", "questions"]),
        ("protocols", ["reports, questions"]),
        ("models", ["blind"]),
    ],
)
def test_the_lists_know_questions(kind, said, capsys):
    out = call(capsys, "list", kind)[1]
    assert all(word in out for word in said)


@pytest.mark.parametrize("name", ["slake", "exact_match_closed", "map"])
def test_show_knows_questions(name, capsys):
    code, out, _ = call(capsys, "show", name)
    assert code == 0
    assert name in out
