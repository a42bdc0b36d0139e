"""Text scores of reports (BLEU, ROUGE, BERTScore) on the texts of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import UNDEFINED, AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.vqa.answers import gold_text, said_text
from cxrbench.metrics.vqa.questions import asks_to_describe, type_names

VQA_PROTOCOLS: Final = ("cxrbench", "raw", "lower")
"""Protocols that make sense for answers: the others cut out sections of reports or use a vocabulary of reports."""


def answer_protocol(name: str) -> Protocol:
    """A report protocol's transform, applied to answers.

    Raises:
        UnknownNameError: There is no such protocol.
    """
    return replace(get_protocol(name), reference="answer")


def asks_for_text(reference: Reference) -> bool:
    """Whether a question is answered by a text: it asks to describe, for the indication, or is an open question."""
    return (
        asks_to_describe(reference)
        or "indication" in type_names(reference.question_type)
        or reference.closed is False
    )


class AnswerTexts(AdditiveMetric):
    """A text score over the questions that are answered by a text.

    Compared are the gold text (else the gold answer) and the text of the prediction (else its answer), so that a
    model which fills `answer` alone is not scored as silent.

    Args:
        inner: The score, made with an `answer_protocol`.
        eligible: Which questions count.
        questions: Names them in the signature.
    """

    def __init__(
        self,
        inner: AdditiveMetric,
        eligible: Callable[[Reference], bool] = asks_for_text,
        questions: str = "describe,indication,open",
    ) -> None:
        self.name = inner.name
        self.inner = inner
        self.eligible = eligible
        self.questions = questions

    @property
    def scores(self) -> Mapping[str, Direction]:
        return self.inner.scores

    def signature(self) -> str:
        return f"{self.inner.signature()}|questions:{self.questions}|text:else_answer"

    def usable(self, reference: Reference) -> bool:
        return self.eligible(reference) and self.inner.usable(_plain_reference(reference))

    def fit(self, references: Sequence[Reference]) -> State:
        return self.inner.fit([_plain_reference(item) for item in references])

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        return self.inner.measure(pairs.view("vqa/plain_texts", _plain_texts), state)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return self.inner.score(sums)

    def why_undefined(self, score: str) -> str:
        reason = self.inner.why_undefined(score)
        return "no question that is answered by a text" if reason == UNDEFINED else reason


def _plain_texts(pairs: Pairs) -> Pairs:
    return Pairs(
        [_plain_reference(item) for item in pairs.references],
        [replace(item, text=said_text(item)) for item in pairs.predictions],
    )


def _plain_reference(reference: Reference) -> Reference:
    text = gold_text(reference)
    return reference if text == reference.text else replace(reference, text=text)
