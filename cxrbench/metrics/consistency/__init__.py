"""Scores of single kinds of error that overlap and label scores hardly notice: sides, and comparisons nobody made."""

from cxrbench.metrics.consistency.comparison import ComparisonClaims, claims_comparison
from cxrbench.metrics.consistency.laterality import Laterality, stated_sides

__all__ = ["ComparisonClaims", "Laterality", "claims_comparison", "stated_sides"]
