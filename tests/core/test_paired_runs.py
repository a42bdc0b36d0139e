"""Tests per example, margins and changed examples, without run folders."""

import numpy as np
import pytest

from cxrbench.core.errors import UsageError
from cxrbench.core.example_values import paired_values, right_or_wrong
from cxrbench.core.flips import changed_values
from cxrbench.core.margins import Margin, parse_margins
from cxrbench.core.paired_runs import Sample, compare_pair
from cxrbench.metrics.base import AdditiveMetric, Statistics
from cxrbench.statistics import Measured


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
    assert counts["odds_ratio"] == pytest.approx(counts["only_run"] / counts["only_against"])


def test_a_tiny_p_value_stays_above_zero():
    n = 400
    a, b = measured(np.ones(n)), measured(np.arange(n) % 2)
    item = compare_pair(
        [a], [b], Sample(tuple(map(str, range(n))), tuple(map(str, range(n))), 100, 0), ["accuracy"], 0
    )
    tests = item["scores"]["accuracy"]
    assert 0 < tests["mcnemar"]["p"] < 1e-40
    assert 0 < tests["t_test"]["p"] < 1e-40
    assert tests["p"] == pytest.approx(1 / 101)
    assert item["flips"]["values"]["accuracy"]["most_improved"] == []


def test_the_largest_changes_come_first_in_the_direction_of_the_score():
    values, against = np.array([0.9, 0.1, 0.5, np.nan]), np.array([0.5, 0.6, 0.5, np.nan])
    up = changed_values(["a", "b", "c", "d"], values, against, "higher", 1)
    assert (up["better"], up["worse"], up["equal"]) == (1, 1, 1)
    assert up["most_improved"] == [{"id": "a", "value": 0.9, "against": 0.5, "difference": 0.4}]
    down = changed_values(["a", "b", "c", "d"], values, against, "lower", 1)
    assert [item["id"] for item in down["most_improved"]] == ["b"]
