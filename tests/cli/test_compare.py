import json

import pytest
from iu_folder import small_collection

from cxrbench.cli import main as entry

FAST = ("--metrics", "bleu,rouge,rules,status", "--resamples", "200")


@pytest.fixture
def cxrbench(tmp_path, monkeypatch, capsys):
    """Runs the command line in this process: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as stop:
            entry.main([str(item) for item in arguments])
        captured = capsys.readouterr()
        return int(stop.value.code or 0), captured.out, captured.err

    return call


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Run folders by model; one of them failed on all but three examples."""
    folder = tmp_path_factory.mktemp("compare")
    root = small_collection(folder / "iu")
    names = sorted(path.name.split("_")[0] for path in (root / "images" / "images_normalized").glob("*.png"))
    lines = [json.dumps({"id": name, "text": "The lungs are clear."}) for name in names]
    (folder / "some.jsonl").write_text("\n".join(lines[::4]))
    found = {}
    for name, model in (
        ("constant", "baseline:constant"),
        ("retrieval", "baseline:retrieval"),
        ("some", f"file:{folder / 'some.jsonl'}"),
    ):
        out = folder / name
        with pytest.raises(SystemExit):
            entry.main(
                ["run", "--model", model, "--task", "iu-report", "--data-root", str(root), "--out", str(out), *FAST]
            )
        found[name] = next(out.glob("*/*/*/run.json")).parent
    return found


def test_a_comparison_names_the_runs_and_prints_a_table_with_report_lines(cxrbench, runs):
    code, out, _ = cxrbench(
        "compare", runs["constant"], runs["retrieval"], "--resamples", "200", "--stratum", "finding",
        "--score", "rouge_l", "--score", "bleu_4", "--score", "rules_f1/No Finding",
    )  # fmt: skip
    assert code == 0
    assert "A = baseline-constant" in out
    assert "B = baseline-retrieval" in out
    assert "B − A" in out
    assert "p Holm" in out
    assert "t(11) = " in out
    assert "McNemar, right labels of No Finding" in out
    assert "no test per example (the score is no mean of values per example): bleu_4" in out
    assert "corrected for 3 tests" in out
    assert "rouge_l: B is better on " in out
    assert "By finding" in out
    assert "only 12 resampling units" in out


def test_json_prints_one_document_and_nothing_else(cxrbench, runs):
    code, out, _ = cxrbench("compare", runs["constant"], runs["retrieval"], "--resamples", "200", "--json")
    assert code == 0
    record = json.loads(out)
    assert record["schema"] == "cxrbench.compare/1"
    assert record["runs"][1]["model"] == "baseline-retrieval"
    assert record["correction"]["method"] == "holm"


def test_a_margin_decides_the_exit_code(cxrbench, runs):
    arguments = ("compare", runs["constant"], runs["retrieval"], "--resamples", "200", "--score", "rouge_l")
    code, out, _ = cxrbench(*arguments, "--noninferior", "rouge_l=0.9")
    assert code == 0
    assert "B not inferior to A in rouge_l by more than 0.9: shown" in out
    code, out, _ = cxrbench(*arguments, "--noninferior", "rouge_l=0.9", "--noninferior", "rouge_1=0.0001", "--json")
    assert code == 1
    assert [item["met"] for item in json.loads(out)["noninferiority"]] == [True, False]
    code, out, _ = cxrbench(*arguments, "--noninferior", "rouge_l=0.0001")
    assert code == 1
    assert "NOT SHOWN" in out


def test_runs_with_failed_examples_are_refused_until_compared_on_the_common_ones(cxrbench, runs):
    code, out, err = cxrbench("compare", runs["constant"], runs["some"])
    assert code == 2
    assert out == ""
    assert "examples of B failed and are unscored" in err
    assert "--on common" in err
    code, out, _ = cxrbench("compare", runs["constant"], runs["some"], "--on", "common", "--resamples", "200")
    assert code == 0
    assert "left out: " in out
    assert "not scored in B" in out


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ((), 2, "two runs or more"),
        (("absent",), 3, "not a run folder"),
        (("{retrieval}", "--score", "rouge_9"), 2, "did you mean"),
        (("{retrieval}", "--noninferior", "rouge_l"), 2, "SCORE=MARGIN"),
        (("{retrieval}", "--stratum", "findings"), 2, "did you mean 'finding'?"),
        (("{retrieval}", "--correction", "none"), 2, "holm"),
        (("{retrieval}", "--protocol", "coco"), 2, "not scored under protocol 'coco'"),
    ],
)
def test_a_mistake_is_explained_with_its_documented_exit_code(cxrbench, runs, more, code, said):
    ended, out, err = cxrbench("compare", runs["constant"], *(item.format(**runs) for item in more))
    assert (ended, out) == (code, ""), err
    assert said in err
    assert "Traceback" not in err


def test_names_that_would_steer_the_terminal_are_printed_harmlessly(cxrbench, runs, tmp_path):
    import shutil

    copy = shutil.copytree(runs["retrieval"], tmp_path / "copy")
    record = json.loads((copy / "run.json").read_text())
    record["model"]["name"] = "evil\x1b[2J\u202e" + "x" * 10_000
    (copy / "run.json").write_text(json.dumps(record))
    code, out, _ = cxrbench("compare", runs["constant"], copy, "--resamples", "200")
    assert code == 0
    assert "evil?[2J?xxx" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 400
