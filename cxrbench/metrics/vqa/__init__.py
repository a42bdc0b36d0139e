"""Scores of answers to questions about a film."""

from cxrbench.metrics.vqa.answer_texts import VQA_PROTOCOLS, AnswerTexts, answer_protocol, asks_for_text
from cxrbench.metrics.vqa.clinical_terms import ClinicalTermF1
from cxrbench.metrics.vqa.exact_match import ExactMatch, ExactMatchClosed, ExactMatchOpen, UnparsableRate
from cxrbench.metrics.vqa.normalise import normalise_answer, parse_yes_no
from cxrbench.metrics.vqa.regions import MultiRegion
from cxrbench.metrics.vqa.semantic_type import SemanticTypeAccuracy
from cxrbench.metrics.vqa.severity import SEVERITIES, SeverityScores
from cxrbench.metrics.vqa.spatial_relation import SpatialRelationAccuracy
from cxrbench.metrics.vqa.token_f1 import TokenF1
from cxrbench.metrics.vqa.yes_no import YesNoScores

__all__ = [
    "SEVERITIES",
    "VQA_PROTOCOLS",
    "AnswerTexts",
    "ClinicalTermF1",
    "ExactMatch",
    "ExactMatchClosed",
    "ExactMatchOpen",
    "MultiRegion",
    "SemanticTypeAccuracy",
    "SeverityScores",
    "SpatialRelationAccuracy",
    "TokenF1",
    "UnparsableRate",
    "YesNoScores",
    "answer_protocol",
    "asks_for_text",
    "normalise_answer",
    "parse_yes_no",
]
