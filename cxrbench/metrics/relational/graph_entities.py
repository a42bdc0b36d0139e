"""How many entities of the scene graph a description names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.concepts import ConceptMatcher, get_concept_matcher
from cxrbench.metrics.vqa.answers import said_text
from cxrbench.metrics.vqa.means import ratio
from cxrbench.metrics.vqa.normalise import normalise_answer
from cxrbench.metrics.vqa.questions import asks_to_describe, type_names

_LITERAL = "literal:"


class GraphEntityRecall(AdditiveMetric):
    """Share of the relevant graph entities that the answer names, over all questions together (micro).

    Counted are the `describe_*` questions whose graph has a relevant entity: the concepts of `obs_entities` of the
    positive observations that the question refers to. `Reference.scene_graph` is a graph in the format of
    MIMIC-Ext-CXR-QBA (`observations` by id, each with `positiveness` and `obs_entities`); its key `obs_ids`, put
    there by the task, lists the observations of the question; without it, and for describe_all, all are meant.
    An entity name that the matcher does not know is looked for literally.

    `graph_entity_recall` takes any mention, as the SSG-VQA document writes it, so that "no effusion" names an
    effusion; `graph_entity_recall_asserted` takes only mentions that the answer does not deny.

    Args:
        matcher: Finds the concepts in entity names and answers; the embedded lexicon where None.
    """

    name = "graph_entity"

    def __init__(self, matcher: ConceptMatcher | None = None) -> None:
        self.matcher = matcher if matcher is not None else get_concept_matcher()
        self._concept = lru_cache(maxsize=1 << 12)(self._concepts_of_name)

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"graph_entity_recall": "higher", "graph_entity_recall_asserted": "higher"}

    def signature(self) -> str:
        return f"graph_entity_recall|questions:describe|{self.matcher.signature()}|aggregation:micro|version:1"

    def usable(self, reference: Reference) -> bool:
        return asks_to_describe(reference) and bool(self.entities(reference))

    def entities(self, reference: Reference) -> frozenset[str]:
        """Concepts of the positive observations that the question refers to."""
        graph = reference.scene_graph or {}
        observations = graph.get("observations")
        if not isinstance(observations, Mapping):
            return frozenset()
        chosen = graph.get("obs_ids")
        if chosen is None or "describe_all" in type_names(reference.question_type):
            chosen = list(observations)
        found: set[str] = set()
        for key in chosen:
            found |= self._of_observation(observations.get(key))
        return frozenset(found)

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        rows = np.zeros((len(pairs), 4))
        for row, reference, prediction in zip(rows, pairs.references, pairs.predictions):
            wanted = self.entities(reference)
            text = said_text(prediction)
            mentions = self.matcher.mentions(text)
            literal = {name for name in wanted if name.startswith(_LITERAL) and _contains(text, name)}
            named = {item.concept for item in mentions} | literal
            asserted = {item.concept for item in mentions if not item.negated} | literal
            row[:] = 1, len(wanted & named), len(wanted & asserted), len(wanted)
        return Statistics(("n", "named", "asserted", "entities"), rows)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return {
            "graph_entity_recall": ratio(sums[:, 1], sums[:, 3]),
            "graph_entity_recall_asserted": ratio(sums[:, 2], sums[:, 3]),
        }

    def why_undefined(self, score: str) -> str:
        return "no description question whose graph has a relevant entity"

    def _of_observation(self, observation: Any) -> frozenset[str]:
        if not isinstance(observation, Mapping) or observation.get("positiveness") != "pos":
            return frozenset()
        return frozenset().union(*(self._concept(str(name)) for name in observation.get("obs_entities") or ()))

    def _concepts_of_name(self, name: str) -> frozenset[str]:
        known = frozenset(item.concept for item in self.matcher.mentions(name))
        words = normalise_answer(name)
        return known or (frozenset((_LITERAL + words,)) if words else frozenset())


def _contains(text: str, literal: str) -> bool:
    return f" {literal.removeprefix(_LITERAL)} " in f" {normalise_answer(text)} "
