"""Rows, places and marks of a table for a paper."""

import json
import statistics

import numpy as np
import pytest

import cxrbench
from cxrbench.core.comparing import compare
from cxrbench.core.errors import RunFolderError, UsageError
from cxrbench.leaderboard.paper.significance import difference_p
from cxrbench.leaderboard.paper.table import _measured, build_table


def test_a_cell_repeats_the_value_and_interval_of_the_run(tabled, constant):
    table = tabled(constant)
    score = cxrbench.load_results(constant)["rouge_l"]
    cell = table.cells[0]["rouge_l"]
    assert (cell.value, cell.ci95) == (score.value, score.ci95)
    assert (cell.spread, cell.differs) == (None, None)
    assert (table.n, table.groups, table.tests) == (16, 16, 0)


def test_baselines_are_neither_best_nor_second_best_but_are_tested_against_the_best(
    tabled, constant, retrieval, as_models
):
    table = tabled(constant, *as_models(ours=retrieval))
    places = {row.label: cells["rouge_l"].place for row, cells in zip(table.rows, table.cells)}
    assert places == {"baseline-constant": None, "ours": 1}
    assert table.cells[0]["rouge_l"].p_corrected is not None
    assert table.tests == 2


def test_without_any_model_there_is_no_best_row_and_no_test(tabled, constant, retrieval):
    table = tabled(constant, retrieval)
    assert {cell.place for cells in table.cells for cell in cells.values()} == {None}
    assert table.tests == 0


def test_marks_are_those_of_the_paired_comparison_with_its_correction(tabled, constant, retrieval, as_models):
    first, second = as_models(one=constant, two=retrieval)
    table = tabled(first, second)
    record = compare([first, second], scores=["rouge_l", "bleu_4"], resamples=500).record
    expected = {score: found["p_corrected"] for score, found in record["comparisons"][0]["scores"].items()}
    shown = {
        score: next(cells[score].p_corrected for cells in table.cells if cells[score].place != 1)
        for score in ("rouge_l", "bleu_4")
    }
    assert shown == pytest.approx(expected)


def test_equal_values_share_a_place(tabled, constant, as_models):
    table = tabled(*as_models(one=constant, two=constant))
    assert [cells["bleu_4"].place for cells in table.cells] == [1, 1]
    assert not any(cells["bleu_4"].differs for cells in table.cells)


def test_several_seeds_of_one_model_are_one_row_with_mean_and_spread(tabled, seeds, retrieval):
    table = tabled(retrieval, *seeds)
    assert [(row.label, len(row.runs)) for row in table.rows] == [("baseline-retrieval", 1), ("baseline-random", 3)]
    values = [cxrbench.load_results(path)["bleu_4"].value for path in seeds]
    cell = table.cells[1]["bleu_4"]
    assert cell.value == pytest.approx(statistics.fmean(values))
    assert cell.spread == pytest.approx(np.std(values, ddof=1))
    assert cell.ci95 is None
    assert table.seeds


def test_differently_named_checkpoints_are_put_together_by_name(tabled, as_models, constant, retrieval):
    first, second = as_models(seed1=constant, seed2=retrieval)
    table = tabled(first, second, named={"ours": [first, second]})
    assert [(row.label, len(row.runs)) for row in table.rows] == [("ours", 2)]


def test_a_row_that_names_a_foreign_run_is_refused(tabled, constant, retrieval):
    with pytest.raises(UsageError, match="'ours' names a run that is not in the table"):
        tabled(constant, named={"ours": [retrieval]})


def test_a_run_in_two_rows_is_refused(tabled, constant, retrieval):
    with pytest.raises(UsageError, match="stands in rows 'a' and 'b'"):
        tabled(constant, retrieval, named={"a": [constant], "b": [constant]})


def test_runs_of_other_data_are_refused_with_the_reason(tabled, constant, as_models):
    (other,) = as_models(other=constant)
    record = json.loads((other / "run.json").read_text())
    record["identity"]["split"] = "r2gen:val"
    (other / "run.json").write_text(json.dumps(record))
    with pytest.raises(RunFolderError, match="split: r2gen:test in A, r2gen:val in B"):
        tabled(constant, other)


def test_an_unknown_score_is_refused_with_a_suggestion(tabled, constant):
    with pytest.raises(UsageError, match="bleu_5"):
        tabled(constant, scores=("bleu_5",))


def test_the_test_of_several_seeds_agrees_with_drawing_the_groups_one_by_one(constant, seeds):
    """The mean over seeds, bootstrapped naively: resample studies, score each run, average, subtract."""
    from pathlib import Path

    from cxrbench.core.comparability import open_runs
    from cxrbench.core.reporter import Silent

    runs = open_runs([Path(path) for path in (constant, *seeds)], None)
    measured, sample = _measured(runs, ("rouge_l",), 400, 0, None, Silent())
    rows = [measured[run.folder.path]["rouge_l"] for run in runs]
    shown = difference_p(rows[1:], rows[:1], sample, "rouge_l")

    values = [
        np.array([row.metric.aggregate(row.statistics, weights[None])["rouge_l"][0] for weights in np.eye(16)])
        for row in rows
    ]
    order = np.argsort(np.array(sample.groups))
    draws = np.random.default_rng(0).integers(0, 16, size=(400, 16))
    differences = [
        np.mean([value[order][draw].mean() for value in values[1:]]) - values[0][order][draw].mean() for draw in draws
    ]
    tail = min(sum(d <= 0 for d in differences), sum(d >= 0 for d in differences))
    assert shown == pytest.approx(min(1.0, 2 * (tail + 1) / 401))


def test_too_few_resamples_are_refused(constant):
    with pytest.raises(UsageError, match="at least 100"):
        build_table([constant], resamples=10)
