"""Many answers of few patients: time, and one pass that gives every interval."""

import random
import time

import numpy as np
import pytest

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.vqa import ExactMatch, MultiRegion, SeverityScores, TokenF1, UnparsableRate
from cxrbench.statistics.bootstrap import Measured, estimate

FINDINGS = ["effusion", "pneumothorax", "nodule", "opacity", "edema", "atelectasis", "fracture"]
PLACES = ["left lung", "right lung", "left lower lobe", "heart", "mediastinum"]


def answers(count):
    """Answers of which no two texts are equal: nothing can be looked up."""
    draw = random.Random(3)

    def sentence(i):
        return (
            f"There is a {draw.choice(['small', 'large'])} {draw.choice(FINDINGS)} in the {draw.choice(PLACES)} {i}."
        )

    references, predictions = [], []
    for i in range(count):
        closed = i % 2 == 0
        regions = tuple(draw.sample(PLACES, 2))
        severity = draw.choice(["mild", "severe"])
        text = sentence(i)
        gold = draw.choice(["yes", "no"]) if closed else text
        references.append(
            Reference(str(i), text=text, answer=gold, severity=severity, regions=regions, closed=closed)
        )
        said = sentence(i)
        given = draw.choice(["yes", "no", "yes no"]) if closed else said
        predictions.append(
            Prediction(str(i), text=said, answer=given, severity="mild", regions=regions[: draw.randint(0, 2)])
        )
    return references, predictions


@pytest.mark.slow
def test_six_hundred_thousand_distinct_answers_are_scored_with_intervals_in_a_fraction_of_two_minutes():
    references, predictions = answers(600_000)
    groups = [f"p{i % 300}" for i in range(len(references))]
    started = time.process_time()
    measured = []
    for metric in (ExactMatch(), UnparsableRate(), TokenF1(), SeverityScores(), MultiRegion()):
        include = np.array([metric.usable(reference) for reference in references], bool)
        kept = np.flatnonzero(include).tolist()
        pairs = Pairs([references[i] for i in kept], [predictions[i] for i in kept])
        measured.append(Measured(metric, metric.measure(pairs, {}), include))
    found = estimate(measured, groups, {"": np.ones(len(references), bool)})[""]
    spent = time.process_time() - started
    assert spent < 60
    assert found["unparsable_rate"].value == pytest.approx(1 / 3, abs=0.01)
    for score in found.values():
        low, high = score.ci95
        assert low < score.value < high


def test_the_intervals_do_not_depend_on_the_order_of_examples_within_groups():
    references, predictions = answers(400)
    groups = [f"p{i % 20}" for i in range(400)]
    order = random.Random(0).sample(range(400), 400)
    order.sort(key=lambda i: i % 20)
    found = []
    for chosen in (list(range(400)), order):
        pairs = Pairs([references[i] for i in chosen], [predictions[i] for i in chosen])
        metric = TokenF1()
        names = [groups[i] for i in chosen]
        mask = {"": np.ones(400, bool)}
        found.append(
            estimate([Measured(metric, metric.measure(pairs, {}))], names, mask, resamples=200)[""]["token_f1"]
        )
    assert found[0].value == pytest.approx(found[1].value, abs=1e-12)
    assert found[0].ci95 == pytest.approx(found[1].ci95, abs=1e-9)
