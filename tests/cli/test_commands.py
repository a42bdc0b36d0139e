import json

import pytest
from click.testing import CliRunner
from iu_folder import small_collection

from cxrbench.cli import main as entry

FAST = ("--metrics", "bleu,rules,status", "--resamples", "200")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return small_collection(tmp_path_factory.mktemp("iu"))


@pytest.fixture
def cxrbench(root, tmp_path, monkeypatch, capsys):
    """Runs the command line in this process: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as stop:
            entry.main([str(item) for item in arguments])
        captured = capsys.readouterr()
        return int(stop.value.code or 0), captured.out, captured.err

    return call


def run_arguments(root, model="baseline:constant", *more):
    return ("run", "--model", model, "--task", "iu-report", "--data-root", root, *FAST, *more)


def test_a_run_prints_its_scores_on_stdout_and_ends_with_zero(cxrbench, root):
    code, out, err = cxrbench(*run_arguments(root))
    assert code == 0
    assert "bleu_4" in out
    assert "Label F1 (rules)" in out
    assert "run folder: runs/iu-report/baseline-constant/" in out
    assert "predicting 12 examples" in err


def test_json_prints_one_document_and_nothing_else(cxrbench, root):
    code, out, _ = cxrbench(*run_arguments(root), "--json")
    assert code == 0
    assert json.loads(out)["scores"]["bleu_4"]["n"] == 12


def test_several_protocols_print_one_document_by_protocol(cxrbench, root):
    _, out, _ = cxrbench(*run_arguments(root), "--json", "--protocol", "raw", "--protocol", "lower")
    assert set(json.loads(out)["protocols"]) == {"raw", "lower"}
    _, table, _ = cxrbench(*run_arguments(root), "--protocol", "raw", "--protocol", "lower")
    assert "raw" in table
    assert "lower" in table


def test_a_missed_requirement_ends_with_one_and_is_recorded(cxrbench, root, tmp_path):
    code, out, _ = cxrbench(*run_arguments(root), "--require", "bleu_4.lower>=0.99", "--require", "empty_rate<=0")
    assert code == 1
    assert "MISSED" in out
    record = json.loads(next(tmp_path.glob("runs/**/run.json")).read_text())
    assert [item["met"] for item in record["requirements"]] == [False, True]


def test_a_failed_example_ends_with_one(cxrbench, root, tmp_path):
    (tmp_path / "p.jsonl").write_text(json.dumps({"id": small_id(root), "text": "Clear."}) + "\n")
    code, out, err = cxrbench(*run_arguments(root, "file:p.jsonl"))
    assert code == 1
    assert "INCOMPLETE: 11 examples failed" in out
    assert "11 examples have no prediction in the file" in err


def small_id(root):
    return next((root / "images" / "images_normalized").glob("*.png")).name.split("_")[0]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("rnu",), 2, "did you mean 'run'?"),
        (("run", "--modle", "x"), 2, "--model"),
        (("run", "--task", "iu-report"), 2, "--model"),
        (("run", "--model", "baseline:empty", "--task", "iu-raport"), 2, "did you mean 'iu-report'"),
        (("run", "--model", "baseline:empty", "--task", "iu-report", "--data-root", "/absent"), 3, "does not exist"),
        (("run", "--model", "file:absent.jsonl", "--task", "iu-report"), 3, "file not found"),
        (("run", "--model", "baseline:empty", "--task", "iu-report", "--limit", "0"), 2, "at least 1"),
        (("run", "--model", "baseline:empty", "--task", "iu-report", "--batch-size", "many"), 2, "auto"),
        (("run", "--model", "baseline:empty", "--task", "iu-report", "-o", "beams"), 2, "KEY=VALUE"),
        (("score", "--predictions", "x.csv"), 2, "either a task or a file of references"),
        (("train", "checksquery", "--out", "x"), 2, "chexquery"),
        (("list", "tusks"), 2, "tasks"),
        (("show", "bleu_5"), 2, "bleu"),
        (("verify", "absent"), 3, "not a run folder"),
        (("label", "--input", "absent.csv", "--output", "o.csv"), 3, "not found"),
        (("generate", "--images", "absent.png"), 3, "no such file"),
        (("run", "--model", "chexquery:absent", "--task", "iu-report"), 3, "checkpoint"),
    ],
)
def test_a_mistake_is_explained_on_stderr_with_its_documented_exit_code(
    cxrbench, root, monkeypatch, arguments, code, said
):
    monkeypatch.setenv("CXRBENCH_DATA", str(root))
    ended, out, err = cxrbench(*arguments)
    assert ended == code, err
    assert out == ""
    assert "error: " in err
    assert said in err
    assert "Traceback" not in err


def test_flag_beats_variable_beats_file_beats_default(cxrbench, root, tmp_path, monkeypatch):
    (tmp_path / "c.yaml").write_text("seed: 3\ndevice: cuda\nlimit: 4\n")
    monkeypatch.setenv("CXRBENCH_DEVICE", "cpu")
    code, out, _ = cxrbench(
        *run_arguments(root, "baseline:empty", "--config", "c.yaml", "--limit", "5", "--show-config")
    )
    assert code == 0
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}
    assert lines["limit"] == ["5", "flag"]
    assert lines["device"] == ["cpu", "variable"]
    assert lines["seed"] == ["3", "file"]
    assert lines["split"] == ["test", "default"]


@pytest.mark.parametrize(
    ("content", "said"), [("sead: 3", "seed"), ("- a", "mapping"), ("a: [", "cannot be read"), (None, "not found")]
)
def test_a_wrong_configuration_file_is_a_usage_error(cxrbench, root, tmp_path, content, said):
    if content is not None:
        (tmp_path / "c.yaml").write_text(content)
    code, _, err = cxrbench(*run_arguments(root, "baseline:empty", "--config", "c.yaml"))
    assert code == 2
    assert said in err


def test_verify_rerun_list_and_show_know_the_run(cxrbench, root, tmp_path):
    cxrbench(*run_arguments(root))
    folder = next(tmp_path.glob("runs/iu-report/*/*"))
    assert cxrbench("verify", folder)[0] == 0
    assert cxrbench("rerun", folder, "--out", tmp_path / "again")[0] == 0
    code, out, _ = cxrbench("list", "runs")
    assert code == 0
    assert folder.name in out
    code, out, _ = cxrbench("show", folder)
    assert code == 0
    assert "bleu_4" in out
    (folder / "results.json").write_text("{}")
    assert cxrbench("show", folder)[0] != 0


def test_list_and_show_name_everything(cxrbench):
    code, out, _ = cxrbench("list")
    assert code == 0
    for name in ("iu-report", "chexquery", "baseline", "bleu_4", "r2gen-clean", "Pleural Effusion"):
        assert name in out
    code, out, _ = cxrbench("show", "cider", "--json")
    assert code == 0
    assert json.loads(out)[0]["kind"] == "metric"


def test_predict_then_run_scores_without_predicting_again(cxrbench, root, tmp_path):
    code, out, _ = cxrbench(
        "predict", "--model", "baseline:constant", "--task", "iu-report", "--data-root", root, "--out", "runs"
    )
    assert code == 0
    assert "12 ok" in out
    lines = next(tmp_path.glob("runs/**/predictions.jsonl")).read_text()
    assert cxrbench(*run_arguments(root))[0] == 0
    assert next(tmp_path.glob("runs/**/predictions.jsonl")).read_text() == lines


def test_two_lists_of_texts_can_be_scored_against_each_other(cxrbench, tmp_path):
    (tmp_path / "hyp.csv").write_text("id,text\n1,The heart is normal\n2,No effusion\n")
    (tmp_path / "ref.jsonl").write_text(
        '{"id": "1", "text": "The heart is normal"}\n{"id": "2", "text": "No effusion"}\n{"id": "3", "text": ""}\n'
    )
    code, out, err = cxrbench(
        "score", "--predictions", "hyp.csv", "--references", "ref.jsonl", "--protocol", "raw", "--metrics", "bleu",
        "--resamples", "200", "--json",
    )  # fmt: skip
    assert code == 0, err
    assert json.loads(out)["scores"]["bleu_2"]["value"] == pytest.approx(1.0)
    assert json.loads(out)["n"] == 2
    assert "1 examples excluded: empty reference" in err


def test_label_writes_an_id_and_fourteen_columns(cxrbench, tmp_path):
    (tmp_path / "in.csv").write_text("id,text\na,Large left pleural effusion. No pneumothorax.\nb,\n")
    code, _, _ = cxrbench("label", "--input", "in.csv", "--output", "out.csv")
    assert code == 0
    header, first, second = (tmp_path / "out.csv").read_text().splitlines()
    assert len(header.split(",")) == 15
    row = dict(zip(header.split(","), first.split(",")))
    assert row["Pleural Effusion"] == "1"
    assert row["Pneumothorax"] == "0"
    assert set(second.split(",")[1:]) == {""}


def test_doctor_names_each_thing_with_its_state(cxrbench):
    code, out, _ = cxrbench("doctor", "--json")
    checks = json.loads(out)["checks"]
    assert {item["state"] for item in checks} <= {"ok", "warn", "fail"}
    assert {"Python", "torch", "Java for METEOR", "bundled checkpoint"} <= {item["what"] for item in checks}
    assert code == (3 if any(item["state"] == "fail" for item in checks) else 0)


def test_the_commands_of_the_help_are_the_commands_there_are():
    for name, summary in entry.COMMANDS.items():
        done = CliRunner().invoke(entry.cli, [name, "--help"])
        assert done.exit_code == 0, done.output
        assert summary


def test_an_internal_error_ends_with_four_and_no_traceback(cxrbench, root, monkeypatch):
    import cxrbench.core.runner as runner

    def bug(*_, **__):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(runner, "prepare", bug)
    code, _, err = cxrbench(*run_arguments(root))
    assert code == 4
    assert "internal error: ZeroDivisionError" in err
    assert "CXRBENCH_DEBUG=1" in err
