"""Scene graphs that lack some observations, or all: what a model meets when a detector misses something."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from cxrbench.datasets.qba.records import SceneGraph

OBSERVATION_RATE: Final = 0.10
GRAPH_RATE: Final = 0.15


def drop_observations(graph: SceneGraph, random: np.random.Generator, rate: float = OBSERVATION_RATE) -> SceneGraph:
    """Leave out each observation with probability `rate`, and every relation that it was an end of.

    Observations below one that was left out stay, and become top-level. Regions stay: they are anatomy, which is
    there whether something was seen in it or not.
    """
    kept = {
        id: item
        for (id, item), chance in zip(graph.observations.items(), random.random(len(graph.observations)))
        if chance >= rate
    }
    dropped = graph.observations.keys() - kept.keys()
    if not dropped:
        return graph
    orphans = [item.target for item in graph.observation_relations if item.source in dropped and item.target in kept]
    top = [id for id in graph.top_level if id in kept]
    return replace(
        graph,
        observations=kept,
        top_level=tuple(dict.fromkeys((*top, *orphans))),
        located_at=tuple(item for item in graph.located_at if item.target not in dropped),
        observation_relations=tuple(
            item for item in graph.observation_relations if dropped.isdisjoint((item.source, item.target))
        ),
    )


def drop_graph(graph: SceneGraph, random: np.random.Generator, rate: float = GRAPH_RATE) -> SceneGraph:
    """With probability `rate` a graph without observations, regions and relations; else the graph."""
    if random.random() >= rate:
        return graph
    return SceneGraph(patient_id=graph.patient_id, study_id=graph.study_id, observations={})
