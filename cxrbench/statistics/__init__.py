"""Intervals, tests and corrections over per-example statistics."""

from cxrbench.statistics.bootstrap import RESAMPLES, Estimate, Measured, bootstrap, estimate
from cxrbench.statistics.comparison import Difference, compare
from cxrbench.statistics.corrections import bonferroni, holm
from cxrbench.statistics.paired import McNemar, PairedT, mcnemar, paired_t_test
from cxrbench.statistics.weights import Groups, group_weights

__all__ = [
    "RESAMPLES",
    "Difference",
    "Estimate",
    "Groups",
    "McNemar",
    "Measured",
    "PairedT",
    "bonferroni",
    "bootstrap",
    "compare",
    "estimate",
    "group_weights",
    "holm",
    "mcnemar",
    "paired_t_test",
]
