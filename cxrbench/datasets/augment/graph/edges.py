"""Relations made uncertain. None is ever invented or turned round: a wrong relation would be a wrong side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.datasets.qba.records import Relation, SceneGraph

SHARE: Final = 0.05
RELATED: Final = "related"
"""Kind of a softened relation: the two have to do with each other, and no more is said."""


def soften_relations(graph: SceneGraph, random: np.random.Generator, share: float = SHARE) -> SceneGraph:
    """Make each relation lose its kind with probability `share`; its ends stay."""

    def softened(relations: Iterable[Relation]) -> tuple[Relation, ...]:
        return tuple(replace(item, kind=RELATED) if random.random() < share else item for item in relations)

    return replace(
        graph,
        located_at=softened(graph.located_at),
        observation_relations=softened(graph.observation_relations),
        region_relations=softened(graph.region_relations),
    )


def soften_weights(
    weights: NDArray[np.float32], random: np.random.Generator, share: float = SHARE
) -> NDArray[np.float32]:
    """Multiply each edge weight by a number from (0, 1) with probability `share`.

    Args:
        weights: [..., nodes, nodes], as a model's bias over pairs of nodes; 0 is no edge, and stays.
    """
    factor = np.where(random.random(weights.shape) < share, random.random(weights.shape), 1.0)
    return weights * factor.astype(np.float32)
