"""Which parameters learn, and in which mode each module runs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from torch import nn

from cxrbench.core.errors import UsageError


def select_trainable(model: nn.Module, patterns: Sequence[str]) -> list[str]:
    """Set `requires_grad` of every parameter: true where one of the patterns matches its whole name.

    Args:
        patterns: Regular expressions.

    Returns:
        Names of the trainable parameters, in the model's order.

    Raises:
        UsageError: A pattern matches no parameter.
    """
    used = dict.fromkeys(patterns, False)
    chosen = []
    for name, parameter in model.named_parameters():
        hits = [pattern for pattern in patterns if re.fullmatch(pattern, name)]
        used.update(dict.fromkeys(hits, True))
        parameter.requires_grad_(bool(hits))
        if hits:
            chosen.append(name)
        else:
            parameter.grad = None
    unused = [pattern for pattern, hit in used.items() if not hit]
    if unused or not chosen:
        roots = sorted({name.split(".")[0] for name, _ in model.named_parameters()})
        raise UsageError(
            f"no parameter to train matches {', '.join(map(repr, unused)) or 'an empty list of patterns'}",
            valid=f"names under {', '.join(roots)}",
        )
    return chosen


def train_mode(model: nn.Module) -> None:
    """Put a model into training mode, but keep every wholly frozen module in eval mode.

    `model.train()` alone would switch on the dropout, and let drift the batch-norm statistics, of modules that
    are meant to stay as they are.
    """
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            module.eval()
