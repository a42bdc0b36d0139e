"""One optimiser step: several forward passes, one update, every loss a mean over the whole effective batch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, cast

import torch
from torch import Tensor, nn

from cxrbench.core.errors import CxrbenchError
from cxrbench.reference_models.training.learner import Learner, Losses
from cxrbench.reference_models.training.phase import Phase


class DivergedError(CxrbenchError):
    """The loss became infinite or undefined."""


class ForwardPass(nn.Module):
    """The forward pass as a module, so that every path through a model goes through the same wrapper."""

    def __init__(self, learner: Learner) -> None:
        super().__init__()
        self.model = learner.model
        self.learner = learner

    def forward(self, batch: Mapping[str, Any], phase: Phase) -> Losses:
        return self.learner.losses(batch, phase)


def optimise(
    accelerator: Any,
    learner: Learner,
    forward: nn.Module,
    optimizer: Any,
    batches: Sequence[Mapping[str, Any]],
    phase: Phase,
    clip_norm: float,
) -> dict[str, float]:
    """Accumulate the gradients of some batches and update the weights once.

    Args:
        forward: A `ForwardPass`, as accelerate wrapped it.

    Returns:
        `loss/NAME`, `loss/total`, `grad_norm`, and `NAME/mean`, `NAME/sd` of what the learner observed.

    Raises:
        DivergedError: The loss is not finite; the weights are left as they were.
    """
    weights = {name: weight for name, weight in phase.loss_weights.items() if weight > 0}
    counts = [learner.counts(batch, phase) for batch in batches]
    totals = _over_processes(accelerator, {name: sum(count[name] for count in counts) for name in weights})
    sums: dict[str, Tensor] = {}
    observed: dict[str, list[Tensor]] = {}
    for index, (batch, count) in enumerate(zip(batches, counts, strict=True)):
        # Processes need to exchange gradients in the last pass only.
        alone = accelerator.num_processes == 1 or index + 1 == len(batches)
        with accelerator.autocast(), nullcontext() if alone else accelerator.no_sync(forward):
            losses = cast(Losses, forward(to_device(batch, accelerator.device), phase))
            terms = {name: losses.means[name].float() * (count[name] / max(totals[name], 1.0)) for name in weights}
            terms["total"] = torch.stack([weight * terms[name] for name, weight in weights.items()]).sum()
            # accelerate averages over processes, and each contributes only its share of the mean.
            accelerator.backward(terms["total"] * accelerator.num_processes)
        for name, term in terms.items():
            sums[name] = sums[name] + term.detach() if name in sums else term.detach()
        for name, values in losses.observed.items():
            observed.setdefault(name, []).append(values.detach().float().flatten())
    logged = {
        f"loss/{name}": value
        for name, value in _over_processes(accelerator, {name: float(term) for name, term in sums.items()}).items()
    }
    if not math.isfinite(logged["loss/total"]):
        raise DivergedError(
            f"the loss of phase {phase.name!r} became {logged['loss/total']}",
            hint="lower the learning rate; the last good checkpoint is named in last.json",
        )
    norm = accelerator.clip_grad_norm_([p for p in learner.model.parameters() if p.requires_grad], clip_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    logged["grad_norm"] = float(norm)
    for name, parts in observed.items():
        values = torch.cat(parts)
        logged[f"{name}/mean"] = float(values.mean())
        logged[f"{name}/sd"] = float(values.std(correction=0))
    return logged


def to_device(batch: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    """The batch with its tensors on a device."""
    return {
        name: value.to(device, non_blocking=True) if isinstance(value, Tensor) else value
        for name, value in batch.items()
    }


def _over_processes(accelerator: Any, values: Mapping[str, float]) -> dict[str, float]:
    """Sums over all processes."""
    if accelerator.num_processes == 1:
        return dict(values)
    packed = torch.tensor(list(values.values()), dtype=torch.float64, device=accelerator.device)
    return dict(zip(values, accelerator.reduce(packed, "sum").tolist(), strict=True))
