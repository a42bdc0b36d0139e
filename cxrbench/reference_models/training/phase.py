"""Training phases as data: what learns, how fast, on which losses, for how long."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cxrbench.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Phase:
    """One stage of a training. A new phase starts with a new optimiser and a new learning-rate schedule.

    Attributes:
        name: Short name, part of folder names ("1", "0a").
        epochs: Passes over the training samples.
        trainable: Regular expressions; a parameter learns if one matches its whole name, else it is frozen.
        learning_rate: Peak of the schedule (linear warm-up, then cosine to zero).
        warmup_steps: Optimiser steps of warm-up; None means `warmup_max_fraction` of the phase.
        warmup_max_fraction: Upper limit of the warm-up as a fraction of the phase's steps.
        batch_size: Samples of one forward pass.
        accumulation: Forward passes per optimiser step; `batch_size * accumulation` is the effective batch.
        loss_weights: Loss name -> weight in the total. A loss of weight 0 is not computed.
        label_smoothing: Of the generation loss.
        weight_decay: AdamW decay of matrices; norms, biases, embeddings and queries are exempt.
        rate_scale: Regular expression -> multiplier of the learning rate (the last match wins).
        select: Validation score that picks the best checkpoint.
        higher_is_better: Direction of `select`.
        validate_every: Validate after every so many epochs, and always after the last one.
        options: Further settings that the learner reads.
    """

    name: str
    epochs: int
    trainable: tuple[str, ...]
    learning_rate: float
    select: str
    warmup_steps: int | None = None
    warmup_max_fraction: float = 0.1
    batch_size: int = 32
    accumulation: int = 1
    loss_weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({"gen": 1.0}))
    label_smoothing: float = 0.0
    weight_decay: float = 0.01
    rate_scale: Mapping[str, float] = field(default_factory=dict)
    higher_is_better: bool = True
    validate_every: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "accumulation", "validate_every"):
            if getattr(self, name) < 1:
                raise UsageError(f"phase {self.name!r}: {name} must be at least 1, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise UsageError(f"phase {self.name!r}: the learning rate must be positive, got {self.learning_rate}")
        if not 0 <= self.warmup_max_fraction <= 1:
            raise UsageError(
                f"phase {self.name!r}: warmup_max_fraction must lie in [0, 1], got {self.warmup_max_fraction}"
            )
        if not any(weight > 0 for weight in self.loss_weights.values()):
            raise UsageError(
                f"phase {self.name!r}: no loss has a positive weight", valid=str(dict(self.loss_weights))
            )

    @property
    def effective_batch(self) -> int:
        """Samples per optimiser step, over all processes."""
        return self.batch_size * self.accumulation

    def to_dict(self) -> dict[str, Any]:
        """JSON-serialisable."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {
            name: dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole training.

    Attributes:
        phases: In order; each starts from the best weights of the one before.
        seed: Of sample order, augmentation, dropout and freshly initialised weights.
        clip_norm: Upper limit of the gradient norm.
        log_every: Optimiser steps between two logged records.
        checkpoint_every: Optimiser steps between two checkpoints inside an epoch; None: at epoch ends only
            (and when interrupted).
    """

    phases: tuple[Phase, ...]
    seed: int = 42
    clip_norm: float = 1.0
    log_every: int = 100
    checkpoint_every: int | None = None

    def __post_init__(self) -> None:
        if not self.phases:
            raise UsageError("a training needs at least one phase")
        names = [phase.name for phase in self.phases]
        if len(set(names)) != len(names):
            raise UsageError(f"phase names repeat: {names}")
