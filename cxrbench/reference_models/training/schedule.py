"""Learning rate as a function of the step: linear warm-up, then a cosine to zero.

A pure function instead of a scheduler object: there is no state to save or to restore wrongly.
"""

from __future__ import annotations

import math

from cxrbench.reference_models.training.phase import Phase


def warmup_length(phase: Phase, total_steps: int) -> int:
    """Warm-up steps of a phase: the configured number, at most `warmup_max_fraction` of the phase."""
    limit = int(phase.warmup_max_fraction * total_steps)
    return limit if phase.warmup_steps is None else min(phase.warmup_steps, limit)


def rate_factor(step: int, total_steps: int, warmup: int) -> float:
    """Multiplier of the peak learning rate at a step.

    Args:
        step: From 0 to total_steps - 1.
        warmup: Steps of linear rise; step `warmup - 1` is the first at the peak.

    Returns:
        In (0, 1]: the cosine would reach 0 one step after the last.
    """
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total_steps - warmup)))
