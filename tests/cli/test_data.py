"""`cxrbench data prepare | check | explore` for the question answering data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from qba_index_folder import write_qba

from cxrbench.cli.main import cli, main


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["data", *map(str, arguments)], catch_exceptions=False, standalone_mode=False)


def exit_code(*arguments: object) -> object:
    with pytest.raises(SystemExit) as caught:
        main(["data", *map(str, arguments)])
    return caught.value.code


def test_prepare_builds_an_index_and_explore_writes_its_page(tmp_path: Path) -> None:
    write_qba(tmp_path / "in", 4)
    made = invoke("prepare", "mimic-qba", "--data-root", tmp_path / "in", "--out", tmp_path / "index", "--workers", 1)
    assert made.stdout.startswith(f"{tmp_path / 'index'}: 48 questions of 4 studies")
    assert "unmapped_region" in made.stderr
    again = invoke("prepare", "mimic-qba", "--data-root", tmp_path / "in", "--out", tmp_path / "index")
    assert again.stdout == made.stdout
    page = tmp_path / "page.html"
    shown = invoke("explore", "--data-root", tmp_path / "in", "--index", tmp_path / "index", "--out", page)
    assert shown.stdout == f"{page}\n"
    assert "48" in page.read_text()


def test_explore_builds_an_index_in_the_cache_where_none_is_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXRBENCH_CACHE", str(tmp_path / "cache"))
    write_qba(tmp_path / "in", 2)
    for _ in range(2):
        shown = invoke("explore", "--data-root", tmp_path / "in", "--out", tmp_path / "page.html")
        assert "building one in" in shown.stderr
    (folder,) = (tmp_path / "cache").iterdir()
    assert (folder / "index.json").is_file()


def test_check_ends_with_1_where_something_is_missing_and_lists_it(tmp_path: Path) -> None:
    write_qba(tmp_path, 3, change={1: lambda _: b"{"})
    found = invoke("check", "mimic-qba", "--data-root", tmp_path)
    assert found.return_value == 1
    assert "cannot be read; the study has no row" in found.stdout
    assert found.stdout.splitlines()[-1] == "INCOMPLETE"
    document = json.loads(invoke("check", "mimic-qba", "--data-root", tmp_path, "--json").stdout)
    assert document["complete"] is False
    assert any(item["names"][0].startswith("s99000002") for item in document["findings"] if item["serious"])


@pytest.mark.parametrize("verb", ["check", "prepare", "explore"])
def test_an_unknown_data_set_is_a_usage_error_with_the_known_ones(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = [] if verb == "check" else ["--out", "x"]
    assert exit_code(verb, "mimik-qba", *out) == 2
    assert "mimic-qba" in capsys.readouterr().err


def test_data_that_are_not_there_end_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("check", "slake"), ("check", "mimic-report"), ("prepare", "mimic-qba", "--out", "x")):
        assert exit_code(*arguments, "--data-root", tmp_path) == 3
        assert "error:" in capsys.readouterr().err
