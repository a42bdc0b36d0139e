"""Scores of relational reasoning: relations, chains of relations, and entities of the scene graph."""

from cxrbench.metrics.relational.graph_entities import GraphEntityRecall
from cxrbench.metrics.relational.multi_hop import MultiHopAccuracy, chains_relations
from cxrbench.metrics.relational.relationship import RelationshipAccuracy

__all__ = ["GraphEntityRecall", "MultiHopAccuracy", "RelationshipAccuracy", "chains_relations"]
