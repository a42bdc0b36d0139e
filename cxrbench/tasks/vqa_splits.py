"""Splits of VQA-RAD and SLAKE: the chest films of an official split, or all organs as context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cxrbench.core.errors import UsageError

_SPELLINGS = {"train": "train", "val": "val", "validate": "val", "validation": "val", "test": "test"}
_SUBSETS = ("chest", "all")


@dataclass(frozen=True, slots=True)
class VqaSplit:
    """A resolved split.

    Attributes:
        subset: "chest" for the chest X-rays (the headline), "all" for every organ and modality (context).
        part: "train", "val" or "test".
    """

    subset: Literal["chest", "all"]
    part: str

    @property
    def name(self) -> str:
        return f"{self.subset}:{self.part}"


def select_vqa_split(name: str, parts: Sequence[str]) -> VqaSplit:
    """Resolve "test", "chest:test" (the same) and "all:test".

    Args:
        parts: The parts that the data set has.

    Raises:
        UsageError: An unknown split or subset.
    """
    subset, _, part = name.rpartition(":")
    subset = subset or "chest"
    if _SPELLINGS.get(part) not in parts or subset not in _SUBSETS:
        raise UsageError(
            f"unknown split {name!r}",
            where="--split",
            valid=", ".join(f"{prefix}{item}" for prefix in ("", "all:") for item in parts),
        )
    return VqaSplit("chest" if subset == "chest" else "all", _SPELLINGS[part])
