"""The gold of questions that a reader has made into records."""

from __future__ import annotations

from cxrbench.datasets.qba.gold.question import AnswerFacts, Gold, question_gold
from cxrbench.datasets.qba.records import Answer, Question

_SEVERITY = "severity"


def gold_of(question: Question, image_id: str | None) -> Gold:
    """The gold of a question.

    Args:
        image_id: The primary frontal image; boxes of other images are no gold.
    """
    return question_gold(question.type, [answer_facts(answer, image_id) for answer in question.walk()])


def answer_facts(answer: Answer, image_id: str | None) -> AnswerFacts:
    """What of an answer the gold depends on."""
    place = answer.localisations.get(image_id) if image_id is not None else None
    boxes = () if place is None or place.is_fallback else place.boxes
    return AnswerFacts(
        answer.kind,
        answer.text,
        answer.positive,
        answer.laterality,
        answer.entities,
        answer.entity_parents,
        answer.subcategories,
        answer.regions,
        answer.modifiers.get(_SEVERITY, ()),
        tuple((box.x1, box.y1, box.x2, box.y2) for box in boxes),
    )
