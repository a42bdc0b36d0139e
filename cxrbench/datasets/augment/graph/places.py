"""One change for all boxes of a scene graph or of a question's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from cxrbench.core.types import Box
from cxrbench.datasets.augment.film.boxes import Size, jitter_boxes
from cxrbench.datasets.qba.records import Answer, Localisation, Question, SceneGraph

Move = Callable[[tuple[Box, ...]], tuple[Box | None, ...]]
"""Boxes -> where they are now; None for a box that has left the film."""


def move_in_graph(graph: SceneGraph, move: Move) -> SceneGraph:
    """The graph with every box moved. A place that loses its last box counts its references as missing."""
    return replace(
        graph,
        observations={
            id: replace(item, localisations=_moved(item.localisations, move))
            for id, item in graph.observations.items()
        },
        regions={
            name: replace(item, localisations=_moved(item.localisations, move))
            for name, item in graph.regions.items()
        },
    )


def move_in_question(question: Question, move: Move) -> Question:
    """The question with every box of its answers moved."""
    return replace(question, answers=tuple(_answer(answer, move) for answer in question.answers))


def jitter(size: Size, random: np.random.Generator, share: float = 0.05) -> Move:
    """A move that shakes each edge by up to `share` of its box's width or height, inside the film."""

    def move(boxes: tuple[Box, ...]) -> tuple[Box | None, ...]:
        if not boxes:
            return ()
        corners = np.array([(box.x1, box.y1, box.x2, box.y2) for box in boxes], np.float64)
        moved = jitter_boxes(corners, random, size, share).tolist()
        return tuple(
            replace(box, x1=x1, y1=y1, x2=x2, y2=y2) for box, (x1, y1, x2, y2) in zip(boxes, moved, strict=True)
        )

    return move


def _answer(answer: Answer, move: Move) -> Answer:
    return replace(
        answer,
        localisations=_moved(answer.localisations, move),
        below=tuple(_answer(item, move) for item in answer.below),
    )


def _moved(places: Mapping[str, Localisation], move: Move) -> dict[str, Localisation]:
    return {image: _place(place, move) for image, place in places.items()}


def _place(place: Localisation, move: Move) -> Localisation:
    boxes = tuple(box for box in move(place.boxes) if box is not None)
    lost = place.references if place.boxes and not boxes else ()
    return replace(place, boxes=boxes, missing=tuple(dict.fromkeys((*place.missing, *lost))))
