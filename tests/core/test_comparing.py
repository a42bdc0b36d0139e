import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pyarrow.parquet as parquet
import pytest
from iu_folder import small_collection

import cxrbench
from cxrbench.core.comparing import compare
from cxrbench.core.errors import DataError, RunFolderError, UnknownNameError, UsageError
from cxrbench.core.example_values import paired_values, right_or_wrong
from cxrbench.core.flips import changed_values
from cxrbench.core.margins import Margin, parse_margins
from cxrbench.core.paired_runs import Sample, compare_pair
from cxrbench.core.reporter import Silent
from cxrbench.core.types import ModelInfo, Prediction
from cxrbench.metrics.base import AdditiveMetric, Statistics
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.metrics.labels.scores import report_text
from cxrbench.statistics import Measured
from cxrbench.tasks.iu_report import IuReport

FAST = ("bleu", "rouge", "cider", "rules", "status")
HEADLINE = ["rules_micro_f1_14", "rules_macro_f1_14", "bleu_1", "bleu_4", "rouge_l", "cider", "empty_rate"]
EXACT = pytest.approx


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return small_collection(tmp_path_factory.mktemp("iu"), test=16)


@pytest.fixture(scope="module")
def base(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    return cxrbench.RunConfig("baseline:constant", "iu-report", root, metrics=FAST, resamples=100, out=out)


@pytest.fixture(scope="module")
def constant(base):
    return cxrbench.run(base).folder.path


@pytest.fixture(scope="module")
def retrieval(base):
    return cxrbench.run(replace(base, model="baseline:retrieval")).folder.path


class Half:
    """Answers like a fixed report, but fails on some ids."""

    def __init__(self, fails=lambda id: False, text="Lungs are clear. No pleural effusion or pneumothorax."):
        self.fails = fails
        self.text = text

    def describe(self):
        return ModelInfo("half", "1", "1")

    def predict(self, requests):
        if any(self.fails(request.id) for request in requests):
            raise RuntimeError("flaky device")
        return [Prediction(request.id, text=self.text) for request in requests]


class Notes(Silent):
    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(message)


def found(*paths, **options):
    return compare(paths, **{"resamples": 200, **options}).record


def only(record):
    (comparison,) = record["comparisons"]
    return comparison


def edited(folder, tmp_path, file, change):
    """A copy of a run folder with one JSON file changed."""
    copy = shutil.copytree(folder, tmp_path / f"copy{len(list(tmp_path.iterdir()))}")
    record = json.loads((copy / file).read_text())
    change(record)
    (copy / file).write_text(json.dumps(record))
    return copy


def test_identical_runs_differ_by_nothing_with_p_one(constant, tmp_path):
    record = found(constant, shutil.copytree(constant, tmp_path / "copy"))
    for score, item in only(record)["scores"].items():
        assert (item["difference"], item["ci95"], item["p"], item["p_corrected"]) == (0.0, [0.0, 0.0], 1.0, 1.0), (
            score
        )
        assert item["favours"] is None
    assert only(record)["scores"]["rouge_l"]["t_test"]["reason"] == "no pair differs"
    assert only(record)["scores"]["empty_rate"]["mcnemar"]["p"] is None
    assert only(record)["flips"]["values"]["rouge_l"]["equal"] == 16
    assert only(record)["flips"]["labels"]["rules"]["examples"] == []


def test_swapped_runs_turn_every_sign(constant, retrieval):
    scores = [*HEADLINE, "rules_f1/No Finding"]
    one, two = (only(found(*pair, scores=scores)) for pair in ((constant, retrieval), (retrieval, constant)))
    turned = {"run": "against", "against": "run", None: None}
    for score in scores:
        a, b = one["scores"][score], two["scores"][score]
        assert (a["value"], a["against"]) == (b["against"], b["value"])
        assert a["difference"] == EXACT(-b["difference"])
        assert a["ci95"] == EXACT([-b["ci95"][1], -b["ci95"][0]])
        assert (a["p"], a["p_corrected"], a["favours"]) == (b["p"], b["p_corrected"], turned[b["favours"]])
    assert one["scores"]["rouge_l"]["t_test"]["t"] == EXACT(-two["scores"]["rouge_l"]["t_test"]["t"])
    a, b = (side["scores"]["rules_f1/No Finding"]["mcnemar"] for side in (one, two))
    assert (a["only_run"], a["only_against"], a["p"]) == (b["only_against"], b["only_run"], b["p"])
    assert a["only_run"] + a["only_against"] > 0
    a, b = (side["flips"] for side in (one, two))
    assert a["values"]["rouge_l"]["better"] == b["values"]["rouge_l"]["worse"] > 0
    assert (a["labels"]["rules"]["gained"], a["labels"]["rules"]["lost"]) == (
        b["labels"]["rules"]["lost"],
        b["labels"]["rules"]["gained"],
    )


def test_values_are_those_of_the_runs_and_the_difference_is_run_minus_first(constant, retrieval):
    comparison = only(found(constant, retrieval))
    first, second = (cxrbench.load_results(path) for path in (constant, retrieval))
    assert list(comparison["scores"]) == HEADLINE
    for score, item in comparison["scores"].items():
        assert item["against"] == EXACT(first[score].value, abs=1e-9)
        assert item["value"] == EXACT(second[score].value, abs=1e-9)
        assert item["difference"] == EXACT(second[score].value - first[score].value, abs=1e-9)
        assert item["n"] == 16


def test_the_t_test_is_that_of_scipy_on_the_values_per_example(constant, retrieval):
    from scipy.stats import ttest_rel

    item = only(found(constant, retrieval))["scores"]["rouge_l"]["t_test"]
    b, a = (
        parquet.read_table(path / "statistics.parquet")["cxrbench/rouge/rouge_l"] for path in (constant, retrieval)
    )
    expected = ttest_rel(a.to_numpy(), b.to_numpy())
    assert (item["t"], item["p"], item["df"]) == (EXACT(expected.statistic), EXACT(expected.pvalue), 15)
    assert item["line"].startswith(f"t(15) = {expected.statistic:.2f}, p ")


def test_scores_that_are_no_mean_over_examples_have_no_t_test(constant, retrieval):
    scores = only(found(constant, retrieval, scores=[*HEADLINE, "rules_example_f1_14"]))["scores"]
    tested = [score for score, item in scores.items() if item["t_test"] is not None]
    assert tested == ["rouge_l", "cider", "empty_rate", "rules_example_f1_14"]
    with_mcnemar = {score for score, item in scores.items() if item["mcnemar"] is not None}
    assert "empty_rate" in with_mcnemar
    assert not with_mcnemar & {"rules_micro_f1_14", "rules_macro_f1_14", "bleu_1", "bleu_4", "rouge_l", "cider"}


def labels_right(path, root):
    """Which labels of which example are right, from the texts, without any statistics."""
    data = IuReport().load(cxrbench.TaskOptions(root))
    said = cxrbench.RunFolder.open(path).read_predictions()
    labeler = get_labeler("rules")
    positive = lambda labels: {name for name, value in labels.items() if value in (1, -1)}  # noqa: E731
    right = {}
    for example in data.examples:
        gold, given = labeler.label([report_text(example.reference), said[example.id].text])
        right[example.id] = {name for name in gold if (name in positive(gold)) == (name in positive(given))}
    return right


def test_changed_labels_and_their_mcnemar_are_those_of_the_texts(constant, retrieval, root):
    before, after = labels_right(constant, root), labels_right(retrieval, root)
    comparison = only(found(constant, retrieval, scores=["rules_f1/No Finding"], flips=100))
    listed = {item["id"]: item for item in comparison["flips"]["labels"]["rules"]["examples"]}
    assert set(listed) == {name for name in before if before[name] != after[name]}
    for name, item in listed.items():
        assert set(item["gained"]) == after[name] - before[name]
        assert set(item["lost"]) == before[name] - after[name]
    counts = comparison["scores"]["rules_f1/No Finding"]["mcnemar"]
    gained = sum("No Finding" in after[name] - before[name] for name in before)
    lost = sum("No Finding" in before[name] - after[name] for name in before)
    assert (counts["only_run"], counts["only_against"]) == (gained, lost)
    discordant = gained + lost
    tail = sum(math.comb(discordant, k) for k in range(min(gained, lost) + 1)) / 2**discordant
    assert (counts["method"], counts["p"]) == ("exact", EXACT(min(1.0, 2 * tail)))
    assert "χ²(1) = " in counts["line"]


def test_holm_corrects_over_all_scores_and_runs(base, constant, retrieval):
    empty = cxrbench.run(replace(base, model="baseline:empty")).folder.path
    record = found(constant, retrieval, empty, strata=["finding"])
    items = [item for comparison in record["comparisons"] for item in comparison["scores"].values()]
    assert record["correction"]["tests"] == len(items) == 14
    ordered = sorted(items, key=lambda item: item["p"])
    reached = 0.0
    for rank, item in enumerate(ordered):
        reached = max(reached, min(1.0, item["p"] * (14 - rank)))
        assert item["p_corrected"] == EXACT(reached)
    assert record["correction"]["tests_in_strata"] == 28
    plain = found(constant, retrieval, empty, correction="bonferroni")
    items = [item for comparison in plain["comparisons"] for item in comparison["scores"].values()]
    assert all(item["p_corrected"] == EXACT(min(1.0, 14 * item["p"])) for item in items)
    assert [item["name"] for item in record["runs"]] == ["A", "B", "C"]


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


def test_a_task_whose_metrics_need_the_data_is_measured_again(base, tmp_path):
    config = replace(base, task="test_comparing:Needy", out=tmp_path)
    paths = [cxrbench.run(replace(config, model=f"baseline:{kind}")).folder.path for kind in ("constant", "empty")]
    notes = Notes()
    assert found(*paths, reporter=notes)["statistics_from"] == "predictions.jsonl"
    assert "the metrics of needy need its data" in notes.notes[0]


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("run.json", lambda run: run["identity"].update(task="other-task"), "task: iu-report in A, other-task in B"),
        ("run.json", lambda run: run["identity"].update(task_version="9"), "version of the task: 1 in A, 9 in B"),
        ("run.json", lambda run: run["identity"].update(split="val"), "split: r2gen:test in A, val in B"),
        ("run.json", lambda run: run["identity"].update(data="feed"), "fingerprint of the data"),
        (
            "results.json",
            lambda results: results["scores"]["rouge_l"].update(signature="rouge|version:old"),
            "signature of rouge_l",
        ),
    ],
)
def test_runs_that_answer_different_questions_are_refused(constant, retrieval, tmp_path, file, change, said):
    with pytest.raises(RunFolderError) as caught:
        found(constant, edited(retrieval, tmp_path, file, change))
    assert said in str(caught.value)


