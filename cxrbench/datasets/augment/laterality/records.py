"""Scene graphs, questions and answers of a mirrored film.

Everything that a report or a template wrote is exchanged, names of regions and kinds of relations among it;
identifiers are not. Each function refuses the whole record when one of its texts has no mirror image, so a record is
mirrored in all its parts or in none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from cxrbench.core.errors import DataError
from cxrbench.datasets.augment.laterality.boxes import mirror_boxes
from cxrbench.datasets.augment.laterality.words import mirror_text
from cxrbench.datasets.qba.records import (
    Answer,
    Localisation,
    Observation,
    Question,
    Region,
    Relation,
    SceneGraph,
)

Widths = Mapping[str, float]
"""Image id -> width in pixels of every image that is mirrored."""


def mirror_graph(graph: SceneGraph, widths: Widths) -> SceneGraph:
    """The scene graph of the mirrored images.

    Raises:
        NoMirrorImage: A text or name in it has none.
        DataError: It locates something in an image whose width is not given; see `graph_of_image`.
    """
    return replace(
        graph,
        observations={id: _observation(item, widths) for id, item in graph.observations.items()},
        regions={mirror_text(name): _region(item, widths) for name, item in graph.regions.items()},
        sentences={id: mirror_text(text) for id, text in graph.sentences.items()},
        indication=None if graph.indication is None else mirror_text(graph.indication),
        located_at=_relations(graph.located_at),
        observation_relations=_relations(graph.observation_relations),
        region_relations=_relations(graph.region_relations),
    )


def mirror_question(question: Question, widths: Widths) -> Question:
    """The question about the mirrored images, with its answers and the values of its template's slots.

    Raises:
        NoMirrorImage: A text or name in it has none.
        DataError: It locates something in an image whose width is not given; see `question_of_image`.
    """
    return replace(
        question,
        text=mirror_text(question.text),
        answers=tuple(_answer(answer, widths) for answer in question.answers),
        variables={name: _value(value) for name, value in question.variables.items()},
    )


def graph_of_image(graph: SceneGraph, image_id: str) -> SceneGraph:
    """The same graph with places in one image only: a flip of the frontal film says nothing about the lateral one."""
    return replace(
        graph,
        observations={
            id: replace(item, localisations=_only(item.localisations, image_id))
            for id, item in graph.observations.items()
        },
        regions={
            name: replace(item, localisations=_only(item.localisations, image_id))
            for name, item in graph.regions.items()
        },
    )


def question_of_image(question: Question, image_id: str) -> Question:
    """The same question with places in one image only."""
    return replace(question, answers=tuple(_answer_of_image(answer, image_id) for answer in question.answers))


def _answer_of_image(answer: Answer, image_id: str) -> Answer:
    return replace(
        answer,
        localisations=_only(answer.localisations, image_id),
        below=tuple(_answer_of_image(item, image_id) for item in answer.below),
    )


def _only(places: Mapping[str, Localisation], image_id: str) -> dict[str, Localisation]:
    return {image_id: places[image_id]} if image_id in places else {}


def _observation(item: Observation, widths: Widths) -> Observation:
    return replace(
        item,
        sentence=mirror_text(item.sentence),
        probability=mirror_text(item.probability),
        name=mirror_text(item.name),
        **_shared(item, widths),
    )


def _region(item: Region, widths: Widths) -> Region:
    return replace(
        item,
        name=mirror_text(item.name),
        laterality=mirror_text(item.laterality),
        localisations=_localisations(item.localisations, widths),
    )


def _answer(item: Answer, widths: Widths) -> Answer:
    return replace(
        item,
        text=mirror_text(item.text),
        name_tag=mirror_text(item.name_tag),
        below=tuple(_answer(answer, widths) for answer in item.below),
        **_shared(item, widths),
    )


def _shared(item: Observation | Answer, widths: Widths) -> dict[str, Any]:
    """What observations and answers have in common."""
    return {
        "laterality": mirror_text(item.laterality),
        "regions": _texts(item.regions),
        "entities": _texts(item.entities),
        "entity_parents": _texts(item.entity_parents),
        "modifiers": {kind: _texts(words) for kind, words in item.modifiers.items()},
        "localisations": _localisations(item.localisations, widths),
    }


def _localisations(places: Mapping[str, Localisation], widths: Widths) -> dict[str, Localisation]:
    missing = [image for image in places if image not in widths]
    if missing:
        raise DataError(
            f"places in images that are not mirrored: {', '.join(missing)}",
            valid=", ".join(widths) or "the width of every image that is mirrored",
            hint="keep the places in the mirrored film: graph_of_image, question_of_image",
        )
    return {
        image: replace(
            place,
            boxes=mirror_boxes(place.boxes, widths[image]),
            references=_texts(place.references),
            missing=_texts(place.missing),
        )
        for image, place in places.items()
    }


def _relations(relations: Iterable[Relation]) -> tuple[Relation, ...]:
    """Ends are names of regions or identifiers like O01.02, which contain no word; kinds may be "left" or "right"."""
    return tuple(
        Relation(mirror_text(item.source), mirror_text(item.target), mirror_text(item.kind)) for item in relations
    )


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(mirror_text, texts))


def _value(value: object) -> object:
    if isinstance(value, str):
        return mirror_text(value)
    if isinstance(value, Mapping):
        return {name: _value(item) for name, item in value.items()}
    return type(value)(map(_value, value)) if isinstance(value, (list, tuple)) else value
