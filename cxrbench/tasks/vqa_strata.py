"""The strata of question answering tasks: where a model's score comes from, and what its training could have seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cxrbench.metrics.vqa.normalise import normalise_answer
from cxrbench.tasks.vqa_items import VqaItem
from cxrbench.tasks.vqa_prompts import question_family

_ANSWER_TYPES: Mapping[bool | None, str] = {True: "closed", False: "open", None: "unstated"}


@dataclass(frozen=True)
class SeenInTraining:
    """What the training rows of the data set hold.

    Attributes:
        images: Ids of their images.
        questions: Their questions in normal form.
        pairs: Image and question together.
    """

    images: frozenset[str]
    questions: frozenset[str]
    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, training: Iterable[VqaItem]) -> SeenInTraining:
        """What these rows hold."""
        rows = [(item.group, normalise_answer(item.question)) for item in training]
        return cls(frozenset(row[0] for row in rows), frozenset(row[1] for row in rows), frozenset(rows))


def vqa_strata(item: VqaItem, seen: SeenInTraining | None) -> dict[str, tuple[str, ...]]:
    """Strata of one question.

    Args:
        seen: None where the training rows are not at hand; then there are no strata of what was seen.

    - answer_type: "closed" or "open", as the data set calls it.
    - family: what the words of the question ask (`question_family`).
    - image_in_training, question_in_training: whether the image, or the question's wording, is among the training
      rows of the data set. It says nothing of what a model was really trained on.
    - those of the data set: question type, organ and the like.
    """
    strata = {
        "answer_type": (_ANSWER_TYPES[item.closed],),
        "family": (question_family(item.question),),
        **item.strata,
    }
    if seen is not None:
        strata["image_in_training"] = (_yes_no(item.group in seen.images),)
        strata["question_in_training"] = (_yes_no(normalise_answer(item.question) in seen.questions),)
    return strata


def leak_note(items: Iterable[VqaItem], seen: SeenInTraining, dataset: str) -> str:
    """How much of a split the training rows hold, and what a zero-shot claim needs."""
    rows = [(item.group, normalise_answer(item.question)) for item in items]
    images = {image for image, _ in rows}
    again = sum(row in seen.pairs for row in rows)
    worded = sum(words in seen.questions for _, words in rows)
    return (
        f"training rows of {dataset} hold {len(images & seen.images)} of these {len(images)} images, {again} of "
        f"these {len(rows)} questions with their image and the wording of {worded}; only a model that was neither "
        f"trained nor tuned on {dataset} is zero-shot"
    )


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
