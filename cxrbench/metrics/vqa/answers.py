"""What is compared: the given answer and the gold answer, the said text and the gold text."""

from __future__ import annotations

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.vqa.normalise import normalise_answer, parse_yes_no


def has_gold_answer(reference: Reference) -> bool:
    """Whether there is a gold answer of which something is left after normalisation."""
    return reference.answer is not None and bool(normalise_answer(reference.answer))


def is_yes_no(reference: Reference) -> bool:
    """Whether the gold answer is exactly yes or no."""
    return reference.answer is not None and normalise_answer(reference.answer) in ("yes", "no")


def given_answer(prediction: Prediction) -> str:
    """`answer` where the model gave one, else its text; empty unless the status is "ok"."""
    if prediction.status != "ok":
        return ""
    if prediction.answer is not None and prediction.answer.strip():
        return prediction.answer
    return prediction.text or ""


def said_text(prediction: Prediction) -> str:
    """`text` where the model gave one, else its answer; empty unless the status is "ok"."""
    if prediction.status != "ok":
        return ""
    if prediction.text is not None and prediction.text.strip():
        return prediction.text
    return prediction.answer or ""


def gold_text(reference: Reference) -> str | None:
    """The reference text, else the gold answer; None where there is neither."""
    return reference.text if reference.text is not None else reference.answer


def is_right(gold: str, given: str) -> bool:
    """Exact match: a yes/no gold by the yes/no grammar, any other by equality of the normalised strings."""
    expected = normalise_answer(gold)
    if expected in ("yes", "no"):
        return parse_yes_no(given) == expected
    return bool(expected) and normalise_answer(given) == expected


def right_answers(pairs: Pairs) -> list[bool]:
    """`is_right` of every pair; worked out once per distinct pair of strings."""
    return pairs.view("vqa/right", _right_answers)


def _right_answers(pairs: Pairs) -> list[bool]:
    known: dict[tuple[str, str], bool] = {}
    found: list[bool] = []
    for reference, prediction in zip(pairs.references, pairs.predictions):
        key = (reference.answer or "", given_answer(prediction))
        right = known.get(key)
        if right is None:
            right = known[key] = is_right(*key)
        found.append(right)
    return found
