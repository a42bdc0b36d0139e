"""Floors for questions that never look at the image: constant, majority, random."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from cxrbench.adapters.base import AdapterContext
from cxrbench.core import jsonio
from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError
from cxrbench.core.types import Example, ModelInfo, Prediction, Reference, Request

CONSTANT = "yes"
_DIGITS = 6
Fields = Mapping[str, Any]
"""Fields of a prediction beside its id."""


def training_answers(context: AdapterContext) -> list[Example]:
    """The training examples that say anything.

    Raises:
        DataError: The task has none.
    """
    examples = [item for item in context.training() if item.reference.answer or item.reference.text]
    if not examples:
        raise DataError(
            f"this baseline needs training questions, and {context.dataset or 'the data'} has none",
            hint="use baseline:constant or baseline:empty",
        )
    return examples


def answers_fingerprint(examples: Sequence[Example]) -> str:
    """A hash of the training questions and all that is known of their answers."""
    found = hashlib.sha256()
    for item in examples:
        gold = item.reference
        rows = [item.id, item.request.question, gold.answer, gold.text, gold.regions, gold.severity]
        found.update(jsonio.dumps([*rows, dict(gold.labels or {})]).encode("utf-8", "replace"))
    return found.hexdigest()


def consensus(references: Sequence[Reference]) -> Fields:
    """What most of these references say, field by field; ties go to what comes first, and "Yes" and "yes" are one.

    Label probabilities are the shares of the positives among the definite labels; the confidence is the share of the
    references that have the answer which is given. Boxes are left out: they belong to other images.
    """
    answer = _mode(item.answer for item in references)
    agreeing = [item for item in references if _key(item.answer) == _key(answer)] if answer else list(references)
    answered = sum(item.answer is not None for item in references)
    return {
        "answer": answer,
        "text": _mode(item.text for item in agreeing),
        "regions": _mode(None if item.regions is None else tuple(item.regions) for item in references),
        "severity": _mode(item.severity for item in references),
        "label_probabilities": _prevalences(references),
        "confidence": round(len(agreeing) / answered, _DIGITS) if answer else None,
    }


def repeated(reference: Reference) -> Fields:
    """Exactly what one reference says, with no claim of how sure that is."""
    return {**consensus([reference]), "boxes": reference.boxes, "confidence": None}


def _mode(values: Iterable[Hashable]) -> Any:
    """The most frequent value in its first spelling; None where there is none."""
    spellings: dict[Hashable, Hashable] = {}
    counts: Counter[Hashable] = Counter()
    for value in values:
        if value is not None:
            key = _key(value)
            spellings.setdefault(key, value)
            counts[key] += 1
    return spellings[counts.most_common(1)[0][0]] if counts else None


def _key(value: Hashable) -> Hashable:
    return " ".join(value.lower().split()) if isinstance(value, str) else value


def _prevalences(references: Sequence[Reference]) -> Mapping[str, float] | None:
    found = {}
    for name in CONDITIONS:
        labels = [item.labels[name] for item in references if item.labels and item.labels.get(name) in (0, 1)]
        if labels:
            found[name] = round(sum(label == 1 for label in labels) / len(labels), _DIGITS)
    return found or None


def of_type(examples: Sequence[Example]) -> Callable[[str | None], list[Example]]:
    """Question type -> its training examples, else all of them."""
    groups: dict[str | None, list[Example]] = {}
    for item in examples:
        groups.setdefault(item.request.question_type, []).append(item)
    everything = list(examples)
    return lambda kind: groups.get(kind, everything)


def floor(name: str, fingerprint: str, trained_on: tuple[str, ...], notes: tuple[str, ...] = ()) -> ModelInfo:
    """The description of a baseline that looks at no image."""
    return ModelInfo(
        f"baseline-{name}",
        "1",
        fingerprint,
        trained_on=trained_on,
        inputs=(),
        needs_pixels=False,
        is_baseline=True,
        notes=notes,
    )


class ConstantAnswer:
    """The answer yes to every question."""

    def describe(self) -> ModelInfo:
        return floor("constant", jsonio.digest(["vqa", CONSTANT]), ())

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        return [Prediction(request.id, text=CONSTANT, answer=CONSTANT) for request in requests]


class MajorityAnswer:
    """The most frequent training answer to questions of the same type."""

    def __init__(self, context: AdapterContext) -> None:
        examples = training_answers(context)
        self._members = of_type(examples)
        self._dataset = context.dataset
        self._fingerprint = jsonio.digest(["majority", answers_fingerprint(examples)])
        self._known: dict[str | None, Fields] = {}

    def describe(self) -> ModelInfo:
        return floor("majority", self._fingerprint, (self._dataset,))

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        return [Prediction(request.id, **self._say(request.question_type)) for request in requests]

    def _say(self, kind: str | None) -> Fields:
        if kind not in self._known:
            self._known[kind] = consensus([item.reference for item in self._members(kind)])
        return self._known[kind]


class RandomAnswer:
    """The answer to a training question of the same type, drawn by a hash of the seed and the id."""

    def __init__(self, context: AdapterContext) -> None:
        examples = training_answers(context)
        self._members = of_type(examples)
        self._dataset = context.dataset
        self._seed = context.seed
        self._fingerprint = jsonio.digest(["random", context.seed, answers_fingerprint(examples)])

    def describe(self) -> ModelInfo:
        return floor("random", self._fingerprint, (self._dataset,))

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        made = []
        for request in requests:
            drawn = hashlib.sha256(f"{self._seed}:{request.id}".encode("utf-8", "replace")).digest()
            members = self._members(request.question_type)
            chosen = members[int.from_bytes(drawn[:8], "big") % len(members)]
            made.append(Prediction(request.id, **repeated(chosen.reference)))
        return made
