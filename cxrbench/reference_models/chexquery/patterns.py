"""Which parameters each training phase moves, as patterns over their names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cxrbench.core.errors import UnknownNameError

_QUERY_SIDE = (r"queries\..*", r"cross_attention\..*", r"fusion\..*")
_AUXILIARY = r"auxiliary\..*"
_VISION_LORA = r"vision\..*lora_.*"
_DECODER_LORA = r"decoder\..*lora_.*"

PHASES: dict[str, tuple[str, ...]] = {
    "0a": (
        r"vision\..*",
        r"queries\.condition",
        r"cross_attention\..*",
        _AUXILIARY,
        r"warmup\.(global|patch)_head\..*",
    ),
    "0b": (r"decoder\..*", r"warmup\.(states|norm\..*)"),
    "1": (*_QUERY_SIDE, _AUXILIARY),
    "2": (*_QUERY_SIDE, _AUXILIARY, _VISION_LORA, _DECODER_LORA),
    "3": (*_QUERY_SIDE, _DECODER_LORA),
}
"""Phases 1 to 3 as documented: alignment with vision and decoder frozen, end-to-end with adapters, polish without the
auxiliary head. Phases 0a and 0b replace pretraining. SigLIP's pooling head is never trained after phase 0."""


def trainable_patterns(phase: str | int) -> tuple[str, ...]:
    """Regular expressions of the parameter names that a phase trains ("0a", "0b", 1, 2 or 3)."""
    if str(phase) not in PHASES:
        raise UnknownNameError("phase", str(phase), PHASES)
    return PHASES[str(phase)]


def is_trainable(name: str, patterns: Iterable[str]) -> bool:
    """Whether a parameter name matches one of the patterns from end to end."""
    return any(re.fullmatch(pattern, name) for pattern in patterns)
