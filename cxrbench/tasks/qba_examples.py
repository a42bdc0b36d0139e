"""From a question of MIMIC-Ext-CXR-QBA and its gold to an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cxrbench.core.types import Box, Example, Image, Labels, Reference, Request
from cxrbench.datasets.qba.gold import Gold, LabelledBox
from cxrbench.datasets.qba.question_types import MARKED, QUESTION_TYPES
from cxrbench.tasks.qba_graphs import QuestionGraph, StudyGraph
from cxrbench.tasks.qba_prompts import family_of, qba_choices, qba_prompt
from cxrbench.tasks.qba_strata import Strata, box_step, overlap_step, qba_strata

LABELLED_TYPE: Final = "B01_describe_all"
"""The one question of a study that carries its gold labels, so that every study counts once."""


@dataclass(frozen=True, slots=True)
class Study:
    """What all questions of a study share.

    Attributes:
        images: For the request: the primary frontal film first.
        view: Of that film.
        size: Its width and height in pixels; None where unknown.
        context, scene_graph: For the request, as `--inputs` asks.
        labels, label_source: Gold labels, and who gave them ("radiologist", "chexpert").
        graph: For the references.
    """

    patient_id: str
    study_id: str
    images: tuple[Image, ...]
    view: str
    size: tuple[int, int] | None
    context: Mapping[str, str]
    scene_graph: Mapping[str, Any] | None
    graph: StudyGraph
    labels: Labels | None = None
    label_source: str | None = None
    sex: str | None = None
    age: str | None = None
    boxes: dict[LabelledBox, Box] = field(default_factory=dict)
    """Boxes already made: the same one belongs to many questions."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question.

    Attributes:
        type: Canonical identifier; None where it is not known.
        grade: A++ to D or U; None where the metadata have none.
        regions: Of the 26, all that its answers are about, denied or not.
    """

    id: str
    type: str | None
    text: str
    gold: Gold
    regions: tuple[str, ...] = ()
    obs_ids: tuple[str, ...] = ()
    grade: str | None = None


def exclusion(type: str | None, *, asks: bool, answered: bool, yes_no: str | None) -> str | None:
    """Why a question takes no part; None where it does.

    Args:
        type: Canonical identifier; None where it is not known.
        asks, answered: Whether question and main answer have any text.
        yes_no: The gold of a yes/no question.
    """
    if type is None:
        return "unknown question type"
    if not asks:
        return "no question text"
    if not answered:
        return "no answer"
    known = QUESTION_TYPES.get(type)
    if known is not None and known.yes_no and yes_no is None:
        return "yes/no question whose main answer says neither"
    return None


def qba_example(study: Study, question: Asked) -> Example:
    """The example of a question for which `exclusion` has no reason."""
    type = question.type or ""
    id = f"{study.study_id}/{question.id}"
    family = family_of(type, question.text)
    request = Request(
        id=id,
        kind="vqa",
        images=study.images,
        prompt=qba_prompt(type, question.text),
        question_type=type,
        choices=qba_choices(type, question.text),
        context=study.context,
        scene_graph=study.scene_graph,
        question=question.text,
    )
    reference = _reference(id, study, question, type, family)
    return Example(request, reference, study.patient_id, _strata(study, question, reference, type, family))


def _reference(id: str, study: Study, question: Asked, type: str, family: str) -> Reference:
    gold = question.gold
    answer = _short_answer(gold, type, family)
    return Reference(
        id=id,
        text=gold.text,
        answer=answer,
        labels=study.labels if type == LABELLED_TYPE else None,
        regions=(gold.regions or None) if family == "where" else None,
        severity=gold.severity if family == "how" else None,
        boxes=_boxes(gold, study.boxes),
        scene_graph=QuestionGraph(study.graph, question.obs_ids) if family == "describe" else study.graph,
        question=question.text,
        question_type=type,
        closed=answer is not None,
    )


def _short_answer(gold: Gold, type: str, family: str) -> str | None:
    """The answer that exact match compares; None for open questions."""
    if type in MARKED:
        return gold.text
    if family == "yes_no":
        return gold.yes_no
    if family == "how":
        return gold.severity
    return gold.regions[0] if family == "where" and len(gold.regions) == 1 else None


def _boxes(gold: Gold, made: dict[LabelledBox, Box]) -> tuple[Box, ...] | None:
    """The gold boxes; none at all where the main answer denies; unknown (None) where a positive answer has no box."""
    if not gold.boxes:
        return () if gold.polarity == "neg" else None
    return tuple(made.setdefault(box, Box(*box.corners, label=box.label or None)) for box in gold.boxes)


def _strata(study: Study, question: Asked, reference: Reference, type: str, family: str) -> Strata:
    gold = question.gold
    known = QUESTION_TYPES.get(type)
    asked = known is not None and known.strategy == "finding"
    return qba_strata(
        question_type=type,
        family=family,
        closed=reference.closed is True,
        regions=question.regions,
        conditions=tuple(dict.fromkeys((*gold.conditions, *gold.denied))) if asked else gold.conditions,
        polarity=gold.polarity,
        grade=question.grade,
        view=study.view,
        boxes=len(gold.boxes),
        box_share=box_step([box.corners for box in gold.boxes], *(study.size or (None, None))),
        box_overlap=overlap_step([box.corners for box in gold.boxes]),
        severity=gold.severity,
        labels=study.label_source if reference.labels is not None else None,
        sex=study.sex,
        age=study.age,
    )
