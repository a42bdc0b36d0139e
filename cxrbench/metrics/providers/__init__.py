"""Scores of other packages, imported only when asked for, as per-example statistics like any other."""

from cxrbench.metrics.providers.radeval import RadEvalScores, radeval_metrics
from cxrbench.metrics.providers.radgraph import RadGraphF1

__all__ = ["RadEvalScores", "RadGraphF1", "radeval_metrics"]
