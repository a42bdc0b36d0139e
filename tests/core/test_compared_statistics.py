"""Where the numbers of a comparison come from, and which examples they are of."""

import shutil
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pyarrow.parquet as parquet
import pytest
from compared_runs import Half, Notes, found, only

import cxrbench
from cxrbench.core.errors import DataError, RunFolderError
from cxrbench.metrics.base import Metric, Statistics
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.text import Rouge
from cxrbench.tasks.iu_report import IuReport


def test_the_data_are_not_needed_and_measuring_again_gives_the_same(base, constant, retrieval, tmp_path):
    notes = Notes()
    stored = found(constant, retrieval, strata=["length"], reporter=notes)
    assert (stored["statistics_from"], notes.notes) == ("statistics.parquet", [])
    copy = shutil.copytree(retrieval, tmp_path / "copy")
    (copy / "statistics.parquet").unlink()
    again = found(constant, copy, strata=["length"], reporter=notes)
    assert again["statistics_from"] == "predictions.jsonl"
    assert "measuring the predictions again" in notes.notes[0]
    assert {**again, "statistics_from": "", "runs": []} == {**stored, "statistics_from": "", "runs": []}


def test_statistics_that_do_not_give_the_stored_score_are_not_trusted(constant, retrieval, tmp_path):
    copy = shutil.copytree(retrieval, tmp_path / "copy")
    table = parquet.read_table(copy / "statistics.parquet")
    place = table.column_names.index("cxrbench/rouge/rouge_l")
    changed = [1.0, *table["cxrbench/rouge/rouge_l"].to_pylist()[1:]]
    parquet.write_table(table.set_column(place, "cxrbench/rouge/rouge_l", [changed]), copy / "statistics.parquet")
    notes = Notes()
    record = found(constant, copy, reporter=notes)
    assert "do not reproduce its rouge_l" in notes.notes[0]
    assert only(record) == only(found(constant, retrieval))
    (copy / "statistics.parquet").write_bytes(b"PAR1 but not really")
    assert only(found(constant, copy)) == only(record)


def test_without_statistics_and_without_data_the_error_names_the_data_root(base, tmp_path):
    copy = shutil.copytree(base.data_root, tmp_path / "data")
    paths = [
        cxrbench.run(replace(base, model=model, data_root=copy, out=tmp_path)).folder.path
        for model in ("baseline:constant", "baseline:empty")
    ]
    shutil.rmtree(copy)
    assert found(*paths)["statistics_from"] == "statistics.parquet"
    (paths[0] / "statistics.parquet").unlink()
    with pytest.raises(DataError):
        found(*paths)
    assert found(*paths, data_root=base.data_root)["statistics_from"] == "predictions.jsonl"
    reports = shutil.copytree(base.data_root, tmp_path / "other") / "indiana_reports.csv"
    reports.write_text(reports.read_text().replace("clear", "dense"))
    with pytest.raises(DataError, match="changed since the runs"):
        found(*paths, data_root=reports.parent)


class Needy(IuReport):
    """A task of a third party that looks at its examples to build metrics."""

    name = "needy"
    asked = 0

    def build_metrics(self, protocol, data, selection=None, options=None):
        assert data.examples[0].id
        return super().build_metrics(protocol, data, selection, options)


def test_a_task_whose_metrics_need_the_data_is_measured_again(base, tmp_path, monkeypatch):
    monkeypatch.setenv("CXRBENCH_TRUST", "test_compared_statistics:Needy")
    config = replace(base, task="test_compared_statistics:Needy", out=tmp_path)
    paths = [cxrbench.run(replace(config, model=f"baseline:{kind}")).folder.path for kind in ("constant", "empty")]
    notes = Notes()
    assert found(*paths, reporter=notes)["statistics_from"] == "predictions.jsonl"
    assert "the metrics of needy need its data" in notes.notes[0]


def test_an_incomplete_run_is_refused_and_compared_on_what_both_scored(base, iu_root, tmp_path):
    config = replace(base, out=tmp_path)
    whole = cxrbench.run(config, adapter=Half()).folder.path
    failed = [example.id for example in IuReport().load(cxrbench.TaskOptions(iu_root)).examples][:5]
    broken = cxrbench.run(replace(config, out=tmp_path / "broken"), adapter=Half(lambda id: id in failed)).folder.path
    with pytest.raises(RunFolderError, match=f"{len(failed)} of 16 examples of B failed"):
        found(whole, broken)
    record = found(whole, broken, on="common")
    assert record["n"] == 16 - len(failed)
    assert record["statistics_from"] == "statistics.parquet"
    assert record["dropped"]["n"] == len(failed)
    assert record["dropped"]["missing_in"] == {"A": 0, "B": len(failed)}
    assert record["dropped"]["failed_in_all"] == 0
    assert sorted(failed) == record["dropped"]["ids"]
    counts = record["dropped"]["strata"]["finding"]
    assert sum(item["dropped"] for item in counts.values()) == len(failed)
    assert sum(item["kept"] for item in counts.values()) == 16 - len(failed)
    # The same answers, so the shared examples must score the same although the runs as a whole do not.
    assert all(item["difference"] == 0 for item in only(record)["scores"].values())
    assert cxrbench.load_results(whole)["rouge_l"].value != cxrbench.load_results(broken)["rouge_l"].value
    twice = found(broken, broken, on="common")
    assert (twice["dropped"]["n"], twice["dropped"]["failed_in_all"]) == (0, len(failed))


