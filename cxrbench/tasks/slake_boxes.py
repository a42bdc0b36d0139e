"""Which boxes of an image answer a question for a place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxrbench.core.types import Box
from cxrbench.metrics.concepts import get_concept_matcher
from cxrbench.metrics.vqa.normalise import normalise_answer
from cxrbench.tasks.vqa_prompts import question_family

_ABNORMAL = re.compile(r"\b(?:abnormalit(?:y|ies)|abnormal|lesions?|diseases?)\b")


def asked_boxes(question: str, boxes: Sequence[Box]) -> tuple[Box, ...] | None:
    """The boxes of what a where-question asks for; None where it asks for nothing that has a box.

    A label that the question names counts ("Where is the spleen?"); failing that, a question for the abnormality,
    lesion or disease means every box whose label is a finding.
    """
    if question_family(question) != "where":
        return None
    words = f" {normalise_answer(question)} "
    named = tuple(box for box in boxes if box.label and f" {normalise_answer(box.label)} " in words)
    if named or not _ABNORMAL.search(words):
        return named or None
    matcher = get_concept_matcher()
    findings = tuple(
        box for box in boxes if any(item.kind == "finding" for item in matcher.mentions(box.label or ""))
    )
    return findings or None
