"""Scores of attention: does it lie where the finding is, and how focused is it?"""

from cxrbench.metrics.explain.bands import entropy_band, plausibility_band
from cxrbench.metrics.explain.entropy import AttentionEntropy
from cxrbench.metrics.explain.plausibility import AttentionPlausibility

__all__ = ["AttentionEntropy", "AttentionPlausibility", "entropy_band", "plausibility_band"]