def test_everything_that_differs_is_listed_at_once(constant, retrieval, tmp_path):
    def change(run):
        run["identity"].update(split="val", data="feed")

    with pytest.raises(RunFolderError) as caught:
        found(constant, edited(retrieval, tmp_path, "run.json", change), retrieval)
    assert str(caught.value).count("\n  - ") == 2


def test_a_signature_that_differs_matters_only_for_the_scores_compared(constant, retrieval, tmp_path):
    copy = edited(retrieval, tmp_path, "results.json", lambda item: item["scores"]["bleu_4"].update(signature="x"))
    assert list(only(found(constant, copy, scores=["rouge_l"]))["scores"]) == ["rouge_l"]


def test_another_protocol_is_refused_unless_all_runs_have_it(base, constant, tmp_path):
    both = cxrbench.run(replace(base, protocols=("raw", "cxrbench"), out=tmp_path)).folder.path
    raw = cxrbench.run(replace(base, protocols=("raw",), model="baseline:empty", out=tmp_path)).folder.path
    assert found(constant, both)["protocol"] == "cxrbench"
    assert found(both, raw)["protocol"] == "raw"
    with pytest.raises(UsageError, match="not scored under protocol 'cxrbench'"):
        found(constant, raw)
    assert only(found(constant, both))["scores"]["bleu_1"]["difference"] == 0


