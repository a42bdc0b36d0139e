"""AdamW with decay on matrices only."""

from __future__ import annotations

import re

import torch
from torch import nn

from cxrbench.reference_models.training.phase import Phase

NO_DECAY_NAMES = re.compile(r"queries|embedding|position|probe|relative_bias|states")


def exempt_from_decay(model: nn.Module) -> set[str]:
    """Names of parameters without weight decay: vectors (norms, biases), embeddings, queries, positions."""
    exempt = {
        f"{prefix}.{name}" if prefix else name
        for prefix, module in model.named_modules()
        if isinstance(module, nn.Embedding)
        for name, _ in module.named_parameters(recurse=False)
    }
    for name, parameter in model.named_parameters():
        if parameter.ndim <= 1 or NO_DECAY_NAMES.search(name):
            exempt.add(name)
    return exempt


def build_optimizer(model: nn.Module, phase: Phase) -> torch.optim.AdamW:
    """AdamW (betas .9 and .999, eps 1e-8) over the trainable parameters.

    Groups carry `peak`, the learning rate that the schedule scales.
    """
    exempt = exempt_from_decay(model)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        scale = 1.0
        for pattern, factor in phase.rate_scale.items():
            if re.fullmatch(pattern, name):
                scale = factor
        decay = 0.0 if name in exempt else phase.weight_decay
        groups.setdefault((phase.learning_rate * scale, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "lr": rate, "peak": rate, "weight_decay": decay}
            for (rate, decay), parameters in groups.items()
        ],
        betas=(0.9, 0.999),
        eps=1e-8,
    )
