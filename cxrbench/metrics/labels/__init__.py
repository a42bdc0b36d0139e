"""Label scores: precision, recall and F1 of the conditions that a labeler finds in two texts."""

from cxrbench.metrics.labels.positives import Uncertain, positive_conditions
from cxrbench.metrics.labels.scores import LabelScores

__all__ = ["LabelScores", "Uncertain", "positive_conditions"]
