"""What a labeler is: text in, one value per CheXpert condition out, always by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import UnknownNameError

ConditionLabels = dict[str, int | None]
"""Condition name -> 1 positive, 0 negative, -1 uncertain, None not mentioned; always all fourteen names."""

LABELERS: tuple[str, ...] = ("rules", "chexbert")


@runtime_checkable
class Labeler(Protocol):
    """Reads reports and says which of the fourteen conditions they assert.

    Attributes:
        name: Prefix of the scores, "rules" or "chexbert". Scores are named for the labeler that made them.
        version: Changes whenever any text could be labelled differently.
    """

    name: str
    version: str

    def label(self, texts: Sequence[str]) -> list[ConditionLabels]:
        """Labels of each text, in order. A text without any word gets no label at all, not even No Finding."""
        ...

    def signature(self) -> str:
        """Identity in sacrebleu's manner, `key:value|key:value`; equal signatures give equal labels."""
        ...


def no_labels() -> ConditionLabels:
    """Every condition unmentioned."""
    return dict.fromkeys(CONDITIONS)


def get_labeler(name: str, **options: object) -> Labeler:
    """A labeler by name; what it needs is imported only here.

    Args:
        name: "rules" (embedded) or "chexbert" (the network, with the user's own weights).
        options: Passed on to the labeler's constructor.

    Raises:
        UnknownNameError: No labeler has that name, or it has no such option.
        UsageError: An option has a value that the labeler does not know.
        WeightsError: The network's weights are missing, truncated or of another architecture.
    """
    if name == "rules":
        from cxrbench.metrics.labelers.rules.labeler import RulesLabeler

        return _construct(RulesLabeler, name, options)
    if name == "chexbert":
        from cxrbench.metrics.labelers.chexbert import CheXbertLabeler

        return _construct(CheXbertLabeler, name, options)
    raise UnknownNameError("labeler", name, LABELERS)


def _construct(labeler: Callable[..., Labeler], name: str, options: Mapping[str, object]) -> Labeler:
    known = inspect.signature(labeler).parameters
    for option in options:
        if option not in known:
            raise UnknownNameError(f"option of the labeler {name}", option, known)
    return labeler(**options)
