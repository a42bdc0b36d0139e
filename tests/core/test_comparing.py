"""Two runs compared: every number against the runs, the texts or another package."""

import json
import math
import shutil
from dataclasses import replace

import pyarrow.parquet as parquet
import pytest
from compared_runs import HEADLINE, found, only

import cxrbench
from cxrbench.core.comparing import compare
from cxrbench.core.errors import UnknownNameError
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.metrics.labels.scores import report_text
from cxrbench.tasks.iu_report import IuReport


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
        assert a["difference"] == pytest.approx(-b["difference"])
        assert a["ci95"] == pytest.approx([-b["ci95"][1], -b["ci95"][0]])
        assert (a["p"], a["p_corrected"], a["favours"]) == (b["p"], b["p_corrected"], turned[b["favours"]])
    assert one["scores"]["rouge_l"]["t_test"]["t"] == pytest.approx(-two["scores"]["rouge_l"]["t_test"]["t"])
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
        assert item["against"] == pytest.approx(first[score].value, abs=1e-9)
        assert item["value"] == pytest.approx(second[score].value, abs=1e-9)
        assert item["difference"] == pytest.approx(second[score].value - first[score].value, abs=1e-9)
        assert item["n"] == 16


def test_the_t_test_is_that_of_scipy_on_the_values_per_example(constant, retrieval):
    from scipy.stats import ttest_rel

    item = only(found(constant, retrieval))["scores"]["rouge_l"]["t_test"]
    b, a = (
        parquet.read_table(path / "statistics.parquet")["cxrbench/rouge/rouge_l"] for path in (constant, retrieval)
    )
    expected = ttest_rel(a.to_numpy(), b.to_numpy())
    assert (item["t"], item["p"], item["df"]) == (
        pytest.approx(expected.statistic),
        pytest.approx(expected.pvalue),
        15,
    )
    assert item["line"].startswith(f"t(15) = {expected.statistic:.2f}, p ")


def test_scores_that_are_no_mean_over_examples_have_no_t_test(constant, retrieval):
    scores = only(found(constant, retrieval, scores=[*HEADLINE, "rules_example_f1_14"]))["scores"]
    tested = [score for score, item in scores.items() if item["t_test"] is not None]
    assert tested == ["rouge_l", "cider", "empty_rate", "rules_example_f1_14"]
    with_mcnemar = {score for score, item in scores.items() if item["mcnemar"] is not None}
    assert "empty_rate" in with_mcnemar
    assert not with_mcnemar & {"rules_micro_f1_14", "rules_macro_f1_14", "bleu_1", "bleu_4", "rouge_l", "cider"}


def labels_right(path, iu_root):
    """Which labels of which example are right, from the texts, without any statistics."""
    data = IuReport().load(cxrbench.TaskOptions(iu_root))
    said = cxrbench.RunFolder.open(path).read_predictions()
    labeler = get_labeler("rules")
    positive = lambda labels: {name for name, value in labels.items() if value in (1, -1)}  # noqa: E731
    right = {}
    for example in data.examples:
        gold, given = labeler.label([report_text(example.reference), said[example.id].text])
        right[example.id] = {name for name in gold if (name in positive(gold)) == (name in positive(given))}
    return right


def test_changed_labels_and_their_mcnemar_are_those_of_the_texts(constant, retrieval, iu_root):
    before, after = labels_right(constant, iu_root), labels_right(retrieval, iu_root)
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
    assert (counts["method"], counts["p"]) == ("exact", pytest.approx(min(1.0, 2 * tail)))
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
        assert item["p_corrected"] == pytest.approx(reached)
    assert record["correction"]["tests_in_strata"] == 28
    plain = found(constant, retrieval, empty, correction="bonferroni")
    items = [item for comparison in plain["comparisons"] for item in comparison["scores"].values()]
    assert all(item["p_corrected"] == pytest.approx(min(1.0, 14 * item["p"])) for item in items)
    assert [item["name"] for item in record["runs"]] == ["A", "B", "C"]


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
                assert item["value"] == (None if expected is None else pytest.approx(expected, abs=1e-9)), (
                    value,
                    score,
                )
    with pytest.raises(UnknownNameError, match="unknown stratum 'finding_'"):
        found(constant, retrieval, strata=["finding_"])


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


def test_a_comparison_reads_into_pandas(constant, retrieval):
    frame = compare([constant, retrieval], resamples=200).frame()
    assert list(frame["score"]) == HEADLINE
    assert "<table" in compare([constant, retrieval], resamples=200)._repr_html_()
    assert {"run", "compared_with", "difference", "low", "high", "p", "p_corrected"} <= set(frame.columns)


def test_the_record_is_plain_json_and_the_same_each_time(constant, retrieval):
    record = found(constant, retrieval, strata=["view"])
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert found(constant, retrieval, strata=["view"]) == record
    assert any("resampling units" in note for note in record["notes"])