def test_an_incomplete_run_is_refused_and_compared_on_what_both_scored(base, root, tmp_path):
    config = replace(base, out=tmp_path)
    whole = cxrbench.run(config, adapter=Half()).folder.path
    failed = [example.id for example in IuReport().load(cxrbench.TaskOptions(root)).examples][:5]
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


def test_runs_without_a_common_example_are_refused(base, root, tmp_path):
    ids = sorted(example.id for example in IuReport().load(cxrbench.TaskOptions(root)).examples)
    low = cxrbench.run(replace(base, out=tmp_path / "a"), adapter=Half(lambda id: id in ids[:8])).folder.path
    high = cxrbench.run(replace(base, out=tmp_path / "b"), adapter=Half(lambda id: id in ids[8:])).folder.path
    with pytest.raises(RunFolderError, match="no scored example in common"):
        found(low, high, on="common")


def test_strata_are_compared_apart_with_the_values_of_the_runs(constant, retrieval):
    record = found(constant, retrieval, strata=["finding", "condition"])
    results = cxrbench.load_results(retrieval).record["strata"]
    for stratum in ("finding", "condition"):
        values = only(record)["strata"][stratum]
        assert set(values) == set(results[stratum])
        for value, part in values.items():
            assert part["n"] == results[stratum][value]["n"]
            for score, item in part["scores"].items():
                expected = results[stratum][value]["scores"][score]["value"]
                assert item["value"] == (None if expected is None else EXACT(expected, abs=1e-9)), (value, score)
    with pytest.raises(UnknownNameError, match="unknown stratum 'finding_'"):
        found(constant, retrieval, strata=["finding_"])


