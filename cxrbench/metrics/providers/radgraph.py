"""F1 of RadGraph entities and relations through the radgraph package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.types import Direction
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.providers.base import confined, failed_to_load, load, package_version, require
from cxrbench.metrics.text.means import mean_scores

LEVELS = ("simple", "partial", "complete")
MODELS = ("radgraph-xl", "radgraph", "modern-radgraph-xl", "echograph")
_FEATURE = "radgraph_f1"
_EXTRA = "radgraph"
Annotation = Mapping[str, Any]


class RadGraphF1(AdditiveMetric):
    """`radgraph_f1_simple`, `_partial` and `_complete`: mean F1 of entities and relations.

    Delbrouck et al., Findings of EMNLP 2022. The network of the radgraph package annotates each distinct text once;
    `radgraph.rewards` compares the two graphs of a pair: simple, entity tokens with label; partial, also whether an
    entity has a relation; complete, also every relation with its target. The values equal
    `F1RadGraph(reward_level="all")`. As there, a pair scores 0 where either text is empty or has no entity, even
    where neither has one; `radgraph_f1_without_entities` is the share of these pairs.

    The protocol chooses the sections; the text is not transformed.

    Args:
        protocol: Chooses the sections that are compared.
        model: One of `MODELS`.
        network: Whether the package may download its weights.

    Raises:
        UsageError: An unknown model.
        ExtraMissingError: radgraph is not installed.
    """

    name = "radgraph_f1"
    protocol: Protocol

    def __init__(self, protocol: Protocol, *, model: str = MODELS[0], network: bool = False) -> None:
        if model not in MODELS:
            raise UsageError(f"{_FEATURE}: unknown model {model!r}", where="-m radgraph", valid=", ".join(MODELS))
        require("radgraph", _FEATURE, _EXTRA)
        self.protocol = protocol
        self.model = model
        self.network = network

    @property
    def scores(self) -> Mapping[str, Direction]:
        levels: dict[str, Direction] = dict.fromkeys((f"radgraph_f1_{level}" for level in LEVELS), "higher")
        return {**levels, "radgraph_f1_without_entities": "lower"}

    def signature(self) -> str:
        """Names the version of the package (and its commit, if from a repository): it decides about letter case."""
        return (
            f"radgraph_f1|protocol:{self.protocol.name}|reference:{self.protocol.reference}|model:{self.model}"
            f"|radgraph:{package_version('radgraph')}|empty:0|aggregation:mean"
        )

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Columns: n, the three F1, and whether either text has no entity.

        Raises:
            MissingError: The package cannot be imported.
            WeightsError: Its weights are not on this machine.
            DataError: It gave a text no annotation.
        """
        values = np.ones((len(pairs), 2 + len(LEVELS)))
        values[:, 1:-1] = 0.0
        texts = self.protocol.untransformed(pairs)
        spoken = [row for row in range(len(pairs)) if texts.hypotheses[row].strip() and texts.references[row].strip()]
        if spoken:
            graphs = _annotator(self.model, self.network)
            chosen = [(texts.hypotheses[row], texts.references[row]) for row in spoken]
            graphs.annotate([text for pair in chosen for text in pair])
            for row, (hypothesis, reference) in zip(spoken, chosen):
                values[row, 1:] = (*graphs.rewards(hypothesis, reference), graphs.is_bare(hypothesis, reference))
        return Statistics(("n", *LEVELS, "without_entities"), values)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return mean_scores(self.scores, sums)

    def why_undefined(self, score: str) -> str:
        return "no example"


class _Annotator:
    """The network with the graphs of the texts that it has read."""

    def __init__(self, model: str, network: bool) -> None:
        with confined(network):
            package = load("radgraph", _FEATURE, _EXTRA)
            self._reward = load("radgraph.rewards", _FEATURE, _EXTRA).compute_reward
            try:
                self._network = package.RadGraph(model_type=model)
            except Exception as error:
                raise failed_to_load(f"{_FEATURE} ({model})", error, network) from error
        self._online = network
        self._graphs: dict[str, Annotation] = {}

    def annotate(self, texts: Sequence[str]) -> None:
        fresh = [text for text in dict.fromkeys(texts) if text not in self._graphs]
        if not fresh:
            return
        with confined(self._online):
            found = self._network(fresh)
        # The package drops a text on which it fails, and numbers the others by their place in the list.
        missing = [text for place, text in enumerate(fresh) if str(place) not in found]
        if missing:
            raise DataError(
                f"{_FEATURE}: radgraph gave {len(missing)} of {len(fresh)} texts no annotation, "
                f"the first begins {missing[0][:60]!r}",
                hint="its message is printed above",
            )
        self._graphs |= {text: found[str(place)] for place, text in enumerate(fresh)}

    def rewards(self, hypothesis: str, reference: str) -> tuple[float, float, float]:
        simple, partial, complete = self._reward(self._graphs[hypothesis], self._graphs[reference], "all")
        return float(simple), float(partial), float(complete)

    def is_bare(self, hypothesis: str, reference: str) -> bool:
        return not (self._graphs[hypothesis]["entities"] and self._graphs[reference]["entities"])


_annotator = cache(_Annotator)
"""One network per model and process: several protocols share it."""
