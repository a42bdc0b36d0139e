"""From the bytes of a `.scene_graph.json` or `.qa.json` to records.

No file of MIMIC-Ext-CXR-QBA could be looked at when this was written; its documentation leaves types open. So
whatever can be read is read, what is odd is noted in `problems`, keys that are not known are ignored, and only a file
that is not JSON, or not an object, is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cxrbench.core.errors import DataError
from cxrbench.datasets.qba.places import Sizes, localisations_of
from cxrbench.datasets.qba.question_types import MARKED, question_type
from cxrbench.datasets.qba.records import (
    Answer,
    Observation,
    Question,
    Region,
    Relation,
    SceneGraph,
    StudyQuestions,
)
from cxrbench.datasets.qba.values import (
    Notes,
    entries_of,
    flag_of,
    integer_of,
    modifiers_of,
    object_of,
    objects_of,
    polarity_of,
    text_of,
    texts_of,
)

Data = bytes | str | Mapping[str, Any]
_INDICATION: Final = "OIND"
_NUMBER: Final = re.compile(r"_\d+$")
_HINT: Final = "the file may be truncated; unpack or download it again"


def parse_scene_graph(
    data: Data,
    *,
    patient_id: str | None = None,
    study_id: str | None = None,
    sizes: Sizes | None = None,
    where: str | None = None,
) -> SceneGraph:
    """Read a scene graph.

    Edges and top-level ids of observations that do not exist are left out and noted; names of regions that the file
    does not describe are kept and noted.

    Args:
        data: The file's bytes or text, or the object in it.
        patient_id, study_id: What the file's name says; it counts, and another id inside is noted.
        sizes: Image id -> (width, height); boxes that reach outside are clipped and noted. Without it only the left
            and upper edge are known.
        where: The file, for the error.

    Raises:
        DataError: Empty, truncated, not JSON in UTF-8, or not an object.
    """
    file = _decode(data, "scene graph", where)
    notes = Notes()
    observations = {
        id: _observation(id, item, sizes, notes)
        for id, item in entries_of(file.get("observations"), "observations", "obs_id", "", notes)
    }
    regions = {
        name: Region(
            name,
            text_of(item.get("laterality"), "laterality", name, notes),
            integer_of(item.get("region_localization_quality"), "region_localization_quality", name, notes),
            localisations_of(item.get("localization"), f"region {name}", sizes, notes),
        )
        for name, item in entries_of(file.get("regions"), "regions", "region", "", notes)
    }
    sentences = {
        id: text_of(item.get("sentence"), "sentence", id, notes)
        for id, item in entries_of(file.get("sentences"), "sentences", "sent_id", "", notes)
    }
    indication = object_of(file.get("indication"), "indication", "", notes)
    answer = object_of(indication.get("answer_for_indication"), "answer_for_indication", "", notes)
    located = _relations(file, "located_at_relations", "region", "observation_id", "where_specified", notes)
    children = _relations(file, "obs_relations", "parent_observation_id", "child_observation_id", "child_type", notes)
    of_regions = _relations(file, "region_region_relations", "region", "related_region", "relation_type", notes)
    spoken = _relations(file, "obs_sent_relations", "observation_id", "sentence_id", "", notes)
    top = texts_of(file.get("top_level_obs_ids"), "top_level_obs_ids", "", notes)
    known = {*observations, _INDICATION}
    _note_regions(observations.values(), located, of_regions, regions, notes)
    return SceneGraph(
        _own_id(file, "patient_id", patient_id, notes),
        _own_id(file, "study_id", study_id, notes),
        observations,
        regions,
        tuple(id for id in top if _exists(id, observations, "top_level_obs_ids", notes)),
        sentences,
        text_of(indication.get("indication_summary"), "indication_summary", "", notes)
        or text_of(indication.get("indication"), "indication", "", notes)
        or None,
        tuple(edge for edge in located if _exists(edge.target, known, "located_at_relations", notes)),
        tuple(
            edge
            for edge in children
            if _exists(edge.source, known, "obs_relations", notes)
            and _exists(edge.target, known, "obs_relations", notes)
        ),
        of_regions,
        tuple(edge for edge in spoken if _exists(edge.source, known, "obs_sent_relations", notes)),
        _observation(_INDICATION, answer, sizes, notes) if answer else None,
        _codes(file, "study_quality", notes),
        _codes(file, "study_img_localization_quality", notes),
        notes.sentences(),
    )


def parse_questions(
    data: Data,
    *,
    patient_id: str | None = None,
    study_id: str | None = None,
    sizes: Sizes | None = None,
    where: str | None = None,
) -> StudyQuestions:
    """Read the questions of a study. Arguments and errors as for `parse_scene_graph`.

    A question of an unknown type is kept with the type as the file spells it, and noted. One without an id, and the
    second of two with the same id, is left out and noted.
    """
    file = _decode(data, "questions", where)
    notes = Notes()
    questions: dict[str, Question] = {}
    if "questions" not in file:
        notes.add("the file has no questions")
    for item in objects_of(file.get("questions"), "questions", "", notes):
        id = text_of(item.get("question_id"), "question_id", "", notes)
        if not id:
            notes.add("a question has no question_id, left out")
        elif id in questions:
            notes.add("a question_id occurs twice, the second is left out", id)
        else:
            try:
                questions[id] = _question(id, item, sizes, notes)
            except RecursionError as error:
                raise _too_deep("questions", where) from error
    return StudyQuestions(
        _own_id(file, "patient_id", patient_id, notes),
        _own_id(file, "study_id", study_id, notes),
        tuple(questions.values()),
        notes.sentences(),
    )


def _decode(data: Data, what: str, where: str | None) -> Mapping[str, Any]:
    if isinstance(data, Mapping):
        return data
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        if not text.strip():
            raise DataError(f"{what}: the file is empty", where=where, valid="a JSON object", hint=_HINT)
        file = json.loads(text)
    except UnicodeDecodeError as error:
        raise DataError(f"{what}: byte {error.start} is not UTF-8", where=where, hint=_HINT) from error
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise DataError(f"{what}: not valid JSON: {error.msg} at {at}", where=where, hint=_HINT) from error
    except RecursionError as error:
        raise _too_deep(what, where) from error
    if not isinstance(file, dict):
        raise DataError(f"{what}: the file holds a {type(file).__name__}", where=where, valid="a JSON object")
    return file


def _too_deep(what: str, where: str | None) -> DataError:
    return DataError(f"{what}: nested too deeply", where=where, valid="answers of a few levels", hint=_HINT)


def _own_id(file: Mapping[str, Any], key: str, expected: str | None, notes: Notes) -> str:
    own = text_of(file.get(key), key, "", notes)
    if expected is None:
        if not own:
            notes.add(f"the file has no {key}")
        return own
    if own and own != expected:
        notes.add(f"{key} inside the file is another than in its name", own)
    return expected


def _observation(id: str, item: Mapping[str, Any], sizes: Sizes | None, notes: Notes) -> Observation:
    place = f"observation {id}"

    def text(key: str) -> str:
        return text_of(item.get(key), key, place, notes)

    def texts(key: str) -> tuple[str, ...]:
        return texts_of(item.get(key), key, place, notes)

    return Observation(
        id,
        text("name"),
        text("summary_sentence"),
        texts_of(item.get("regions"), "regions", place, notes, inner="region"),
        texts("obs_entities"),
        texts("obs_entities_parents"),
        texts("obs_categories"),
        texts("obs_subcategories"),
        text("laterality"),
        polarity_of(item.get("positiveness"), "positiveness", place, notes),
        text("probability"),
        text("certainty"),
        modifiers_of(item.get("modifiers"), place, notes),
        text("child_type") or None,
        integer_of(item.get("child_level"), "child_level", place, notes) or 0,
        flag_of(item.get("from_report"), "from_report", place, notes, default=True),
        localisations_of(item.get("localization"), place, sizes, notes),
    )


def _question(id: str, item: Mapping[str, Any], sizes: Sizes | None, notes: Notes) -> Question:
    place = f"question {id}"
    answers = objects_of(item.get("answers"), "answers", place, notes)
    return Question(
        id,
        _type(id, text_of(item.get("question_type"), "question_type", place, notes), notes),
        text_of(item.get("question_strategy"), "question_strategy", place, notes),
        text_of(item.get("question"), "question", place, notes),
        tuple(_answer(answer, number, id, sizes, notes) for number, answer in enumerate(answers)),
        texts_of(item.get("obs_ids"), "obs_ids", place, notes),
        object_of(item.get("variables"), "variables", place, notes),
        flag_of(item.get("contains_report_answers"), "contains_report_answers", place, notes, default=False),
        flag_of(item.get("contains_template_answers"), "contains_template_answers", place, notes, default=False),
    )


def _type(id: str, spelled: str, notes: Notes) -> str:
    if spelled in MARKED:
        return spelled
    known = question_type(spelled, id)
    if known is None:
        type = spelled or _NUMBER.sub("", id)
        notes.add(f"unknown question type {type!r}", id)
        return type
    if question_type(spelled) not in {None, known}:
        notes.add("question_type is another than the question_id says; the id counts", id)
    return known.identifier


def _answer(item: Mapping[str, Any], number: int, question: str, sizes: Sizes | None, notes: Notes) -> Answer:
    own = item.get("answer_id")
    id = str(own) if type(own) is int else text_of(own, "answer_id", f"question {question}", notes)
    if not id:
        id = str(number)
        notes.add("an answer has no answer_id, numbered instead", f"question {question}")
    place = f"question {question}, answer {id}"

    def text(key: str) -> str:
        return text_of(item.get(key), key, place, notes)

    def texts(key: str) -> tuple[str, ...]:
        return texts_of(item.get(key), key, place, notes)

    below = objects_of(item.get("sub_answers"), "sub_answers", place, notes)
    return Answer(
        id,
        text("answer_type"),
        integer_of(item.get("answer_level"), "answer_level", place, notes) or 0,
        text("text"),
        text("name_tag"),
        text("laterality"),
        texts_of(item.get("regions"), "regions", place, notes, inner="region"),
        texts("obs_entities"),
        texts("obs_entities_parents"),
        texts("obs_categories"),
        texts("obs_subcategories"),
        text("certainty"),
        polarity_of(item.get("positiveness"), "positiveness", place, notes),
        modifiers_of(item.get("modifiers"), place, notes),
        localisations_of(item.get("localization"), place, sizes, notes),
        flag_of(item.get("from_report"), "from_report", place, notes, default=True),
        tuple(_answer(answer, index, question, sizes, notes) for index, answer in enumerate(below)),
    )


def _relations(
    file: Mapping[str, Any], key: str, source: str, target: str, kind: str, notes: Notes
) -> tuple[Relation, ...]:
    edges = []
    for item in objects_of(file.get(key), key, "", notes):
        first = text_of(item.get(source), source, key, notes)
        second = text_of(item.get(target), target, key, notes)
        if first and second:
            edges.append(Relation(first, second, text_of(item.get(kind), kind, key, notes) if kind else ""))
        else:
            notes.add(f"an edge of {key} has an end missing, left out")
    return tuple(edges)


def _exists(id: str, known: Iterable[str], key: str, notes: Notes) -> bool:
    if id in known:
        return True
    notes.add(f"{key} names an observation that does not exist, left out", id)
    return False


def _note_regions(
    observations: Iterable[Observation],
    located: Iterable[Relation],
    of_regions: Iterable[Relation],
    regions: Mapping[str, Region],
    notes: Notes,
) -> None:
    named = {name for observation in observations for name in observation.regions}
    named |= {edge.source for edge in located} | {end for edge in of_regions for end in (edge.source, edge.target)}
    for name in sorted(named - set(regions)):
        notes.add("a region is named that the file does not describe", name)


def _codes(file: Mapping[str, Any], key: str, notes: Notes) -> dict[str, int]:
    codes = {
        name: integer_of(code, key, name, notes) for name, code in object_of(file.get(key), key, "", notes).items()
    }
    return {name: code for name, code in codes.items() if code is not None}
