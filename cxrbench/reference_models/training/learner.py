"""What the loop needs to know about a model and its data: nothing but this protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor, nn

from cxrbench.reference_models.training.order import Draw
from cxrbench.reference_models.training.phase import Phase


@dataclass(slots=True)
class Losses:
    """What one forward pass yields.

    Attributes:
        means: Loss name -> scalar mean over its own units (tokens, labels, questions).
        observed: Name -> one value per sample, logged as mean and standard deviation (for example a gate).
    """

    means: Mapping[str, Tensor]
    observed: Mapping[str, Tensor] = field(default_factory=dict)


class Learner(Protocol):
    """A model with its data, as the training loop sees it.

    Attributes:
        watch: Observed name -> (low, high); a mean outside is reported as a warning.
    """

    watch: Mapping[str, tuple[float, float]]

    @property
    def model(self) -> nn.Module:
        """Everything that is trained, frozen and saved; `load` may put another object in its place."""
        ...

    def sample_ids(self) -> Sequence[str]:
        """Ids of the training samples, in a fixed order."""
        ...

    def begin_phase(self, phase: Phase) -> None:
        """Prepare the model for a phase, for example attach adapters. Must be safe to call twice."""
        ...

    def batch(self, indices: Sequence[int], draw: Draw) -> Mapping[str, Any]:
        """One batch on the CPU; augmentation takes its random numbers from `draw` alone."""
        ...

    def counts(self, batch: Mapping[str, Any], phase: Phase) -> Mapping[str, float]:
        """Units of each loss in a batch: tokens, labels, questions.

        Losses are averaged over the effective batch by these counts, so that accumulation and further
        processes change nothing but rounding.
        """
        ...

    def losses(self, batch: Mapping[str, Any], phase: Phase) -> Losses:
        """Forward pass on the device of the model."""
        ...

    def validate(self, phase: Phase) -> Mapping[str, float | None]:
        """Validation scores; None where undefined. Called in eval mode, without gradients."""
        ...

    def save(self, folder: Path, progress: Mapping[str, Any]) -> None:
        """Write a complete model checkpoint into an existing empty folder."""
        ...

    def load(self, folder: Path) -> None:
        """Take the weights of a checkpoint that `save` wrote."""
        ...
