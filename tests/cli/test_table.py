"""`cxrbench table` as a user meets it."""

import pytest
from iu_folder import small_collection

from cxrbench.cli import main as entry


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
    folder = tmp_path_factory.mktemp("table")
    root = small_collection(folder / "iu")
    for model in ("constant", "majority"):
        with pytest.raises(SystemExit):
            entry.main(
                [
                    *("run", "--model", f"baseline:{model}", "--task", "iu-report", "--data-root", str(root)),
                    *("--out", str(folder / "runs"), "--metrics", "bleu,rouge", "--resamples", "200"),
                ]
            )
    return sorted(path.parent for path in (folder / "runs").glob("*/*/*/run.json"))


def test_the_table_goes_to_stdout_and_nothing_else_does(cxrbench, runs):
    code, out, err = cxrbench("table", *runs, "--resamples", "200")
    assert code == 0
    assert out.startswith("| Model | BLEU-1 ↑ | BLEU-4 ↑ | ROUGE-L ↑ |")
    assert "| baseline-constant |" in out
    assert err == ""


def test_files_are_written_and_named_on_stderr(cxrbench, runs, tmp_path):
    code, out, err = cxrbench(
        "table", *runs, "--format", "latex", "--methods", "--out", "t.tex", "--bib", "t.bib", "--resamples", "200"
    )
    assert (code, out) == (0, "")
    assert err == "written: t.tex\nwritten: t.bib\n"
    assert "\\toprule" in (tmp_path / "t.tex").read_text()
    assert "@inproceedings{papineni2002bleu," in (tmp_path / "t.bib").read_text()


def test_a_file_that_cannot_be_written_is_a_clear_error(cxrbench, runs):
    code, _, err = cxrbench("table", *runs, "--out", "no/such/folder/t.md", "--resamples", "200")
    assert code == 3
    assert "no/such/folder/t.md" in err


@pytest.mark.parametrize("row", ["ours", "=a", "ours="])
def test_a_row_that_cannot_be_understood_is_a_usage_error(cxrbench, runs, row):
    code, _, err = cxrbench("table", *runs, "--row", row)
    assert code == 2
    assert "is not LABEL=RUN,RUN" in err


def test_a_folder_that_is_no_run_is_an_error_that_names_the_runs_inside(cxrbench, runs):
    code, _, err = cxrbench("table", runs[0].parent.parent)
    assert code == 3
    assert str(runs[0]) in err


def test_a_damaged_run_does_not_hide_the_others_from_the_list(cxrbench, runs, tmp_path):
    import shutil

    shutil.copytree(runs[0].parents[2], tmp_path / "runs")
    for content in ("{", "[]", '{"schema": "cxrbench.run/1"}'):
        folder = tmp_path / "runs" / "iu-report" / "bad" / str(len(content))
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(content)
    code, out, _ = cxrbench("list", "runs", "--runs", tmp_path / "runs")
    assert code == 0
    assert out.count("unreadable") == 3
    assert out.count("complete") == 2
    assert "exact_match" not in out
