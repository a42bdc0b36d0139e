"""Floors that never look at the film: empty, constant, majority, random."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from cxrbench.adapters.base import AdapterContext
from cxrbench.core import jsonio
from cxrbench.core.errors import DataError
from cxrbench.core.types import Example, ModelInfo, Prediction, Request

NORMAL_FINDINGS = (
    "The heart size and mediastinal contours are within normal limits. The lungs are clear. "
    "There is no focal consolidation, pleural effusion, or pneumothorax. No acute bony abnormality."
)
NORMAL_IMPRESSION = "No acute cardiopulmonary abnormality."


def report_text(findings: str | None, impression: str | None) -> str:
    """A report with marked sections, so that protocols which score findings alone can cut them out."""
    parts = [f"{name}: {text}" for name, text in (("Findings", findings), ("Impression", impression)) if text]
    return "\n".join(parts)


def training_reports(context: AdapterContext) -> list[Example]:
    """The training examples.

    Raises:
        DataError: The task has none.
    """
    examples = [example for example in context.training() if example.reference.findings]
    if not examples:
        raise DataError(
            "this baseline needs a training split, and the data has none",
            hint="use baseline:constant or baseline:empty",
        )
    return examples


def most_frequent_report(examples: Sequence[Example]) -> str:
    """The most frequent findings and the most frequent impression (ties: first in order)."""
    findings = Counter(item.reference.findings for item in examples).most_common(1)[0][0]
    impressions = Counter(item.reference.impression for item in examples if item.reference.impression)
    return report_text(findings, impressions.most_common(1)[0][0] if impressions else None)


def texts_fingerprint(examples: Sequence[Example]) -> str:
    """A hash of the training reports."""
    return jsonio.digest([[item.id, item.reference.findings, item.reference.impression] for item in examples])


class EmptyBaseline:
    """Says nothing: what a metric gives to silence."""

    def describe(self) -> ModelInfo:
        return ModelInfo(
            "baseline-empty", "1", "empty-1", trained_on=(), inputs=(), needs_pixels=False, is_baseline=True
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        return [Prediction(request.id, status="empty", text="") for request in requests]


class ConstantBaseline:
    """One normal report for every film: what a metric gives to ignoring the patient."""

    def describe(self) -> ModelInfo:
        fingerprint = jsonio.digest([NORMAL_FINDINGS, NORMAL_IMPRESSION])
        return ModelInfo(
            "baseline-constant", "1", fingerprint, trained_on=(), inputs=(), needs_pixels=False, is_baseline=True
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        text = report_text(NORMAL_FINDINGS, NORMAL_IMPRESSION)
        return [Prediction(request.id, text=text) for request in requests]


class MajorityBaseline:
    """The most frequent findings and the most frequent impression of the training split."""

    def __init__(self, context: AdapterContext) -> None:
        self._dataset = context.dataset
        self._text = most_frequent_report(training_reports(context))

    def describe(self) -> ModelInfo:
        return ModelInfo(
            "baseline-majority",
            "1",
            jsonio.digest(self._text),
            trained_on=(self._dataset,),
            inputs=(),
            needs_pixels=False,
            is_baseline=True,
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        return [Prediction(request.id, text=self._text) for request in requests]


class RandomBaseline:
    """A training report drawn by a hash of the seed and the id, so that any order and batch gives the same."""

    def __init__(self, context: AdapterContext) -> None:
        self._examples = training_reports(context)
        self._dataset = context.dataset
        self._seed = context.seed

    def describe(self) -> ModelInfo:
        return ModelInfo(
            "baseline-random",
            "1",
            jsonio.digest([self._seed, texts_fingerprint(self._examples)]),
            trained_on=(self._dataset,),
            inputs=(),
            needs_pixels=False,
            is_baseline=True,
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        made = []
        for request in requests:
            drawn = hashlib.sha256(f"{self._seed}:{request.id}".encode("utf-8", "replace")).digest()
            reference = self._examples[int.from_bytes(drawn[:8], "big") % len(self._examples)].reference
            made.append(Prediction(request.id, text=report_text(reference.findings, reference.impression)))
        return made
