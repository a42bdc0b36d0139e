"""`cxrbench report` on the command line."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from report_runs import copied, other, rad, report_config, report_root, rich, sealed  # noqa: F401

from cxrbench.cli.main import cli, main


def invoke(*arguments):
    return CliRunner().invoke(cli, ["report", *map(str, arguments)], catch_exceptions=False)


def exit_code(*arguments):
    with pytest.raises(SystemExit) as caught:
        main(["report", *map(str, arguments)])
    return caught.value.code


def test_it_names_the_file_it_wrote_on_stdout_and_banners_on_stderr(rich, tmp_path):  # noqa: F811
    run = copied(rich, tmp_path)
    found = invoke(run)
    assert found.stdout == f"report: {run / 'report.html'}\n"
    assert "Incomplete run" in found.stderr


def test_examples_are_written_beside_it_with_the_answers_of_another_run(rich, other, tmp_path):  # noqa: F811
    found = invoke(rich, "--examples", "--with", other, "--out", tmp_path, "--films", "none")
    assert found.stdout.splitlines()[1] == f"viewer: {tmp_path / 'viewer.html'}"
    assert '"name":"other"' in (tmp_path / "viewer.html").read_text()


def test_json_is_one_document_that_says_what_was_left_out(rich, tmp_path):  # noqa: F811
    run = copied(rich, tmp_path)
    (run / "statistics.parquet").unlink()
    found = json.loads(invoke(run, "--json").stdout)
    assert found["report"] == str(run / "report.html")
    assert found["viewer"] is None
    assert any("statistics.parquet is missing" in sentence for sentence in found["left_out"])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--score", "blue_4"), 2, "bleu_4"),
        (("--out", "x.pdf"), 2, "x.pdf"),
        (("--with", "other"), 2, "--examples"),
        (("--restricted-content",), 2, "--examples"),
        (("--min-n", "0"), 2, "--min-n"),
        (("--examples", "--data-root", "/nowhere"), 3, "/nowhere"),
    ],
)
def test_what_cannot_be_done_ends_with_a_documented_code_and_a_reason(rich, capsys, arguments, code, words):  # noqa: F811
    assert exit_code(rich, *arguments) == code
    assert words in capsys.readouterr().err


def test_a_folder_without_a_run_ends_with_3(tmp_path, capsys):
    assert exit_code(tmp_path) == 3
    assert "not a run folder" in capsys.readouterr().err


def test_restricted_content_needs_both_options(sealed, tmp_path, capsys, monkeypatch):  # noqa: F811
    monkeypatch.setenv("CXRBENCH_TRUST", "report_runs:Sealed")
    assert exit_code(sealed, "--examples", "--restricted-content", "--out", tmp_path) == 2
    assert "--data-agreement" in capsys.readouterr().err
    found = invoke(sealed, "--examples", "--restricted-content", "--data-agreement", "DUA 7", "--out", tmp_path)
    assert "DUA 7. Do not pass it on." in found.stderr
    assert "SECRETWORD" in (tmp_path / "viewer.html").read_text()


def test_its_help_imports_nothing_heavy():
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom cxrbench.cli.main import cli\n"
        "assert CliRunner().invoke(cli, ['report', '--help']).exit_code == 0\n"
        "print(*[name for name in ('torch', 'pandas', 'pyarrow', 'jinja2', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
