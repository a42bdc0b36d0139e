"""Estimates of a metric on references and predictions, eligibility included."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Metric, Pairs
from cxrbench.statistics.bootstrap import Estimate, Measured, estimate

Evaluate = Callable[..., dict[str, Estimate]]


def evaluated(
    metric: Metric, references: Sequence[Reference], predictions: Sequence[Prediction], resamples: int = 50
) -> dict[str, Estimate]:
    include = np.array([metric.usable(reference) for reference in references], bool)
    kept = np.flatnonzero(include)
    pairs = Pairs([references[index] for index in kept], [predictions[index] for index in kept])
    statistics = metric.measure(pairs, metric.fit(pairs.references))
    assert np.isfinite(statistics.values).all()
    everything = {"": np.ones(len(references), bool)}
    groups = [reference.id for reference in references]
    found = estimate([Measured(metric, statistics, include)], groups, everything, resamples=resamples, seed=0)[""]
    assert list(found) == list(metric.scores)
    return found


@pytest.fixture(scope="session")
def evaluate() -> Evaluate:
    return evaluated
