"""BERTScore through the bert-score package, from weights that are on this machine."""

from cxrbench.metrics.bertscore.metric import BertScore

__all__ = ["BertScore"]
