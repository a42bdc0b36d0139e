"""The page of a comparison: what it says follows from the record, and the record's texts stay text."""

import json
import re

import pytest
from compared_runs import edited, found

from cxrbench.core.comparing import RunComparison, compare
from cxrbench.leaderboard.comparison.summary import summarise
from cxrbench.leaderboard.comparison.write import comparison_page


@pytest.fixture(scope="session")
def record(constant, retrieval):
    return compare(
        [constant, retrieval],
        scores=["rouge_l", "cider", "rules_micro_f1_14"],
        strata=["finding"],
        noninferior={"rouge_l": 0.5},
        resamples=200,
    ).record


def page_of(record):
    return summarise(RunComparison(record))


def test_every_compared_score_has_a_row_with_the_numbers_of_the_record(record):
    (pair,) = page_of(record).pairs
    for row in pair.rows:
        stored = record["comparisons"][0]["scores"][row.score]
        assert (row.value, row.against, row.ci95, row.p_corrected) == (
            stored["value"], stored["against"], stored["ci95"], stored["p_corrected"],
        )  # fmt: skip


def test_a_difference_is_called_better_only_where_its_corrected_p_is_small(record):
    changed = json.loads(json.dumps(record))
    scores = changed["comparisons"][0]["scores"]
    scores["rouge_l"] |= {"p_corrected": 0.049, "favours": "run", "difference": 0.1}
    scores["cider"] |= {"p_corrected": 0.05, "favours": "run", "difference": 0.1}
    scores["rules_micro_f1_14"] |= {"p_corrected": 0.001, "favours": "against", "difference": -0.1}
    (pair,) = page_of(changed).pairs
    said = {row.score: (row.verdict, row.tone) for row in pair.rows}
    assert said == {
        "rouge_l": ("B is better", "good"),
        "cider": ("no difference shown", "soft"),
        "rules_micro_f1_14": ("A is better", "bad"),
    }


def test_scores_beyond_one_get_a_plot_of_their_own(record):
    changed = json.loads(json.dumps(record))
    changed["comparisons"][0]["scores"]["cider"]["value"] = 2.5
    (pair,) = page_of(changed).pairs
    assert [[row.label for row in plot.rows] for plot in pair.plots][-1] == ["CIDEr"]


def test_each_stratum_has_one_plot_a_score_and_one_row_a_value_and_score(record):
    (pair,) = page_of(record).pairs
    plots, rows = pair.strata["finding"]
    values = record["comparisons"][0]["strata"]["finding"]
    assert len(plots) == 3
    assert len(rows) == 3 * len(values)


def test_a_score_without_a_difference_says_why(record):
    changed = json.loads(json.dumps(record))
    changed["comparisons"][0]["scores"]["cider"] |= {
        "value": None, "difference": None, "ci95": None, "p": None, "p_corrected": None, "reason": "no example",
    }  # fmt: skip
    assert "no example" in comparison_page(RunComparison(changed))


def test_non_inferiority_is_said_in_a_sentence(record):
    ((sentence, met),) = page_of(record).verdicts
    assert met
    assert sentence.startswith("B is not inferior to A in ROUGE-L by more than 0.5 (lower bound")


def test_what_common_left_out_is_said(constant, retrieval, tmp_path):
    lines = (retrieval / "predictions.jsonl").read_text()
    first = json.loads(lines.splitlines()[0])["id"]
    record = found(constant, retrieval, on="common", scores=["rouge_l"])
    record["dropped"] = {
        "n": 1, "missing_in": {"A": 0, "B": 1}, "failed_in_all": 2, "ids": [first],
        "strata": {"finding": {"normal": {"kept": 3, "dropped": 1}, "abnormal": {"kept": 12, "dropped": 0}}},
    }  # fmt: skip
    assert page_of(record).dropped == [
        "1 examples were left out (1 not scored in B).",
        "2 more failed in every run.",
        "By finding: normal 1 of 4.",
    ]


def test_a_hostile_model_name_is_text_everywhere(constant, retrieval, tmp_path):
    name = "</script><script>alert(1)</script>\u202e" + "x" * 10_000
    hostile = edited(retrieval, tmp_path, "run.json", lambda run: run["model"].update(name=name))
    html = comparison_page(compare([constant, hostile], scores=["rouge_l"], resamples=200))
    assert html.count("<script") == 2
    assert "\u202e" not in re.sub(r'<script type="application/json".*?</script>', "", html, flags=re.DOTALL)


def test_no_text_of_a_report_is_on_the_page(constant, retrieval):
    html = comparison_page(compare([constant, retrieval], resamples=200))
    for line in (retrieval / "predictions.jsonl").read_text().splitlines():
        assert json.loads(line)["text"] not in html
