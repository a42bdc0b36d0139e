"""What is ranked in a table, what is refused by which score and why, and what the cache keeps."""

import pyarrow.parquet as parquet
import pytest
from board_runs import TASK, Model, edited, made

from cxrbench.core.comparing import compare
from cxrbench.leaderboard.board import analysis, pool
from cxrbench.leaderboard.board.analysis import Settings, analyse
from cxrbench.leaderboard.board.cache import Cache
from cxrbench.leaderboard.board.collect import collect
from cxrbench.leaderboard.board.tables import sort_into_tables
from cxrbench.statistics.corrections import holm

SETTINGS = Settings(resamples=300, trials=300)
TRUSTED = frozenset({TASK, "board_runs:Newer", "board_runs:Few"})
SCORES = ("quality", "ratio", "cost", "middle")


def analysed(root, scores=SCORES, cache=None, trusted=TRUSTED, settings=SETTINGS):
    (table, *_), _ = sort_into_tables(collect(root, Cache(None)).runs)
    rows = sorted(table.rows, key=lambda row: row.label)
    found = analyse(rows, scores, settings, Cache(cache), trusted)
    return [row.label for row in rows], found


@pytest.fixture
def runs(tmp_path):
    models = [Model("a", 0.6), Model("b", 0.6), Model("c", 0.5), Model("floor", 0.3, is_baseline=True)]
    made(tmp_path / "runs", *models)
    return tmp_path / "runs"


def test_models_are_ranked_by_every_score_in_its_direction(runs):
    _, found = analysed(runs)
    for score in ("quality", "cost", "middle"):
        assert {place: (rank["rank"], rank["high"]) for place, rank in found[score]["ranks"].items()} == {
            "0": (1, 2),
            "1": (1, 2),
            "2": (3, 3),
        }
        assert found[score]["beats"]["0"] == [2, 3]
        assert (found[score]["groups"], found[score]["examples"]) == (30, 60)


def test_floors_take_part_in_comparisons_but_get_no_rank(runs):
    _, found = analysed(runs)
    assert "3" not in found["quality"]["ranks"]
    assert 3 in found["quality"]["beats"]["2"]
    assert found["quality"]["order"][-1] == 3


def test_tests_are_against_the_leader_and_between_neighbours_corrected_together(runs):
    _, found = analysed(runs)
    tests = found["quality"]["tests"]
    order = found["quality"]["order"]
    assert [(test["one"], test["other"], test["kind"]) for test in tests] == [
        (order[0], order[1], "leader"),
        (order[0], order[2], "leader"),
        (order[0], order[3], "leader"),
        (order[1], order[2], "neighbours"),
    ]
    expected = holm([test["p"] for test in tests])
    assert [test["p_holm"] for test in tests] == pytest.approx(expected, rel=1e-9)


def test_p_values_and_differences_are_those_of_compare(runs, monkeypatch):
    monkeypatch.setenv("CXRBENCH_TRUST", "board_runs:Numbers")
    labels, found = analysed(runs)
    test = found["ratio"]["tests"][0]
    paths = {path.parent.parent.name: path.parent for path in runs.glob("**/run.json")}
    one, other = paths[labels[test["one"]]], paths[labels[test["other"]]]
    record = compare([other, one], scores=["ratio"], resamples=300).record["comparisons"][0]["scores"]["ratio"]
    assert test["p"] == record["p"]
    assert test["difference"] == record["difference"]
    assert test["ci95"] == pytest.approx(record["ci95"])


def test_the_detectable_difference_shrinks_with_n_and_names_its_basis(runs, tmp_path):
    _, found = analysed(runs)
    many = found["quality"]["detectable"]
    assert many["basis"] == "models"
    assert many["difference"] == pytest.approx(2.9 * many["error"], rel=0.05)
    made(tmp_path / "few", Model("a", 0.6), task="board_runs:Few")
    _, alone = analysed(tmp_path / "few", settings=SETTINGS)
    assert alone["quality"]["reasons"] == {"0": "only 6 resampling units: too few to tell models apart"}
    made(tmp_path / "one", Model("a", 0.6))
    _, single = analysed(tmp_path / "one")
    assert single["quality"]["detectable"]["basis"] == "one"


def test_a_score_that_is_undefined_for_a_model_leaves_only_that_model_out(runs):
    _, found = analysed(runs)
    assert found["ratio"]["reasons"]["3"].startswith("undefined")
    assert set(found["ratio"]["ranks"]) == {"0", "1", "2"}


def test_another_signature_is_not_ranked_with_the_others(runs):
    made(runs, Model("odd", 0.9), task="board_runs:Newer")
    labels, found = analysed(runs)
    place = str(labels.index("odd"))
    assert found["quality"]["reasons"][place] == "another signature: mean|version:2"
    assert place not in found["quality"]["ranks"]
    assert place in found["middle"]["ranks"]