def test_margins_look_at_the_bound_of_the_advantage_in_the_direction_of_the_score():
    up, down = ({"direction": name, "ci95": [-0.03, 0.10]} for name in ("higher", "lower"))
    assert Margin("s", 0.04).check(up) == {"score": "s", "margin": 0.04, "lower": -0.03, "met": True}
    assert Margin("s", 0.03).check(up)["met"] is False
    assert Margin("s", 0.04).check(down) == {"score": "s", "margin": 0.04, "lower": -0.10, "met": False}
    assert Margin("s", 0.11).check(down)["met"] is True
    assert Margin("s", 1.0).check({"direction": "higher", "ci95": None})["met"] is False


@pytest.mark.parametrize("text", ["rouge_l", "=0.1", "rouge_l=", "rouge_l=-0.1", "rouge_l=nan", "rouge_l=inf", "a=b"])
def test_a_margin_of_another_form_is_refused(text):
    with pytest.raises(UsageError, match="cannot be understood"):
        parse_margins([text])


def test_two_margins_for_one_score_are_refused():
    with pytest.raises(UsageError, match="two margins"):
        parse_margins(["a=1", "a=2"])


def test_noninferiority_is_recorded_and_its_score_joins_the_family(constant, retrieval):
    comparison = compare([constant, retrieval], resamples=200, noninferior={"rules_f1/Edema": 0.5, "bleu_2": 0.9})
    assert not comparison.met
    by_score = {item["score"]: item for item in comparison.record["noninferiority"]}
    assert by_score["bleu_2"]["met"] is True
    assert by_score["bleu_2"]["lower"] == only(comparison.record)["scores"]["bleu_2"]["ci95"][0]
    assert by_score["rules_f1/Edema"] == {
        "run": "B", "against": "A", "score": "rules_f1/Edema", "margin": 0.5, "lower": None, "met": False,
    }  # fmt: skip
    assert list(only(comparison.record)["scores"]) == [*HEADLINE, "rules_f1/Edema", "bleu_2"]
    assert comparison.record["correction"]["tests"] == 8, "an undefined score is no test"
    assert compare([constant, retrieval], resamples=200, scores=["bleu_2"], noninferior=["bleu_2=0.9"]).met


def test_an_undefined_score_is_null_with_its_reason(constant, retrieval):
    item = only(found(constant, retrieval, scores=["rules_f1/Edema"]))["scores"]["rules_f1/Edema"]
    assert (item["value"], item["difference"], item["ci95"], item["p"]) == (None, None, None, None)
    assert "Edema" in item["reason"]


def test_other_inputs_are_allowed_with_a_note(base, constant, tmp_path):
    other = cxrbench.run(replace(base, inputs=("frontal", "indication"), out=tmp_path)).folder.path
    assert any("B was shown frontal, indication" in note for note in found(constant, other)["notes"])


def test_a_run_that_is_unfinished_damaged_or_alone_is_refused(constant, tmp_path):
    with pytest.raises(UsageError, match="two runs or more"):
        found(constant)
    with pytest.raises(DataError, match="not a run folder"):
        found(constant, tmp_path / "absent")
    with pytest.raises(RunFolderError, match="status is 'interrupted'"):
        found(constant, edited(constant, tmp_path, "run.json", lambda run: run.update(status="interrupted")))
    with pytest.raises(RunFolderError, match=r"results.json is damaged or of another schema"):
        found(constant, edited(constant, tmp_path, "results.json", lambda results: results.pop("status_counts")))
    with pytest.raises(RunFolderError, match=r"results.json is damaged"):
        found(constant, edited(constant, tmp_path, "results.json", lambda results: results.update(schema="old/0")))
    with pytest.raises(RunFolderError, match=r"run.json is damaged"):
        found(constant, edited(constant, tmp_path, "run.json", lambda run: run.pop("identity")))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"scores": ["rouge_9"]}, UnknownNameError, "rouge_1"),
        ({"noninferior": ["rouge_9=1"]}, UnknownNameError, "--noninferior"),
        ({"correction": "none"}, UnknownNameError, "holm"),
        ({"on": "some"}, UsageError, "common"),
        ({"resamples": 10}, UsageError, "at least 100"),
        ({"flips": -1}, UsageError, "at least 0"),
        ({"protocol": "coco"}, UsageError, "cxrbench"),
    ],
)
def test_wrong_options_are_refused(constant, retrieval, options, error, said):
    with pytest.raises(error) as caught:
        found(constant, retrieval, **options)
    assert said in str(caught.value)