def test_a_partial_run_is_compared_with_a_whole_one_by_the_same_references(base, constant, tmp_path):
    """CIDEr weighs n-grams by the references of the run: a sample must not be held against other weights."""
    part = cxrbench.run(replace(base, limit=7, out=tmp_path)).folder.path
    with pytest.raises(RunFolderError, match="9 examples that another run scored are not scored in B"):
        found(constant, part)
    notes = Notes()
    record = found(constant, part, on="common", reporter=notes)
    assert "cider learnt from different references" in notes.notes[0]
    assert record["n"] == 7
    assert all(item["difference"] == 0 for item in only(record)["scores"].values())
    assert any("PARTIAL" in note for note in record["notes"])
    light = found(constant, part, on="common", scores=["rouge_l", "bleu_4"])
    assert light["statistics_from"] == "statistics.parquet"
    for score in ("rouge_l", "bleu_4"):
        assert only(light)["scores"][score] | {"p_corrected": 0} == only(record)["scores"][score] | {"p_corrected": 0}


def test_partial_runs_over_the_same_sample_are_compared(base, tmp_path):
    paths = [
        cxrbench.run(replace(base, model=f"baseline:{kind}", limit=7, out=tmp_path)).folder.path
        for kind in ("constant", "empty")
    ]
    record = found(*paths)
    assert (record["n"], record["dropped"], record["statistics_from"]) == (7, None, "statistics.parquet")
    assert all(run["partial"] for run in record["runs"])


def test_runs_without_a_common_example_are_refused(base, iu_root, tmp_path):
    ids = sorted(example.id for example in IuReport().load(cxrbench.TaskOptions(iu_root)).examples)
    low = cxrbench.run(replace(base, out=tmp_path / "a"), adapter=Half(lambda id: id in ids[:8])).folder.path
    high = cxrbench.run(replace(base, out=tmp_path / "b"), adapter=Half(lambda id: id in ids[8:])).folder.path
    with pytest.raises(RunFolderError, match="no scored example in common"):
        found(low, high, on="common")


class Picky(Rouge):
    """Uses every other reference only."""

    def usable(self, reference):
        return int(reference.id) % 2 == 0


class WordLengths(Metric):
    """Mean length of all words said: a ragged statistic, not additive."""

    name = "word_lengths"
    additive = False
    scores: ClassVar = {"mean_word_length": "lower"}

    def signature(self):
        return "word_lengths"

    def measure(self, pairs, state):
        lengths = [
            np.array([len(word) for word in pairs.hypothesis(row).split()], float) for row in range(len(pairs))
        ]
        return Statistics((), np.zeros((len(pairs), 0)), {"lengths": lengths})

    def aggregate(self, statistics, weights):
        sums, counts = ([f(row) for row in statistics.lists["lengths"]] for f in (np.sum, len))
        with np.errstate(all="ignore"):
            return {"mean_word_length": (weights @ np.array(sums)) / (weights @ np.array(counts, float))}


class Odd(IuReport):
    """A task with a metric that cannot use every example, and a ragged one."""

    name = "odd"
    metrics = ("picky", "word_lengths")
    headline = ("rouge_l", "mean_word_length")

    def build_metrics(self, protocol, data, selection=None, options=None):
        return [Picky(get_protocol(protocol)), WordLengths()]


def test_ragged_statistics_and_examples_a_metric_cannot_use_are_read_back(base, iu_root, tmp_path, monkeypatch):
    monkeypatch.setenv("CXRBENCH_TRUST", "test_compared_statistics:Odd")
    config = replace(base, task="test_compared_statistics:Odd", metrics=(), out=tmp_path)
    paths = [cxrbench.run(replace(config, model=f"baseline:{kind}")).folder.path for kind in ("constant", "random")]
    notes = Notes()
    stored = found(*paths, strata=["finding"], reporter=notes)
    assert (stored["statistics_from"], notes.notes) == ("statistics.parquet", [])
    even = [
        example.id for example in IuReport().load(cxrbench.TaskOptions(iu_root)).examples if int(example.id) % 2 == 0
    ]
    scores = only(stored)["scores"]
    assert scores["rouge_l"]["n"] == len(even) < 16
    assert scores["mean_word_length"]["n"] == 16
    assert {item["id"] for item in only(stored)["flips"]["values"]["rouge_l"]["most_worsened"]} <= set(even)
    said = [cxrbench.RunFolder.open(path).read_predictions() for path in paths]
    means = [np.mean([len(word) for item in answers.values() for word in item.text.split()]) for answers in said]
    assert scores["mean_word_length"]["difference"] == pytest.approx(means[1] - means[0])
    assert scores["mean_word_length"]["t_test"] is None
    (paths[0] / "statistics.parquet").unlink()
    again = found(*paths, strata=["finding"])
    assert again["statistics_from"] == "predictions.jsonl"
    assert only(again) == only(stored)
