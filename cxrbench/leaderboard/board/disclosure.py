"""What a reader must know before believing a rank: whether the model has seen the data, and what it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cxrbench.core.inputs import is_oracle

Seen = Literal["yes", "no", "unknown"]

_ALIASES = {
    "iu-xray": ("iu-xray", "iu-x-ray", "iu", "openi", "open-i", "indiana-university-chest-x-rays"),
    # One hospital's films: who trained on any of them has seen patients of all of them.
    "mimic-cxr": ("mimic-cxr", "mimic-cxr-jpg", "mimic-ext-cxr-qba", "mimic-qba", "chest-imagenome", "ms-cxr"),
    "vqa-rad": ("vqa-rad", "vqarad"),
    "slake": ("slake", "slake-en"),
}


def trained_on_this(trained_on: Sequence[str] | None, dataset: str) -> Seen:
    """Whether the data set of the task is among those that the model names as its training data.

    Args:
        trained_on: `ModelInfo.trained_on`; None where the model does not say.
    """
    if trained_on is None:
        return "unknown"
    return "yes" if _family(dataset) in {_family(name) for name in trained_on} else "no"


def shown_oracle(record: Mapping[str, Any]) -> bool:
    """Whether the model was given what is derived from the reference (inputs named `oracle...`)."""
    return is_oracle([*record["identity"]["inputs"], *record["model"]["inputs"]])


def _family(name: str) -> str:
    spelt = "-".join(name.lower().replace("_", "-").split())
    return next((family for family, names in _ALIASES.items() if spelt in names), spelt)
