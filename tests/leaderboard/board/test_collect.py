"""Every run below a folder is either read or listed with a reason; nothing breaks the walk."""

import json
import os

import pytest
from board_runs import Model, copied, edited, made

from cxrbench.core.errors import DataError
from cxrbench.leaderboard.board.cache import Cache
from cxrbench.leaderboard.board.collect import collect


@pytest.fixture
def one(tmp_path):
    (folder,) = made(tmp_path / "runs", Model("alpha", 0.6), protocols=("plain", "other"))
    return folder


def collected(root, cache=None):
    found = collect(root, Cache(cache))
    return found.runs, {item.path: item.reason for item in found.left_out}


def test_a_run_is_found_under_each_of_its_protocols(one, tmp_path):
    runs, left_out = collected(tmp_path)
    assert [run.results["protocol"] for run in runs] == ["plain", "other"]
    assert left_out == {}
    assert runs[0].path == str(one.relative_to(tmp_path))
    assert len(runs[0].statistics) == 64


def test_the_run_folder_itself_can_be_named(one):
    runs, _ = collected(one)
    assert runs[0].path == "."


def test_a_protocol_whose_results_are_damaged_leaves_the_other_in(one, tmp_path):
    (one / "results-other.json").write_text('{"schema"')
    runs, left_out = collected(tmp_path)
    assert [run.results["protocol"] for run in runs] == ["plain"]
    ((path, reason),) = left_out.items()
    assert path.endswith("(other)")
    assert "results-other.json is damaged" in reason


@pytest.mark.parametrize("status", ["running", "predicted", "interrupted", "failed", "strange"])
def test_a_run_that_was_not_scored_is_listed(one, tmp_path, status):
    edited(one, "run.json", lambda record: record.update(status=status))
    runs, left_out = collected(tmp_path)
    assert not runs
    assert len(left_out) == 1


def test_pieces_of_a_run_are_listed(one, tmp_path):
    (one / "run.json").unlink()
    runs, left_out = collected(tmp_path)
    assert not runs
    assert "run.json is missing beside results.json" in next(iter(left_out.values()))


def test_results_of_another_run_are_not_taken(one, tmp_path):
    edited(one, "results.json", lambda record: record.update(model="other"))
    runs, left_out = collected(tmp_path)
    assert len(runs) == 1
    assert "of another run: model 'other' instead of 'alpha'" in next(iter(left_out.values()))


def test_results_that_disagree_on_the_phantom_are_not_taken(one, tmp_path):
    edited(one, "results.json", lambda record: record.update(phantom=True))
    _, left_out = collected(tmp_path)
    assert "disagree on whether the data are a phantom" in next(iter(left_out.values()))


def test_a_protocol_is_no_path(one, tmp_path):
    edited(one, "run.json", lambda record: record["identity"].update(protocols=["plain", "../../secret"]))
    _, left_out = collected(tmp_path)
    assert list(left_out.values()) == ["the name of the protocol is no file name"]
    edited(one, "run.json", lambda record: record["identity"].update(protocols=["plain", "a\0b"]))
    assert len(collected(tmp_path)[1]) == 1


def test_a_pipe_in_place_of_a_file_does_not_stop_the_walk(one, tmp_path):
    (one / "results.json").unlink()
    os.mkfifo(one / "results.json")
    (one / "statistics.parquet").unlink()
    os.mkfifo(one / "statistics.parquet")
    runs, left_out = collected(tmp_path)
    assert "results.json is missing" in next(iter(left_out.values()))
    assert runs[0].statistics is None


def test_a_loop_of_links_ends(one, tmp_path):
    (one / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert len(collected(tmp_path)[0]) == 2


def test_what_cannot_be_parsed_twice_is_parsed_once(one, tmp_path):
    first, _ = collected(tmp_path / "runs", tmp_path / "cache")
    again, _ = collected(tmp_path / "runs", tmp_path / "cache")
    assert [run.results for run in first] == [run.results for run in again]
    (kept, *_) = sorted((tmp_path / "cache").glob("results/*/*.json"))
    kept.write_text("damaged")
    assert [run.results for run in collected(tmp_path / "runs", tmp_path / "cache")[0]] == [
        run.results for run in first
    ]


def test_the_cache_follows_the_content(one, tmp_path):
    collected(tmp_path / "runs", tmp_path / "cache")
    edited(one, "results.json", lambda record: record["scores"]["quality"].update(value=0.125))
    runs, _ = collected(tmp_path / "runs", tmp_path / "cache")
    assert runs[0].results["scores"]["quality"]["value"] == 0.125


def test_thousands_of_folders_are_walked(one, tmp_path):
    broken = tmp_path / "runs" / "broken"
    for number in range(2000):
        (broken / str(number)).mkdir(parents=True)
        (broken / str(number) / "run.json").write_text(json.dumps({"schema": f"cxrbench.run/{number + 2}"}))
    runs, left_out = collected(tmp_path)
    assert (len(runs), len(left_out)) == (2, 2000)


def test_a_copy_is_found_too(one, tmp_path):
    copied(one, "copy")
    assert len(collected(tmp_path)[0]) == 4


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        collect(tmp_path / "absent", Cache(None))
