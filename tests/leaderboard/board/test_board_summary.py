"""The summary as data: everything that the pages say, without a page."""

import json
import math

from board_runs import TASK, Model, edited, made

from cxrbench.leaderboard.board import build as board
from cxrbench.leaderboard.board.build import Options, build


def test_the_summary_is_plain_json(site):
    written = json.loads((site.folder / "leaderboard.json").read_text())
    assert {**json.loads(json.dumps(site.summary, allow_nan=False)), "files": written["files"]} == written


def test_a_table_says_what_it_is_of(table):
    assert (table["task"], table["protocol"], table["data"], table["split"]) == (
        "numbers",
        "plain",
        "numbers-data",
        "test:all",
    )
    assert (table["n"], table["phantom"], table["restricted"]) == (60, False, False)
    assert table["main"] == "quality"
    assert [score["name"] for score in table["scores"]] == ["quality", "ratio", "cost", "middle"]
    assert all(score["headline"] for score in table["scores"])


def test_rows_are_best_first_with_floors_at_the_end(table):
    values = [row["scores"]["quality"]["value"] for row in table["rows"]]
    assert values == sorted(values, reverse=True)
    assert [row["kind"] for row in table["rows"]] == ["model", "model", "model", "floor"]


def test_every_score_keeps_value_interval_and_n(table):
    for row in table["rows"][:3]:
        for score in table["scores"]:
            found = row["scores"][score["name"]]
            assert math.isfinite(found["value"])
            assert found["ci95"][0] <= found["value"] <= found["ci95"][1]
            assert found["n"] == 60


def test_ranks_beats_and_beaten_by_agree(table):
    rows = {row["id"]: row for row in table["rows"]}
    for row in table["rows"]:
        for score, found in row["ranks"].items():
            for other in found["beats"]:
                assert row["id"] in rows[other]["ranks"][score]["beaten_by"]
            if "rank" in found:
                models = [other for other in found["beaten_by"] if rows[other]["kind"] == "model"]
                worse = [other for other in found["beats"] if rows[other]["kind"] == "model"]
                assert found["rank"] == 1 + len(models)
                assert found["high"] == found["of"] - len(worse)
                assert len(found["tied"]) == found["of"] - 1 - len(models) - len(worse)


def test_leakage_and_inputs_are_columns(table):
    assert {row["label"]: row["seen"] for row in table["rows"]} == {
        "alpha": "yes",
        "beta": "no",
        "gamma": "unknown",
        "floor": "unknown",
    }
    assert all(row["inputs"] == ["frontal"] for row in table["rows"])


def test_models_shown_other_inputs_are_ranked_among_themselves(tmp_path, options):
    made(tmp_path, Model("alpha", 0.6), Model("beta", 0.5))
    made(tmp_path, Model("gamma", 0.9), inputs=("frontal", "indication"))
    (table,) = build(tmp_path, tmp_path / "site", options).summary["tables"]
    ranks = {row["label"]: row["ranks"]["quality"] for row in table["rows"]}
    assert (ranks["gamma"]["rank"], ranks["gamma"]["of"]) == (1, 1)
    assert (ranks["alpha"]["rank"], ranks["alpha"]["of"]) == (1, 2)
    assert [pool["inputs"] for pool in table["pools"]] == [["frontal"], ["frontal", "indication"]]


def test_tables_that_stand_apart_say_in_what_they_differ(tmp_path, options):
    made(tmp_path, Model("alpha", 0.6), protocols=("plain", "other"))
    made(tmp_path, Model("beta", 0.6), task="board_runs:Fantasy")
    summary = build(tmp_path, tmp_path / "site", options).summary
    apart = {table["id"]: table["apart"] for table in summary["tables"]}
    assert set(apart) == {"numbers--plain", "numbers--other", "numbers--plain--phantom"}
    assert {"id": "numbers--other", "differs_in": ["protocol"]} in apart["numbers--plain"]
    assert {"id": "numbers--plain--phantom", "differs_in": ["phantom and real data"]} in apart["numbers--plain"]


def test_a_task_that_is_not_installed_is_shown_unranked(runs, tmp_path):
    (table,) = build(runs, tmp_path / "site", Options()).summary["tables"]
    assert table["main"] == "quality"
    assert all(not row["ranks"] for row in table["rows"])
    assert all("not installed here" in row["not_ranked"]["quality"] for row in table["rows"][:3])


def test_scores_without_any_value_are_named_with_their_reason(tmp_path, options):
    made(tmp_path, Model("alpha", 0.6))
    for path in tmp_path.glob("**/results.json"):
        score = {
            "value": None,
            "ci95": None,
            "n": 60,
            "direction": "higher",
            "signature": "s",
            "reason": "no weights",
        }
        edited(path.parent, "results.json", lambda record, score=score: record["scores"].update(bertscore_f1=score))
    (table,) = build(tmp_path, tmp_path / "site", options).summary["tables"]
    assert table["undefined"] == {"bertscore_f1": "no weights"}
    assert "bertscore_f1" not in [score["name"] for score in table["scores"]]


def test_further_scores_can_be_ranked(tmp_path):
    made(tmp_path, Model("alpha", 0.6), Model("beta", 0.5))
    trusted = frozenset({TASK})
    for path in tmp_path.glob("**/results.json"):
        extra = {"value": 0.5, "ci95": None, "n": 60, "direction": "higher", "signature": "s"}
        edited(path.parent, "results.json", lambda record, extra=extra: record["scores"].update(strange=extra))
    options = Options(trusted=trusted, rank_by=("strange", "absent"))
    (table,) = build(tmp_path, tmp_path / "site", options).summary["tables"]
    assert table["ranked_by"] == ["quality", "ratio", "cost", "middle", "strange"]
    assert "no metric of numbers gives strange" in table["rows"][0]["not_ranked"]["strange"]


def test_restricted_data_are_marked(tmp_path, options):
    made(tmp_path, Model("alpha", 0.6))
    for path in tmp_path.glob("**/run.json"):
        edited(path.parent, "run.json", lambda record: record["data"].update(restricted=True))
    (table,) = build(tmp_path, tmp_path / "site", options).summary["tables"]
    assert table["restricted"]
    text = (tmp_path / "site" / "numbers--plain.html").read_text()
    assert "Restricted data." in text
    assert "e003" not in text


def test_building_twice_gives_the_same_bytes(runs, options, tmp_path, monkeypatch):
    monkeypatch.setattr(board, "provenance", lambda: {"cxrbench": "0", "git_commit": "abc"})
    first, again = (board.build(runs, tmp_path / name, options) for name in ("first", "again"))
    for name in first.files:
        assert (again.folder / name).read_bytes() == (first.folder / name).read_bytes()
