"""Helpers of the tests of answers: scoring lists of references and predictions."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Metric
from cxrbench.statistics.bootstrap import Estimate, Measured, estimate

Evaluate = Callable[..., dict[str, Estimate]]


def evaluated(
    metric: Metric, references: Sequence[Reference], predictions: Sequence[Prediction], groups: Sequence[str] = ()
) -> dict[str, Estimate]:
    from cxrbench.metrics.base import Pairs

    groups = groups or [reference.id for reference in references]
    include = np.array([metric.usable(reference) for reference in references], bool)
    kept = [index for index, used in enumerate(include) if used]
    pairs = Pairs([references[index] for index in kept], [predictions[index] for index in kept])
    statistics = metric.measure(pairs, metric.fit(pairs.references))
    assert np.isfinite(statistics.values).all()
    mask = {"": np.ones(len(references), bool)}
    found = estimate([Measured(metric, statistics, include)], groups, mask, resamples=50, seed=0)[""]
    assert list(found) == list(metric.scores)
    return found


@pytest.fixture(scope="session")
def evaluate() -> Evaluate:
    """Estimates of every score of a metric, eligibility included."""
    return evaluated
