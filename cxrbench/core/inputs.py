"""What a run may show the model beside the film, and which of it gives the answer away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ORACLE_GRAPH: Final = "oracle_graph"
"""The scene graph of the data set: derived from the report that also holds the answers."""
_PREFIX: Final = "oracle"


def is_oracle(inputs: Iterable[str]) -> bool:
    """Whether a run's inputs (`identity.inputs` of run.json) hold anything made from the gold.

    Such a run is an upper bound. It never ranks beside runs without.
    """
    return any(name.startswith(_PREFIX) for name in inputs)
