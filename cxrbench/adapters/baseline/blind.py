"""`baseline:blind`: everything but the image. What it reaches, a model has not shown to have seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from cxrbench.adapters.base import AdapterContext
from cxrbench.adapters.baseline.answers import (
    Fields,
    answers_fingerprint,
    consensus,
    floor,
    of_type,
    training_answers,
)
from cxrbench.adapters.baseline.texts import most_frequent_report, texts_fingerprint, training_reports
from cxrbench.adapters.baseline.wordings import IntArray, Wordings, words_of
from cxrbench.core import jsonio
from cxrbench.core.types import Example, ModelInfo, Prediction, Request


class BlindAnswer:
    """The most frequent training answer to the question's own words, else to the nearest wording of its type.

    So it knows how often each question is answered yes, and which place is asked for most: what a model that never
    looks can learn from the data set.
    """

    def __init__(self, context: AdapterContext) -> None:
        examples = training_answers(context)
        asked: dict[tuple[str, ...], list[Example]] = {}
        kinds: dict[str | None, set[tuple[str, ...]]] = {}
        for item in examples:
            words = _question_words(item.request)
            asked.setdefault(words, []).append(item)
            kinds.setdefault(item.request.question_type, set()).add(words)
        self._dataset = context.dataset
        self._fingerprint = jsonio.digest(["blind", answers_fingerprint(examples)])
        self._members = of_type(examples)
        self._asked = asked
        self._wordings = list(asked)
        self._index = Wordings([" ".join(words) for words in asked])
        place = {words: row for row, words in enumerate(asked)}
        self._rows: dict[str | None, IntArray] = {
            kind: np.array(sorted(place[words] for words in found), np.int64) for kind, found in kinds.items()
        }
        self._say = lru_cache(maxsize=1 << 14)(self._answer)

    def describe(self) -> ModelInfo:
        note = "baseline:blind sees no image: it answers a question as the training rows with the nearest words"
        return floor("blind", self._fingerprint, (self._dataset,), (note,))

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        return [
            Prediction(request.id, **self._say(_question_words(request), request.question_type))
            for request in requests
        ]

    def _answer(self, words: tuple[str, ...], kind: str | None) -> Fields:
        if words in self._asked:
            found = self._asked[words]
        else:
            rows = self._index.nearest(" ".join(words), self._rows.get(kind)).tolist()
            found = [item for row in rows for item in self._asked[self._wordings[row]]]
        return consensus([item.reference for item in found or self._members(kind)])


def _question_words(request: Request) -> tuple[str, ...]:
    return words_of(request.question or request.prompt)


class BlindReport:
    """The report of the training study with the nearest clinical context, else the most frequent one.

    The context is what `--inputs` adds to the film (indication, comparison, ...). Without any, this is
    `baseline:majority`.
    """

    def __init__(self, context: AdapterContext) -> None:
        examples = training_reports(context)
        self._dataset = context.dataset
        self._fingerprint = jsonio.digest(["blind", texts_fingerprint(examples)])
        self._examples = [item for item in examples if _context_text(item.request)]
        self._index = Wordings([_context_text(item.request) for item in self._examples])
        self._majority = most_frequent_report(examples)
        self._inputs = tuple(sorted({name for item in examples for name in item.request.context}))

    def describe(self) -> ModelInfo:
        by = (
            f"the nearest {' and '.join(self._inputs)}"
            if self._inputs
            else "no --inputs beside the film: the majority"
        )
        note = f"baseline:blind sees no image: it repeats a training report by {by}"
        return ModelInfo(
            "baseline-blind",
            "1",
            jsonio.digest([self._fingerprint, self._inputs]),
            trained_on=(self._dataset,),
            inputs=self._inputs,
            needs_pixels=False,
            is_baseline=True,
            notes=(note,),
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        return [Prediction(request.id, text=self._report(_context_text(request))) for request in requests]

    def _report(self, text: str) -> str:
        rows = self._index.nearest(text).tolist() if text else []
        return most_frequent_report([self._examples[row] for row in rows]) if rows else self._majority


def _context_text(request: Request) -> str:
    return " ".join(request.context.values())
