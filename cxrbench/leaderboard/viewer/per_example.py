"""The scores of single examples, for ordering: worst first, best first, where models disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from cxrbench.core.comparability import OpenRun
from cxrbench.core.errors import CxrbenchError
from cxrbench.core.reporter import Silent
from cxrbench.core.run_statistics import load_statistics
from cxrbench.leaderboard.run_report.headline import headline_scores
from cxrbench.metrics.base import AdditiveMetric

_RATES = ("empty_rate", "refused_rate")
_DIGITS = 4


def ordering_scores(run: OpenRun) -> list[str]:
    """The headline scores that say something of one example: an example has no macro average and no rate."""
    return [name for name in headline_scores(run) if "_macro_" not in name and name not in _RATES]


def example_scores(
    run: OpenRun, scores: Sequence[str], data_root: Path | None
) -> tuple[Mapping[str, Mapping[str, float]], str]:
    """Score -> id -> what the score would be of this example alone, where it is defined.

    Args:
        data_root: Where the data are, should the statistics have to be measured again.

    Returns:
        The scores, and why there are none.
    """
    if not scores:
        return {}, ""
    try:
        (statistics,), _ = load_statistics([run], scores, data_root=data_root, reporter=Silent())
    except CxrbenchError as error:
        return {}, error.message
    found: dict[str, Mapping[str, float]] = {}
    for measured in statistics.measured:
        if not isinstance(measured.metric, AdditiveMetric):
            continue
        n = len(statistics.ids)
        include = np.ones(n, bool) if measured.include is None else measured.include
        ids = [statistics.ids[row] for row in np.flatnonzero(include).tolist()]
        with np.errstate(all="ignore"):
            alone = measured.metric.score(measured.statistics.values)
        for score in scores:
            if score in alone:
                values = alone[score]
                found[score] = {
                    name: round(float(value), _DIGITS) for name, value in zip(ids, values) if np.isfinite(value)
                }
    return {score: found[score] for score in scores if found.get(score)}, ""
