"""cxrbench leaderboard build: output, exit codes, options."""

import json

import pytest
from board_runs import TASK, Model, made

from cxrbench.cli.main import main


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["leaderboard", "build", *map(str, arguments), "--resamples", "200", "--no-cache", "--trust", TASK])
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


@pytest.fixture
def runs(tmp_path):
    made(tmp_path / "runs", Model("alpha", 0.6), Model("beta", 0.5), Model("floor", 0.3, is_baseline=True))
    return tmp_path / "runs"


def test_the_page_to_open_and_the_leaders_are_printed(capsys, runs, tmp_path):
    (runs / "broken").mkdir()
    (runs / "broken" / "run.json").write_text("{")
    code, out, err = call(capsys, runs, "--out", tmp_path / "site")
    assert code == 0
    assert (tmp_path / "site" / "index.html").is_file()
    assert "numbers--plain" in out
    assert "alpha" in out
    assert "broken: run.json is damaged" in out
    assert out.strip().endswith(f"open {tmp_path / 'site' / 'index.html'}")
    assert "ranking numbers, protocol plain: 3 rows" in err


def test_json_is_one_document(capsys, runs, tmp_path):
    code, out, _ = call(capsys, runs, "--out", tmp_path / "site", "--json")
    record = json.loads(out)
    assert code == 0
    assert record["tables"][0]["first"] == ["alpha"]
    assert record["left_out"] == []
    assert "index.html" in record["files"]


def test_nothing_to_show_ends_with_1_and_nothing_at_all_with_3(capsys, tmp_path):
    (tmp_path / "runs" / "broken").mkdir(parents=True)
    assert call(capsys, tmp_path / "runs", "--out", tmp_path / "site")[0] == 3
    (tmp_path / "runs" / "broken" / "run.json").write_text("{")
    assert call(capsys, tmp_path / "runs", "--out", tmp_path / "site")[0] == 1
    code, _, err = call(capsys, tmp_path / "absent")
    assert code == 3
    assert "no such folder" in err


def test_a_second_call_uses_the_cache_folder(capsys, runs, tmp_path):
    arguments = ["--out", tmp_path / "site", "--cache", tmp_path / "cache", "--resamples", 200, "--trust", TASK]
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            main(["leaderboard", "build", str(runs), *map(str, arguments)])
        assert ended.value.code == 0
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {"results", "ranks", "tests"}