def test_runs_without_a_common_headline_score_are_refused(base, constant, tmp_path):
    paths = [
        cxrbench.run(replace(base, metrics=(name,), out=tmp_path / name)).folder.path for name in ("bleu", "rouge")
    ]
    with pytest.raises(UsageError, match="share none of the headline scores"):
        found(*paths)
    assert list(only(found(constant, paths[1]))["scores"]) == ["rouge_l"]


class Right(AdditiveMetric):
    """Share of right answers, and a ratio of sums that is no mean."""

    name = "right"
    direction = "higher"

    @property
    def scores(self):
        return {"accuracy": self.direction, "ratio": "higher"}

    def signature(self):
        return "right"

    def measure(self, pairs, state):
        raise NotImplementedError

    def score(self, sums):
        with np.errstate(all="ignore"):
            return {"accuracy": sums[:, 1] / sums[:, 0], "ratio": sums[:, 2] / sums[:, 3]}


def measured(right, counted=None, size=None, metric=None):
    n = len(right)
    sizes = np.arange(1, n + 1) if size is None else np.asarray(size)
    values = np.column_stack([np.ones(n) if counted is None else counted, right, sizes / 2, sizes]).astype(float)
    return Measured(metric or Right(), Statistics(("n", "right", "part", "size"), values))


def test_only_means_over_examples_have_values_per_example():
    a, b = measured([1, 0, 1, 0]), measured([1, 1, 1, 0], size=[5, 6, 7, 8])
    part = np.array([1.0, 5, 1, 4])
    a.statistics.values[:, 2] = part
    assert set(paired_values(Right(), a.statistics, b.statistics)) == {"accuracy"}
    apart = measured([1, 0, 1, 0], counted=[1, 1, 1, 0])
    assert "accuracy" not in paired_values(Right(), apart.statistics, b.statistics), "an example counts in one alone"
    both = paired_values(Right(), apart.statistics, apart.statistics)["accuracy"]
    assert np.isnan(both[0]).tolist() == [False, False, False, True]


def test_right_means_one_where_higher_is_better_and_zero_where_lower_is():
    a, b = np.array([1.0, 0.0]), np.array([0.0, 0.0])
    assert [side.tolist() for side in right_or_wrong("higher", a, b)] == [[True, False], [False, False]]
    assert [side.tolist() for side in right_or_wrong("lower", a, b)] == [[False, True], [True, True]]
    assert right_or_wrong("higher", a, np.array([0.5, 0.0])) is None


def test_examples_of_one_patient_are_tested_as_one_group():
    generator = np.random.default_rng(1)
    a, b = measured(generator.integers(0, 2, 60)), measured(generator.integers(0, 2, 60))
    sample = Sample(tuple(map(str, range(60))), tuple(f"p{i // 3}" for i in range(60)), 200, 0)
    item = compare_pair([a], [b], sample, ["accuracy"], 5)["scores"]["accuracy"]
    assert (item["groups"], item["t_test"]["df"], item["mcnemar"]["method"]) == (20, 19, "clustered")
    alone = Sample(sample.ids, sample.ids, 200, 0)
    item = compare_pair([a], [b], alone, ["accuracy"], 5)["scores"]["accuracy"]
    assert (item["groups"], item["t_test"]["df"]) == (60, 59)
    assert item["mcnemar"]["method"] in ("exact", "chi-square")
    counts = item["mcnemar"]
    assert counts["odds_ratio"] == EXACT(counts["only_run"] / counts["only_against"])


def test_the_largest_changes_come_first_in_the_direction_of_the_score():
    values, against = np.array([0.9, 0.1, 0.5, np.nan]), np.array([0.5, 0.6, 0.5, np.nan])
    up = changed_values(["a", "b", "c", "d"], values, against, "higher", 1)
    assert (up["better"], up["worse"], up["equal"]) == (1, 1, 1)
    assert up["most_improved"] == [{"id": "a", "value": 0.9, "against": 0.5, "difference": 0.4}]
    down = changed_values(["a", "b", "c", "d"], values, against, "lower", 1)
    assert [item["id"] for item in down["most_improved"]] == ["b"]


def test_a_comparison_reads_into_pandas(constant, retrieval):
    frame = compare([constant, retrieval], resamples=200).frame()
    assert list(frame["score"]) == HEADLINE
    assert {"run", "compared_with", "difference", "low", "high", "p", "p_corrected"} <= set(frame.columns)


def test_the_record_is_plain_json_and_the_same_each_time(constant, retrieval):
    record = found(constant, retrieval, strata=["view"])
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert found(constant, retrieval, strata=["view"]) == record
    assert any("resampling units" in note for note in record["notes"])
