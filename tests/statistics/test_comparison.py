"""Two systems by a corpus score: difference, interval and randomisation."""

import itertools

import numpy as np
import pytest

from cxrbench.core.errors import UsageError
from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.text import Bleu, RougeLCoco
from cxrbench.statistics import Measured, bootstrap, compare

RAW = get_protocol("raw")
WORDS = ["the", "heart", "is", "normal", "lungs", "are", "clear", "no", "effusion"]


def system(seed, n, noise, metric_class=Bleu, protocol=RAW):
    """A system that repeats the reference but for a share of random words."""
    truth, generator = np.random.default_rng(0), np.random.default_rng(seed)
    references, predictions = [], []
    for i in range(n):
        words = truth.choice(WORDS, size=12)
        said = [generator.choice(WORDS) if generator.random() < noise else word for word in words]
        references.append(Reference(id=str(i), findings=" ".join(words)))
        predictions.append(Prediction(id=str(i), text=" ".join(said)))
    metric = metric_class(protocol)
    return Measured(metric, metric.measure(Pairs(references, predictions), {}))


def names(n, size=1):
    return [f"{i // size:04d}" for i in range(n)]


def test_a_better_system_is_told_from_a_worse_one():
    found = compare([system(1, 80, 0.2)], [system(2, 80, 0.6)], names(80), resamples=500, trials=500)["bleu_4"]
    assert found.difference == pytest.approx(found.first - found.second)
    assert 0 < found.ci95[0] < found.difference < found.ci95[1]
    assert found.p == pytest.approx(1 / 501)
    assert (found.exact, found.n, found.groups, found.reason) == (False, 80, 80, None)


def test_the_comparison_turns_its_sign_with_the_order():
    a, b = system(1, 40, 0.3), system(2, 40, 0.4)
    one = compare([a], [b], names(40, 2), resamples=200, trials=200)["bleu_2"]
    two = compare([b], [a], names(40, 2), resamples=200, trials=200)["bleu_2"]
    assert (one.difference, one.p) == (pytest.approx(-two.difference), two.p)
    assert one.ci95 == pytest.approx((-two.ci95[1], -two.ci95[0]))


def test_few_groups_are_enumerated():
    """Five pairs: the p-value equals that of all 32 exchanges, computed one by one."""
    a, b = system(1, 5, 0.1, RougeLCoco), system(2, 5, 0.7, RougeLCoco)
    found = compare([a], [b], names(5), resamples=50)["rouge_l_coco"]
    difference = a.statistics.values[:, 1] - b.statistics.values[:, 1]
    sums = [abs(np.dot(signs, difference)) for signs in itertools.product((1, -1), repeat=5)]
    assert found.exact
    assert found.p == np.mean([value >= sums[0] - 1e-12 for value in sums])
    assert found.p >= 2 / 32


def test_the_interval_uses_the_replicates_that_each_system_has_alone():
    a, b = system(1, 50, 0.3), system(2, 50, 0.4)
    alone = [bootstrap(s.metric, s.statistics, names(50), resamples=300, seed=9)["bleu_1"].replicates for s in (a, b)]
    found = compare([a], [b], names(50), resamples=300, trials=10, seed=9)["bleu_1"]
    assert found.ci95 == pytest.approx(np.quantile(alone[0] - alone[1], [0.025, 0.975]))


def test_identical_systems_differ_by_nothing():
    a = system(1, 30, 0.3)
    found = compare([a], [a], names(30), resamples=100, trials=100)["bleu_4"]
    assert (found.difference, found.ci95, found.p) == (0.0, (0.0, 0.0), 1.0)


def test_one_group_has_no_interval_and_proves_nothing():
    found = compare([system(1, 6, 0.1)], [system(2, 6, 0.9)], ["p"] * 6, resamples=100)["bleu_1"]
    assert (found.ci95, found.p, found.reason) == (None, 1.0, "only 1 group: no resampling")


def test_no_example_is_no_error():
    found = compare([system(1, 0, 0.1)], [system(2, 0, 0.9)], [])["bleu_1"]
    assert (found.difference, found.reason) == (None, "no example")


def test_other_signatures_or_examples_are_refused():
    a = system(1, 10, 0.1)
    with pytest.raises(UsageError, match="different signatures"):
        compare([a], [system(2, 10, 0.1, protocol=get_protocol("lower"))], names(10))
    with pytest.raises(UsageError, match="not scored on the same examples"):
        compare([a], [system(2, 9, 0.1)], names(10))
    with pytest.raises(UsageError, match="cannot compare 1 metrics with 2"):
        compare([a], [a, a], names(10))


@pytest.mark.slow
def test_randomisation_of_corpus_bleu_rejects_4_to_6_percent_under_the_null():
    rejected = 0
    simulations = 5000
    generator = np.random.default_rng(3)
    pool = system(1, 400, 0.4), system(2, 400, 0.4)
    for seed in range(simulations):
        rows = generator.integers(0, 400, 40)
        side = generator.integers(0, 2, 40)
        values = [
            np.where((side == which)[:, None], pool[0].statistics.values[rows], pool[1].statistics.values[rows])
            for which in (0, 1)
        ]
        a, b = (Measured(Bleu(RAW), type(pool[0].statistics)(pool[0].statistics.columns, v)) for v in values)
        rejected += compare([a], [b], names(40), resamples=0, trials=300, seed=seed)["bleu_2"].p < 0.05
    assert 0.04 <= rejected / simulations <= 0.06
