"""Training samples per second of CheXQuery's tiny preset, per phase, against a bare PyTorch loop over the same model.

Usage: python benchmarks/training_throughput.py [--steps N] [--threads N] [--device cpu|cuda]

Both sides see the same augmented batches and take the same kind of optimiser step; they alternate block by block, so
that a busy machine slows both. "bare" leaves out everything but forward, backward, clipping and AdamW.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import accelerate
import numpy as np
import torch
from torch import nn

from cxrbench.core.conditions import CONDITIONS
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.reference_models.chexquery.augment import AugmentSettings
from cxrbench.reference_models.chexquery.checkpoint import TrainingData
from cxrbench.reference_models.chexquery.data import Samples
from cxrbench.reference_models.chexquery.learner import CheXQueryLearner
from cxrbench.reference_models.chexquery.phases import phases
from cxrbench.reference_models.chexquery.presets import preset
from cxrbench.reference_models.chexquery.train import build_model
from cxrbench.reference_models.training.freeze import select_trainable, train_mode
from cxrbench.reference_models.training.optim import build_optimizer
from cxrbench.reference_models.training.order import Draw
from cxrbench.reference_models.training.phase import Phase
from cxrbench.reference_models.training.step import ForwardPass, optimise, to_device

WORDS = ("heart", "lungs", "clear", "normal", "no", "pleural", "effusion", "or", "pneumothorax", "left", "lobe")


def random_samples(count: int, side: int) -> Samples:
    """Noise films with reports of 50 words: speed does not depend on what they show."""
    random = np.random.default_rng(0)
    return Samples(
        ids=tuple(map(str, range(count))),
        pixels=random.integers(0, 256, (count, side, side), dtype=np.uint8),
        targets=tuple(" ".join(random.choice(WORDS, 50)) + "." for _ in range(count)),
        labels=tuple({name: int(random.random() < 0.2) for name in CONDITIONS} for _ in range(count)),
    )


def full_step(
    accelerator: Any,
    learner: CheXQueryLearner,
    forward: nn.Module,
    optimizer: Any,
    indices: list[int],
    draw: Draw,
    phase: Phase,
) -> None:
    """A step as the training loop takes it."""
    optimise(accelerator, learner, forward, optimizer, [learner.batch(indices, draw)], phase, 1.0)


def bare_step(
    accelerator: Any,
    learner: CheXQueryLearner,
    optimizer: torch.optim.Optimizer,
    indices: list[int],
    draw: Draw,
    phase: Phase,
) -> None:
    """The least that a training step can be."""
    batch = to_device(learner.batch(indices, draw), accelerator.device)
    with accelerator.autocast():
        losses = learner.losses(batch, phase)
        total = torch.stack([weight * losses.means[name] for name, weight in phase.loss_weights.items() if weight])
    total.sum().backward()
    nn.utils.clip_grad_norm_([p for p in learner.model.parameters() if p.requires_grad], 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def timed(repeat: int, step: Callable[[], None]) -> float:
    start = time.perf_counter()
    for _ in range(repeat):
        step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20, help="steps of each side and phase")
    parser.add_argument("--threads", type=int, default=None, help="torch threads on the CPU")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    accelerator = accelerate.Accelerator(
        cpu=options.device == "cpu", mixed_precision="no" if options.device == "cpu" else "bf16"
    )
    config = preset("tiny")
    samples = random_samples(64, config.vision.image_size)
    model, tokenizer, _ = build_model(config, samples)
    learner = CheXQueryLearner(
        model.to(accelerator.device),
        tokenizer,
        samples,
        samples,
        get_labeler("rules"),
        augmentation=AugmentSettings(),
        data=TrainingData("noise"),
        max_tokens=config.decoding.max_new_tokens,
    )
    total = sum(parameter.numel() for parameter in model.parameters())
    print(
        f"python {platform.python_version()}, torch {torch.__version__}, accelerate {accelerate.__version__}, "
        f"{accelerator.device}, {torch.get_num_threads()} threads, {total:,} parameters, "
        f"{config.vision.image_size} px"
    )
    print(f"{'phase':>6} {'batch':>6} {'cxrbench':>10} {'bare':>10} {'ratio':>6}   samples/s")
    for phase in phases("tiny"):
        learner.begin_phase(phase)
        learner.model.to(accelerator.device)
        select_trainable(learner.model, phase.trainable)
        train_mode(learner.model)
        forward, optimizer = accelerator.prepare(ForwardPass(learner), build_optimizer(learner.model, phase))
        plain = build_optimizer(learner.model, phase)
        indices, draw = list(range(phase.batch_size)), Draw(0, 0, 0)
        full = partial(full_step, accelerator, learner, forward, optimizer, indices, draw, phase)
        bare = partial(bare_step, accelerator, learner, plain, indices, draw, phase)
        timed(2, full)
        timed(2, bare)
        seconds = {"full": 0.0, "bare": 0.0}
        block = max(1, options.steps // 4)
        for _ in range(4):
            seconds["full"] += timed(block, full)
            seconds["bare"] += timed(block, bare)
        pace = {side: 4 * block * phase.batch_size / value for side, value in seconds.items()}
        print(
            f"{phase.name:>6} {phase.batch_size:6d} {pace['full']:10.1f} {pace['bare']:10.1f} "
            f"{pace['full'] / pace['bare']:6.2f}"
        )


if __name__ == "__main__":
    main()
