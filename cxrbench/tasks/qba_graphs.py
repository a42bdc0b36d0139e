"""Scene graphs as references: read when a metric first looks, in the form that the metrics know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cxrbench.core.types import Box, Reference
from cxrbench.datasets.qba.records import SceneGraph
from cxrbench.datasets.region_map import map_region
from cxrbench.metrics.spatial import RegionBoxes

_POLARITY = {True: "pos", False: "neg", None: None}


class StudyGraph(Mapping[str, Any]):
    """The graph of a study: `observations` (id -> positiveness and obs_entities) and `regions` (name -> boxes).

    One object for all questions of the study. A graph that is missing or unreadable is empty.

    Args:
        load: Reads the graph; called once, when something is first looked up.
        image_id: The primary frontal image; boxes of other images are left out.
    """

    __slots__ = ("_content", "_image_id", "_load")

    def __init__(self, load: Callable[[], SceneGraph | None], image_id: str) -> None:
        self._load = load
        self._image_id = image_id
        self._content: dict[str, Any] | None = None

    def __getitem__(self, key: str) -> Any:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, Any]:
        if self._content is None:
            graph = self._load()
            self._content = (
                {}
                if graph is None
                else {
                    "observations": {
                        name: {"positiveness": _POLARITY[item.positive], "obs_entities": item.entities}
                        for name, item in graph.observations.items()
                    },
                    "regions": _region_boxes(graph, self._image_id),
                }
            )
        return self._content


class QuestionGraph(Mapping[str, Any]):
    """The graph of a study with the observations that one question refers to, as `obs_ids`."""

    __slots__ = ("_graph", "_obs_ids")

    def __init__(self, graph: StudyGraph, obs_ids: tuple[str, ...]) -> None:
        self._graph = graph
        self._obs_ids = obs_ids

    def __getitem__(self, key: str) -> Any:
        return self._obs_ids if key == "obs_ids" else self._graph[key]

    def __iter__(self) -> Iterator[str]:
        yield from self._graph
        yield "obs_ids"

    def __len__(self) -> int:
        return len(self._graph) + 1


def _region_boxes(graph: SceneGraph, image_id: str) -> dict[str, tuple[Box, ...]]:
    """Boxes by region, of the 26. A name that means several of them ("lungs") does not say which box is whose."""
    found: dict[str, dict[Box, None]] = {}
    for name, region in graph.regions.items():
        place = region.localisations.get(image_id)
        targets = map_region(name)
        if place is not None and not place.is_fallback and len(targets) == 1:
            found.setdefault(targets[0], {}).update(dict.fromkeys(place.boxes))
    return {name: tuple(boxes) for name, boxes in found.items()}


def _boxes_of(reference: Reference) -> Mapping[str, tuple[Box, ...]]:
    boxes: Mapping[str, tuple[Box, ...]] = (reference.scene_graph or {}).get("regions", {})
    return boxes


SCENE_GRAPH_REGIONS = RegionBoxes("scene-graph", _boxes_of)
"""For models that answer with regions: the boxes that the study's scene graph gives them."""
