"""Labelers: from report text to the fourteen CheXpert conditions."""

from cxrbench.metrics.labelers.base import LABELERS, ConditionLabels, Labeler, get_labeler, no_labels

__all__ = ["LABELERS", "ConditionLabels", "Labeler", "get_labeler", "no_labels"]
