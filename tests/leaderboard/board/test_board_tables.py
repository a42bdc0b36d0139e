"""Which runs stand in one table, which are ranked there, and which a newer run replaces."""

import shutil

import pytest
from board_runs import Model, copied, edited, made

from cxrbench.leaderboard.board.cache import Cache
from cxrbench.leaderboard.board.collect import collect
from cxrbench.leaderboard.board.disclosure import trained_on_this
from cxrbench.leaderboard.board.tables import sort_into_tables


def sorted_runs(root, **options):
    tables, left_out = sort_into_tables(collect(root, Cache(None)).runs, **options)
    return tables, {item.path: item.reason for item in left_out}


def rows(table):
    return {row.label: (row.kind, row.reason) for row in table.rows}


def test_phantom_and_real_data_never_share_a_table(tmp_path):
    made(tmp_path, Model("alpha", 0.6))
    made(tmp_path, Model("beta", 0.6), task="board_runs:Fantasy")
    tables, _ = sorted_runs(tmp_path)
    assert [(table.key.phantom, [row.label for row in table.rows]) for table in tables] == [
        (False, ["alpha"]),
        (True, ["beta"]),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["identity"].update(data="another"),
        lambda record: record["identity"].update(split="val"),
        lambda record: record["identity"].update(task_version="2"),
        lambda record: record["data"].update(name="another"),
    ],
)
def test_other_data_split_or_version_make_another_table(tmp_path, change):
    _, second = made(tmp_path, Model("alpha", 0.6), Model("beta", 0.6))
    assert len(sorted_runs(tmp_path)[0]) == 1
    edited(second, "run.json", change)
    assert len(sorted_runs(tmp_path)[0]) == 2


def test_failed_partial_and_oracle_runs_are_rows_without_rank(tmp_path):
    folders = made(
        tmp_path, Model("alpha", 0.6), Model("fails", 0.6, fails=("e003",)), Model("floor", 0.3, is_baseline=True)
    )
    made(tmp_path, Model("part", 0.6), limit=20)
    edited(folders[0], "run.json", lambda record: record["model"].update(inputs=["frontal", "oracle_graph"]))
    ((table), *_), _ = sorted_runs(tmp_path)
    assert rows(table) == {
        "alpha": ("oracle", "its inputs are derived from the reference"),
        "fails": ("unranked", "incomplete: 1 of 60 examples failed and are unscored"),
        "floor": ("floor", ""),
        "part": ("unranked", "partial: a sample of 20 examples (--limit)"),
    }
    assert table.n == 60


def test_a_control_run_is_set_apart_and_replaces_nothing(tmp_path):
    made(tmp_path, Model("alpha", 0.6))
    made(tmp_path, Model("alpha", 0.6), control="blank")
    (table,), left_out = sorted_runs(tmp_path)
    assert sorted((row.kind, row.reason) for row in table.rows) == [
        ("control", "a control run: its films are blank"),
        ("model", ""),
    ]
    assert not left_out


def test_a_run_over_another_n_is_not_ranked(tmp_path):
    *_, odd = made(tmp_path, Model("alpha", 0.6), Model("beta", 0.6), Model("gamma", 0.6))
    edited(odd, "results.json", lambda record: record.update(n=59))
    (table,), _ = sorted_runs(tmp_path)
    assert rows(table)["gamma"] == ("unranked", "n = 59, the other runs have 60")


def test_a_repeated_run_replaces_the_older_one(tmp_path):
    (folder,) = made(tmp_path / "runs", Model("alpha", 0.6))
    copy = copied(folder, "newer")
    edited(copy, "run.json", lambda record: record["provenance"].update(ended="2999-01-01T00:00:00+00:00"))
    (table,), left_out = sorted_runs(tmp_path)
    assert [row.run.path.endswith("newer") for row in table.rows] == [True]
    (reason,) = left_out.values()
    assert "another run of the same model, inputs and seed is shown" in reason
    assert "newer" in reason


def test_a_newer_incomplete_run_does_not_replace_a_complete_one(tmp_path):
    (folder,) = made(tmp_path / "runs", Model("alpha", 0.6))
    copy = copied(folder, "newer")
    edited(copy, "run.json", lambda record: record["provenance"].update(ended="2999-01-01T00:00:00+00:00"))
    edited(copy, "results.json", lambda record: record.update(complete=False))
    (table,), _ = sorted_runs(tmp_path)
    assert not table.rows[0].run.path.endswith("newer")


def test_seeds_and_checkpoints_are_rows_that_say_so_or_only_the_newest(tmp_path):
    for seed in (0, 1):
        made(tmp_path, Model("alpha", 0.6), seed=seed)
    made(tmp_path, Model("beta", 0.6), Model("beta", 0.5, version="2"))
    (table,), left_out = sorted_runs(tmp_path)
    labels = sorted(row.label for row in table.rows)
    assert labels[:2] == ["alpha (seed 0)", "alpha (seed 1)"]
    assert len(labels) == 4
    assert labels[2] != labels[3]
    assert not left_out
    (table,), left_out = sorted_runs(tmp_path, newest=True)
    assert sorted(row.label for row in table.rows) == ["alpha", "beta"]
    assert len(left_out) == 2


def test_the_same_model_with_other_inputs_is_a_row_of_its_own(tmp_path):
    made(tmp_path, Model("alpha", 0.6))
    made(tmp_path, Model("alpha", 0.6), inputs=("frontal", "indication"))
    (table,), _ = sorted_runs(tmp_path)
    assert sorted(row.inputs for row in table.rows) == [("frontal",), ("frontal", "indication")]


def test_order_on_disk_does_not_matter(tmp_path):
    made(tmp_path / "one", Model("alpha", 0.6), Model("beta", 0.5))
    shutil.copytree(tmp_path / "one", tmp_path / "two" / "deeper")
    first, second = (sorted_runs(tmp_path / name)[0][0] for name in ("one", "two"))
    assert [row.label for row in first.rows] == [row.label for row in second.rows]


@pytest.mark.parametrize(
    ("trained_on", "dataset", "seen"),
    [
        (None, "iu-xray", "unknown"),
        ((), "iu-xray", "no"),
        (("IU X-Ray", "chexpert"), "iu-xray", "yes"),
        (("openi",), "iu-xray", "yes"),
        (("mimic-cxr",), "mimic-qba", "yes"),
        (("iu-xray-phantom",), "iu-xray", "no"),
        (("vqa_rad",), "vqa-rad", "yes"),
        (("own",), "own", "yes"),
    ],
)
def test_leakage_is_what_the_model_says_of_its_training_data(trained_on, dataset, seen):
    assert trained_on_this(trained_on, dataset) == seen