def test_missing_damaged_and_false_statistics_are_named(runs):
    paths = {path.parent.parent.name: path.parent for path in runs.glob("**/run.json")}
    (paths["a"] / "statistics.parquet").unlink()
    (paths["b"] / "statistics.parquet").write_bytes(b"PAR1 but not really")
    edited(paths["c"], "results.json", lambda record: record["scores"]["quality"].update(value=0.123))
    _, found = analysed(runs, scores=("quality",))
    reasons = found["quality"]["reasons"]
    assert reasons["0"].startswith("statistics.parquet is missing")
    assert reasons["1"].startswith("statistics.parquet cannot be read")
    assert "do not reproduce its quality" in reasons["2"]
    assert found["quality"]["ranks"] == {}
    assert all("/" not in reason for reason in reasons.values())


def test_other_examples_are_not_ranked_together(runs):
    path = next(path.parent for path in runs.glob("numbers/b/*/run.json")) / "statistics.parquet"
    table = parquet.read_table(path)
    ids = [f"x{name}" for name in table["id"].to_pylist()]
    parquet.write_table(table.set_column(0, "id", [ids]), path)
    _, found = analysed(runs)
    assert found["quality"]["reasons"]["1"] == "other examples or groups than the other runs"


def test_statistics_of_hostile_types_are_named_not_raised(runs):
    path = next(path.parent for path in runs.glob("numbers/b/*/run.json")) / "statistics.parquet"
    table = parquet.read_table(path)
    place = table.column_names.index("plain/mean/value")
    parquet.write_table(table.set_column(place, "plain/mean/value", [["text"] * 60]), path)
    _, found = analysed(runs, scores=("quality",))
    assert found["quality"]["reasons"]["1"]


def test_a_second_build_computes_nothing(runs, tmp_path, monkeypatch):
    first = analysed(runs, cache=tmp_path / "cache")
    monkeypatch.setattr(analysis, "load_pool", None)
    assert analysed(runs, cache=tmp_path / "cache") == first


def test_a_new_run_costs_only_its_own_tests(runs, tmp_path, monkeypatch):
    analysed(runs, cache=tmp_path / "cache")
    made(runs, Model("new", 0.55))
    asked = []
    original = analysis.randomisation_tests

    def counted(metric, statistics, names, pairs, scores, **options):
        asked.extend(pairs)
        return original(metric, statistics, names, pairs, scores, **options)

    monkeypatch.setattr(analysis, "randomisation_tests", counted)
    labels, _ = analysed(runs, scores=("quality",), cache=tmp_path / "cache")
    assert asked
    _, fresh = analysed(runs, scores=("quality",))
    assert labels.index("new") in {
        place for test in fresh["quality"]["tests"] for place in (test["one"], test["other"])
    }


def test_other_settings_or_content_give_another_result(runs, tmp_path):
    _, first = analysed(runs, cache=tmp_path / "cache")
    _, other = analysed(runs, cache=tmp_path / "cache", settings=Settings(300, 300, seed=1))
    assert first["quality"]["tests"] != other["quality"]["tests"]


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(runs, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert analysed(runs, cache=tmp_path / "file")[1] == analysed(runs)[1]


def test_code_that_a_run_names_is_not_imported_unless_trusted(runs):
    _, found = analysed(runs, trusted=frozenset())
    assert set(found["quality"]["reasons"].values()) == {
        "the task 'numbers' is not installed here (your own: --trust MODULE:NAME)"
    }


def test_a_metric_that_a_run_names_is_never_called(runs, monkeypatch):
    called = []
    monkeypatch.setattr("os.system", called.append)
    for path in runs.glob("**/run.json"):
        edited(path.parent, "run.json", lambda record: record["config"].update(metrics=["os:system"]))
    _, found = analysed(runs)
    assert not called
    assert set(found["quality"]["reasons"].values()) == {
        "its metrics are not installed here (your own: --trust MODULE:NAME)"
    }


def test_a_run_cannot_switch_the_network_on(runs, monkeypatch):
    seen = []
    original = pool.metrics_without_data

    def watched(run, scores):
        seen.append(dict(run.config.metric_options))
        return original(run, scores)

    monkeypatch.setattr(pool, "metrics_without_data", watched)
    for path in runs.glob("**/run.json"):
        options = {"provider_network": True, "uncertain": "negative"}
        edited(
            path.parent, "run.json", lambda record, options=options: record["config"].update(metric_options=options)
        )
    analysed(runs)
    assert seen
    assert all("provider_network" not in options for options in seen)
