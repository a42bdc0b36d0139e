"""A study's film, scene graph, questions and answers changed together, as training asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cxrbench.core.errors import UsageError
from cxrbench.core.types import Box
from cxrbench.datasets.augment.film.boxes import Size, move_boxes
from cxrbench.datasets.augment.film.changes import SSG_VQA, AugmentSettings, Change, draw_change
from cxrbench.datasets.augment.film.pixels import Film, add_noise, change_film
from cxrbench.datasets.augment.graph.dropout import GRAPH_RATE, OBSERVATION_RATE, drop_graph, drop_observations
from cxrbench.datasets.augment.graph.edges import SHARE, soften_relations
from cxrbench.datasets.augment.graph.places import Move, jitter, move_in_graph, move_in_question
from cxrbench.datasets.augment.laterality.records import (
    graph_of_image,
    mirror_graph,
    mirror_question,
    question_of_image,
)
from cxrbench.datasets.augment.laterality.words import NoMirrorImage
from cxrbench.datasets.augment.text.back_translation import BackTranslation
from cxrbench.datasets.augment.text.synonyms import RATE, replace_terms
from cxrbench.datasets.augment.text.templates import rephrase
from cxrbench.datasets.augment.text.thesaurus import Thesaurus
from cxrbench.datasets.qba.records import Question, SceneGraph
from cxrbench.metrics.concepts.base import ConceptMatcher


@dataclass(frozen=True, slots=True)
class TextRecipe:
    """How questions are reworded. Each part is off by default.

    Attributes:
        templates: Ask by another template of the same meaning.
        thesaurus: Replace terms in questions by synonyms; needs `matcher`.
        matcher: Reads a question before and after.
        rate: Probability that a term is replaced.
        back_translation: The user's translation model.
    """

    templates: bool = False
    thesaurus: Thesaurus | None = None
    matcher: ConceptMatcher | None = None
    rate: float = RATE
    back_translation: BackTranslation | None = None

    def __post_init__(self) -> None:
        if self.thesaurus is not None and self.matcher is None:
            raise UsageError(
                "synonyms without a concept matcher", valid="a matcher that reads the text before and after"
            )

    def reword(self, texts: Sequence[str], random: np.random.Generator) -> list[str]:
        """The texts in other words."""
        found = list(texts)
        if self.templates:
            found = [rephrase(text, random) for text in found]
        if self.thesaurus is not None and self.matcher is not None:
            found = [replace_terms(text, self.thesaurus, self.matcher, random, self.rate) for text in found]
        return self.back_translation(found) if self.back_translation is not None else found


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which changes a study undergoes; the defaults are those of the SSG-VQA document.

    Attributes:
        film: Rotation, exposure, and the horizontal flip (`hflip`, off).
        noise: Standard deviation of Gaussian noise; grey values run from 0 to 1.
        observation_dropout, graph_dropout: Probabilities that an observation, or the whole graph, is left out.
        edge_softening: Probability that a relation loses its kind.
        box_jitter: How far the edges of the graph's boxes move, as a share of their width and height. Boxes of
            answers are gold and are not shaken.
        text: How questions are reworded.
    """

    film: AugmentSettings = SSG_VQA
    noise: float = 0.01
    observation_dropout: float = OBSERVATION_RATE
    graph_dropout: float = GRAPH_RATE
    edge_softening: float = SHARE
    box_jitter: float = 0.05
    text: TextRecipe = TextRecipe()


@dataclass(frozen=True, slots=True, eq=False)
class StudySample:
    """A study as it is trained on.

    Attributes:
        film: Grey values of the primary frontal image in [0, 1], [height, width]; may be smaller than the original.
        image_id: Of that image; places in other images are left out by `augment_study`.
        size: Of the original image: the pixels in which boxes are given.
        mirrored: Whether left and right have been exchanged, everywhere.
        kept_because: Why a flip that was drawn did not take place; None where none was drawn or it took place.
    """

    film: Film
    image_id: str
    size: Size
    graph: SceneGraph
    questions: tuple[Question, ...]
    mirrored: bool = False
    kept_because: str | None = None


def augment_study(sample: StudySample, recipe: Recipe, random: np.random.Generator) -> StudySample:
    """The study changed by a recipe; the same generator state gives the same changes.

    A flip exchanges left and right in film, boxes, graph, questions and answers, or, where a text of the study has no
    mirror image, nowhere.
    """
    change = draw_change(recipe.film, random)
    sample = _mirrored(
        replace(
            sample,
            graph=graph_of_image(sample.graph, sample.image_id),
            questions=tuple(question_of_image(question, sample.image_id) for question in sample.questions),
        ),
        change,
    )
    # Boxes and texts are mirrored by now; the film is, together with the rest of its change.
    film = change_film(sample.film, change._replace(mirrored=sample.mirrored))
    move = _following(change._replace(mirrored=False), sample)
    graph = drop_graph(move_in_graph(sample.graph, move), random, recipe.graph_dropout)
    graph = drop_observations(graph, random, recipe.observation_dropout)
    graph = soften_relations(graph, random, recipe.edge_softening)
    graph = move_in_graph(graph, jitter(sample.size, random, recipe.box_jitter))
    questions = [move_in_question(question, move) for question in sample.questions]
    texts = recipe.text.reword([question.text for question in questions], random)
    return replace(
        sample,
        film=add_noise(film, random, recipe.noise) if recipe.noise else film,
        graph=graph,
        questions=tuple(replace(question, text=text) for question, text in zip(questions, texts, strict=True)),
    )


def _mirrored(sample: StudySample, change: Change) -> StudySample:
    """Graph and questions mirrored if the change says so and all of them can be."""
    if not change.mirrored:
        return sample
    widths = {sample.image_id: sample.size.width}
    try:
        return replace(
            sample,
            graph=mirror_graph(sample.graph, widths),
            questions=tuple(mirror_question(question, widths) for question in sample.questions),
            mirrored=True,
        )
    except NoMirrorImage as error:
        return replace(sample, kept_because=error.message)


def _following(change: Change, sample: StudySample) -> Move:
    """Boxes of the original image follow a change that was made to the film, whatever its size and proportions."""
    height, width = sample.film.shape
    across, down = width / sample.size.width, height / sample.size.height

    def scaled(box: Box, x: float, y: float) -> Box:
        return replace(box, x1=box.x1 * x, y1=box.y1 * y, x2=box.x2 * x, y2=box.y2 * y)

    def move(boxes: tuple[Box, ...]) -> tuple[Box | None, ...]:
        moved = move_boxes([scaled(box, across, down) for box in boxes], change, Size(width, height))
        return tuple(None if box is None else scaled(box, 1 / across, 1 / down) for box in moved)

    return move
