"""A question of VQA-RAD or SLAKE, and the example that a task makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cxrbench.core.types import Box, Example, Image, Reference, Request
from cxrbench.tasks.vqa_prompts import question_family, vqa_choices, vqa_prompt


@dataclass(frozen=True, slots=True)
class VqaItem:
    """What a task needs of a row, whatever the data set.

    Attributes:
        group: The image: the resampling unit, as answers about one image are correlated.
        question_type: The data set's word for what is asked; reaches metrics and strata, never the model.
        image_names: The names by which a detections file may call the image.
        strata: Those that only this data set has.
        boxes: Gold boxes of the thing that the question asks for; None where there are none.
    """

    id: str
    question: str
    answer: str | None
    closed: bool | None
    question_type: str | None
    image: Image
    group: str
    image_names: tuple[str, ...]
    strata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    boxes: tuple[Box, ...] | None = None


def vqa_example(
    item: VqaItem,
    graphs: Mapping[str, Mapping[str, Any]],
    strata: Mapping[str, tuple[str, ...]],
) -> Example:
    """The example of a row. The request is made of image, question and detections alone.

    Args:
        graphs: Image name -> detections; empty where no scene graph was asked for.
    """
    family = question_family(item.question)
    request = Request(
        id=item.id,
        kind="vqa",
        images=(item.image,),
        prompt=vqa_prompt(item.question, family),
        question_type=family,
        choices=vqa_choices(family),
        scene_graph=next((graphs[name] for name in item.image_names if name in graphs), None),
        question=item.question,
    )
    reference = Reference(
        id=item.id,
        text=item.answer,
        answer=item.answer,
        boxes=item.boxes,
        question=item.question,
        question_type=item.question_type,
        closed=item.closed,
    )
    return Example(request, reference, group=item.group, strata=strata)
