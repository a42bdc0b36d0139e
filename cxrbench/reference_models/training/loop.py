"""The training loop: phases, epochs, optimiser steps; resumable at any of them.

Built on Hugging Face accelerate, which brings mixed precision, several processes and DeepSpeed. An interrupted
and resumed training equals an uninterrupted one: see order.py for the random numbers, state.py for the rest.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cxrbench.core.errors import CxrbenchError
from cxrbench.reference_models.training.curves import CURVES, draw_curves
from cxrbench.reference_models.training.freeze import select_trainable, train_mode
from cxrbench.reference_models.training.history import History, read_history
from cxrbench.reference_models.training.identity import open_training
from cxrbench.reference_models.training.interrupt import Interrupt, deferred_interrupts
from cxrbench.reference_models.training.learner import Learner
from cxrbench.reference_models.training.optim import build_optimizer
from cxrbench.reference_models.training.order import Draw, cut, seed_everything, share
from cxrbench.reference_models.training.phase import Phase, Plan
from cxrbench.reference_models.training.progress import Progress
from cxrbench.reference_models.training.schedule import rate_factor, warmup_length
from cxrbench.reference_models.training.state import (
    CHECKPOINTS,
    STATE,
    Best,
    Position,
    checkpoint_in_the_making,
    finish_checkpoint,
    load_optimizer,
    load_random,
    read_pointer,
    read_position,
    save_random,
)
from cxrbench.reference_models.training.step import ForwardPass, optimise


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """How a training ended.

    Attributes:
        best: The chosen checkpoint, with its folder relative to the training's, and the score that chose it.
        checkpoint: Its folder.
        seconds: Wall time of training and validation, summed over interruptions.
    """

    best: Best
    checkpoint: Path
    seconds: float


def train(
    learner: Learner,
    plan: Plan,
    out: Path,
    settings: Mapping[str, Any],
    *,
    resume: bool = False,
    device: str = "auto",
) -> TrainingResult:
    """Train through all phases of a plan.

    Args:
        settings: Everything beside the plan that determines the result (model, data, versions of formats);
            compared when resuming.
        resume: Continue the training in `out`; with none there yet, start it.
        device: "auto", "cpu" or "cuda". bf16 autocast on a GPU, float32 on the CPU.

    Raises:
        UsageError: `out` holds another training; see `identity.open_training`.
        DivergedError: The loss is not finite.
        KeyboardInterrupt: After Ctrl-C or SIGTERM, once the step is done and saved.
    """
    from accelerate import Accelerator

    on_cpu = device == "cpu" or (device == "auto" and not torch.cuda.is_available())
    accelerator = Accelerator(cpu=on_cpu, mixed_precision="no" if on_cpu else "bf16")
    if accelerator.is_main_process:
        identity = {**settings, "seed": plan.seed, "phases": {phase.name: phase.to_dict() for phase in plan.phases}}
        open_training(out, identity, resume=resume)
    accelerator.wait_for_everyone()
    with deferred_interrupts() as interrupt:
        return _Training(learner, plan, out, accelerator, interrupt).run()


class _Training:
    """One run of the loop over one folder."""

    def __init__(self, learner: Learner, plan: Plan, out: Path, accelerator: Any, interrupt: Interrupt) -> None:
        self.learner, self.plan, self.out = learner, plan, out
        self.accelerator, self.interrupt = accelerator, interrupt
        self.samples = len(learner.sample_ids())
        self.resumed_from = read_pointer(out / "last.json")
        self.position = read_position(self.resumed_from) if self.resumed_from else Position()
        self.history = History(out, keep=self.position.records) if accelerator.is_main_process else None
        total = sum(phase.epochs * len(self.steps(phase, Draw(0, 0, 0))) for phase in plan.phases)
        self.progress = Progress(total, self.position.steps_done, silent=not accelerator.is_main_process)
        self.started = time.monotonic() - self.position.seconds

    def steps(self, phase: Phase, draw: Draw) -> list[Any]:
        return cut(draw.order(self.samples), phase.effective_batch, self.accelerator.num_processes)

    def run(self) -> TrainingResult:
        """All phases that are left."""
        if not self.position.finished:
            for index in range(self.position.phase, len(self.plan.phases)):
                self.run_phase(index)
        best = self.position.best
        if best is None:
            raise CxrbenchError("the training ended without a checkpoint", where=str(self.out))
        return TrainingResult(best, self.out / best.checkpoint, self.position.seconds)

    def run_phase(self, index: int) -> None:
        """One phase: from the best weights so far, with a new optimiser."""
        phase, position, learner = self.plan.phases[index], self.position, self.learner
        resumed_from = self.resumed_from if position.phase == index else None
        if resumed_from is None:
            self.take_over_best(phase)
            seed_everything(self.plan.seed, index)
            position.phase, position.epoch, position.step, position.sums = index, 0, 0, {}
        learner.begin_phase(phase)
        if resumed_from is not None:
            learner.load(resumed_from)
        learner.model.to(self.accelerator.device)
        select_trainable(learner.model, phase.trainable)
        forward, optimizer = self.accelerator.prepare(ForwardPass(learner), build_optimizer(learner.model, phase))
        if resumed_from is not None:
            load_optimizer(resumed_from, optimizer)
            load_random(resumed_from / STATE, self.accelerator.process_index)
            self.progress.say(f"resumed in phase {phase.name} after epoch {position.epoch}, step {position.step}")
        else:
            learning = sum(p.numel() for p in learner.model.parameters() if p.requires_grad)
            self.progress.say(f"phase {phase.name}: {phase.epochs} epochs, {learning:,} parameters learn")
        for epoch in range(position.epoch, phase.epochs):
            self.run_epoch(phase, Draw(self.plan.seed, index, epoch), forward, optimizer)
        if self.accelerator.is_main_process:
            draw_curves(read_history(self.out), self.out / CURVES)
        self.accelerator.free_memory()

    def take_over_best(self, phase: Phase) -> None:
        """Load the best weights so far; their score is the one to beat only if the new phase is judged by it."""
        best = self.position.best
        if best is not None:
            self.learner.load(self.out / best.checkpoint)
            if best.score != phase.select:
                self.position.best = None

    def run_epoch(self, phase: Phase, draw: Draw, forward: nn.Module, optimizer: Any) -> None:
        """The steps of an epoch that are left, then validation and a checkpoint."""
        position, accelerator = self.position, self.accelerator
        steps = self.steps(phase, draw)
        total = phase.epochs * len(steps)
        warmup = warmup_length(phase, total)
        train_mode(self.learner.model)
        since, seen = time.monotonic(), 0
        for number in range(position.step, len(steps)):
            factor = rate_factor(draw.epoch * len(steps) + number, total, warmup)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor
            parts = share(steps[number], phase.batch_size, accelerator.process_index, accelerator.num_processes)
            batches = [self.learner.batch(indices.tolist(), draw) for indices in parts]
            logged = optimise(accelerator, self.learner, forward, optimizer, batches, phase, self.plan.clip_norm)
            for name, value in logged.items():
                position.sums[name] = position.sums.get(name, 0.0) + value
            seen += len(steps[number])
            pace = seen / max(time.monotonic() - since, 1e-9)
            position.step, position.steps_done = number + 1, position.steps_done + 1
            where = f"phase {phase.name} epoch {draw.epoch + 1}/{phase.epochs}"
            self.progress.advance(f"{where} | loss {logged['loss/total']:.4f} | {pace:.0f} samples/s")
            if position.steps_done % self.plan.log_every == 0:
                more = {"learning_rate": phase.learning_rate * factor, "samples_per_s": round(pace, 1)}
                self.record("step", phase, draw, logged, {**more, **self.memory()})
            asked = self.asked_to_stop()
            due = self.plan.checkpoint_every and position.steps_done % self.plan.checkpoint_every == 0
            if number + 1 < len(steps) and (due or asked):
                self.save(phase, draw, optimizer)
                self.stop_if(asked)
        means = {name: value / position.step for name, value in position.sums.items()}
        self.end_epoch(
            phase, draw, optimizer, means, {"samples_per_s": round(seen / max(time.monotonic() - since, 1e-9), 1)}
        )

    def end_epoch(
        self, phase: Phase, draw: Draw, optimizer: Any, means: Mapping[str, float], more: Mapping[str, Any]
    ) -> None:
        """Validate where due, log, judge, save."""
        position = self.position
        validation: dict[str, float | None] = {}
        if (draw.epoch + 1) % phase.validate_every == 0 or draw.epoch + 1 == phase.epochs:
            self.learner.model.eval()
            with torch.no_grad(), self.accelerator.autocast():
                validation = dict(self.learner.validate(phase))
        position.seconds = time.monotonic() - self.started
        self.record(
            "epoch", phase, draw, means, {**more, "validation": validation, "seconds": round(position.seconds, 1)}
        )
        scores = "".join(f", {name} {value:.4f}" for name, value in validation.items() if value is not None)
        where = f"phase {phase.name} epoch {draw.epoch + 1}/{phase.epochs}"
        self.progress.say(f"{where}: loss {means['loss/total']:.4f}{scores}, {more['samples_per_s']:.0f} samples/s")
        for name, (low, high) in self.learner.watch.items():
            mean = means.get(f"{name}/mean")
            if mean is not None and not low <= mean <= high:
                self.progress.say(f"warning: the mean of {name} is {mean:.4f}, outside {low} to {high}")
        position.epoch, position.step, position.sums = draw.epoch + 1, 0, {}
        position.finished = draw.epoch + 1 == phase.epochs and position.phase + 1 == len(self.plan.phases)
        if validation:
            self.judge(phase, draw, validation.get(phase.select))
        self.save(phase, draw, optimizer)
        self.stop_if(not position.finished and self.asked_to_stop())

    def judge(self, phase: Phase, draw: Draw, value: float | None) -> None:
        """Make this epoch's checkpoint the best one if it is; the earlier one wins a draw."""
        best, sign = self.position.best, 1 if phase.higher_is_better else -1
        value = value if value is not None and math.isfinite(value) else None
        if best is not None and (value is None or (best.value is not None and sign * value <= sign * best.value)):
            return
        checkpoint = f"{CHECKPOINTS}/{_name(phase, draw, 0)}"
        self.position.best = Best(checkpoint, phase.name, draw.epoch + 1, phase.select, value)

    def save(self, phase: Phase, draw: Draw, optimizer: Any) -> None:
        """Write a checkpoint of this moment, and remove those that are needed no more."""
        position, accelerator = self.position, self.accelerator
        name = _name(phase, draw, position.step)
        save_random(checkpoint_in_the_making(self.out, name) / STATE, accelerator.process_index)
        accelerator.wait_for_everyone()
        if self.history is not None:
            position.records = self.history.records
            finish_checkpoint(
                self.out,
                name,
                self.learner,
                optimizer,
                position,
                {
                    "phase": phase.name,
                    "epoch": draw.epoch + (position.step == 0),
                    "step": position.steps_done,
                    "history": [record for record in read_history(self.out) if record["event"] == "epoch"],
                },
            )
        accelerator.wait_for_everyone()

    def asked_to_stop(self) -> bool:
        """Whether any process was interrupted; all have to agree, or they would wait for each other."""
        if self.accelerator.num_processes == 1:
            return self.interrupt.requested
        flag = torch.tensor(float(self.interrupt.requested), device=self.accelerator.device)
        return bool(self.accelerator.reduce(flag, "sum") > 0)

    def stop_if(self, asked: bool) -> None:
        if asked:
            self.progress.say("interrupted; everything so far is saved, continue with --resume")
            raise KeyboardInterrupt

    def record(
        self, event: str, phase: Phase, draw: Draw, logged: Mapping[str, float], more: Mapping[str, Any]
    ) -> None:
        if self.history is None:
            return
        losses = {name.removeprefix("loss/"): value for name, value in logged.items() if name.startswith("loss/")}
        rest = {name: value for name, value in logged.items() if not name.startswith("loss/")}
        where = {"event": event, "phase": phase.name, "epoch": draw.epoch + 1, "step": self.position.steps_done}
        self.history.append({**where, "losses": losses, **rest, **more})

    def memory(self) -> dict[str, float]:
        if self.accelerator.device.type != "cuda":
            return {}
        return {"memory_gib": round(torch.cuda.max_memory_allocated() / 2**30, 2)}


def _name(phase: Phase, draw: Draw, step: int) -> str:
    """Checkpoint name; step 0 is the end of the epoch."""
    return f"{phase.name}-e{draw.epoch + 1:03d}" + (f"-s{step:05d}" if step else "")
