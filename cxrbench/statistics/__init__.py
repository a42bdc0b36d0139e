"""Intervals, tests and corrections over per-example statistics."""

from cxrbench.statistics.bootstrap import RESAMPLES, Estimate, Measured, bootstrap, estimate
from cxrbench.statistics.weights import Groups, group_weights

__all__ = ["RESAMPLES", "Estimate", "Groups", "Measured", "bootstrap", "estimate", "group_weights"]
