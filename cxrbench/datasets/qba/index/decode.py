"""One study's question file, as far as the index needs it; fast where the file is as documented.

msgspec decodes straight into the fields that are needed and skips the rest. A file that does not fit, in any field,
is read once more by the tolerant reader, which says what was odd. Both ways give the same questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from cxrbench.datasets.qba.gold import answer_facts
from cxrbench.datasets.qba.index.shapes import Shapes
from cxrbench.datasets.qba.parse import parse_questions, parse_scene_graph
from cxrbench.datasets.qba.records import Answer, Question

INDICATION: Final = "OIND"
"""The observation that answers the indication."""
Names = tuple[str, ...]
Corners = tuple[float, float, float, float]


class QuestionFacts(NamedTuple):
    """What the index needs of a question.

    Attributes:
        shapes: Numbers of the answers of all levels, top down, in the shapes that the reader was given.
        texts: Their sentences.
        boxes: Their boxes on the primary image, without those of a fallback.
        levels: How many there are.
        image_ids: Images that an answer has a place in.
    """

    id: str
    type: str
    text: str
    shapes: tuple[int, ...]
    texts: list[str]
    boxes: list[tuple[Corners, ...]]
    levels: int
    image_ids: set[str]
    obs_ids: Names
    from_report: bool
    from_template: bool


class StudyFacts(NamedTuple):
    """What the index needs of a file; `problems` are sentences of the tolerant reader."""

    patient_id: str
    study_id: str
    questions: Iterator[QuestionFacts]
    problems: tuple[str, ...] = ()


def read_study(data: bytes, patient_id: str, study_id: str, image_id: str | None, shapes: Shapes) -> StudyFacts:
    """Decode a question file.

    Args:
        patient_id, study_id: What its name says.
        image_id: The primary frontal image; boxes of others are left out.

    Raises:
        DataError: Not JSON, or not an object.
    """
    try:
        file = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        read = parse_questions(data, patient_id=patient_id, study_id=study_id)
        questions = (_from_record(question, image_id, shapes) for question in read.questions)
        return StudyFacts(read.patient_id, read.study_id, questions, read.problems)
    return StudyFacts(file.patient_id, file.study_id, (_from_file(q, image_id, shapes) for q in file.questions))


def read_observations(data: bytes) -> frozenset[str]:
    """Ids of the observations in a scene graph, that of the indication among them.

    Raises:
        DataError: Not JSON, or not an object.
    """
    try:
        ids = frozenset(_GRAPH_DECODER.decode(data).observations)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        ids = frozenset(parse_scene_graph(data).observations)
    return ids | {INDICATION}


class _Observation(msgspec.Struct, gc=False):
    """Its fields are of no interest here."""


class _Graph(msgspec.Struct, gc=False):
    observations: dict[str, _Observation]


class _Place(msgspec.Struct, gc=False, rename={"boxes": "bboxes"}):
    boxes: tuple[Corners, ...] | None = None
    is_fallback: bool | None = None


class _Answer(
    msgspec.Struct,
    gc=False,
    rename={
        "kind": "answer_type",
        "entities": "obs_entities",
        "parents": "obs_entities_parents",
        "subcategories": "obs_subcategories",
        "below": "sub_answers",
    },
):
    kind: str
    text: str | None = None
    positiveness: Literal["pos", "neg"] | None = None
    laterality: str | None = None
    entities: Names | None = None
    parents: Names | None = None
    subcategories: Names | None = None
    regions: Names | None = None
    modifiers: tuple[tuple[str, str], ...] | None = None
    localization: dict[str, _Place] | None = None
    below: tuple[_Answer, ...] | None = None


class _Question(
    msgspec.Struct,
    gc=False,
    rename={
        "id": "question_id",
        "type": "question_type",
        "text": "question",
        "from_report": "contains_report_answers",
        "from_template": "contains_template_answers",
    },
):
    id: str
    type: str | None = None
    text: str | None = None
    answers: tuple[_Answer, ...] | None = None
    obs_ids: Names | None = None
    from_report: bool | None = None
    from_template: bool | None = None


class _Study(msgspec.Struct, gc=False):
    patient_id: str
    study_id: str
    questions: list[_Question]


_DECODER: Final = msgspec.json.Decoder(_Study)
_GRAPH_DECODER: Final = msgspec.json.Decoder(_Graph)
_NO_BOXES: Final[tuple[Corners, ...]] = ()


def _from_file(question: _Question, image_id: str | None, shapes: Shapes) -> QuestionFacts:
    numbers: list[int] = []
    texts: list[str] = []
    boxes: list[tuple[Corners, ...]] = []
    image_ids: set[str] = set()
    levels = 0
    if question.answers:
        levels = _collect(question.answers, image_id, shapes.raw, numbers, texts, boxes, image_ids)
    return QuestionFacts(
        question.id.strip(),
        (question.type or "").strip(),
        (question.text or "").strip(),
        tuple(numbers),
        texts,
        boxes,
        levels,
        image_ids,
        shapes.names[question.obs_ids],
        question.from_report is True,
        question.from_template is True,
    )


def _collect(
    answers: tuple[_Answer, ...],
    image_id: str | None,
    shapes: Mapping[tuple[object, ...], int],
    numbers: list[int],
    texts: list[str],
    boxes: list[tuple[Corners, ...]],
    image_ids: set[str],
) -> int:
    """Walk over answers top down, add to the lists, and return how many levels there are.

    Not a closure: one that calls itself is a cycle, which only the collector frees, and that is off here.
    """
    deepest = 0
    for answer in answers:
        own = _NO_BOXES
        if answer.localization:
            image_ids.update(answer.localization)
            place = answer.localization.get(image_id) if image_id is not None else None
            if place is not None and not place.is_fallback:
                own = place.boxes or _NO_BOXES
        boxes.append(own)
        texts.append(answer.text or "")
        numbers.append(
            shapes[
                answer.kind,
                answer.positiveness,
                answer.laterality,
                answer.entities,
                answer.parents,
                answer.subcategories,
                answer.regions,
                answer.modifiers,
            ]
        )
        if answer.below:
            deepest = max(deepest, _collect(answer.below, image_id, shapes, numbers, texts, boxes, image_ids))
    return deepest + 1


def _from_record(question: Question, image_id: str | None, shapes: Shapes) -> QuestionFacts:
    answers = list(question.walk())
    facts = [answer_facts(answer, image_id) for answer in answers]
    return QuestionFacts(
        question.id,
        question.type,
        question.text,
        tuple(shapes.number(one) for one in facts),
        [one.text for one in facts],
        [one.boxes for one in facts],
        _depth(question.answers),
        {image for answer in answers for image in answer.localisations},
        question.obs_ids,
        question.contains_report_answers,
        question.contains_template_answers,
    )


def _depth(answers: tuple[Answer, ...]) -> int:
    return max((1 + _depth(answer.below) for answer in answers), default=0)
