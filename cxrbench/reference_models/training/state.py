"""Checkpoints of a training: written beside their final place, renamed, then pointed to.

```text
OUT/
  training.json            what is trained on what, with which settings (see identity.py)
  history.jsonl            the log
  checkpoints/1-e003-s0000/
    (model files)          what `Learner.save` writes
    state/position.json    where the training stands
    state/optimizer.pt     tensors only, read with weights_only=True
    state/random-0.pt      generators of python, numpy and torch, one file per process
  last.json, best.json     {"checkpoint": "checkpoints/...", ...}
```

A kill at any moment leaves the previous checkpoint and pointer whole.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cxrbench.core.errors import WeightsError
from cxrbench.reference_models.training.learner import Learner

CHECKPOINTS = "checkpoints"
STATE = "state"


@dataclass(slots=True)
class Best:
    """The best checkpoint so far: path relative to the training folder, and the score that chose it."""

    checkpoint: str
    phase: str
    epoch: int
    score: str
    value: float | None


@dataclass(slots=True)
class Position:
    """Where a training stands: the next optimiser step to make.

    Attributes:
        phase: Index in the plan.
        epoch: From 0; equal to the phase's epochs when the phase is complete.
        step: Optimiser steps already made in this epoch.
        sums: Running sums of this epoch's logged quantities.
        steps_done: Optimiser steps since the beginning of the training.
        records: Lines of the history at this moment.
        seconds: Wall seconds of training and validation so far.
        finished: Whether the whole plan is done.
    """

    phase: int = 0
    epoch: int = 0
    step: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    steps_done: int = 0
    records: int = 0
    seconds: float = 0.0
    finished: bool = False
    best: Best | None = None


def checkpoint_in_the_making(out: Path, name: str) -> Path:
    """The folder that becomes `checkpoints/NAME` when `finish_checkpoint` renames it."""
    return out / CHECKPOINTS / f".{name}.tmp"


def finish_checkpoint(
    out: Path,
    name: str,
    learner: Learner,
    optimizer: torch.optim.Optimizer,
    position: Position,
    progress: Mapping[str, Any],
) -> None:
    """Complete a checkpoint (the generators are in it already), rename it, and point `last.json` to it.

    Args:
        progress: Passed on to `Learner.save`.
    """
    temporary = checkpoint_in_the_making(out, name)
    learner.save(temporary, progress)
    torch.save(optimizer.state_dict(), temporary / STATE / "optimizer.pt")
    (temporary / STATE / "position.json").write_text(json.dumps(asdict(position), indent=1), encoding="utf-8")
    final = temporary.with_name(name)
    if final.exists():
        shutil.rmtree(final)
    temporary.rename(final)
    write_pointer(out / "last.json", {"checkpoint": f"{CHECKPOINTS}/{name}"})
    if position.best is not None:
        write_pointer(out / "best.json", asdict(position.best))
    prune(out)


def save_random(state: Path, process: int) -> None:
    """Write the generators of this process."""
    state.mkdir(parents=True, exist_ok=True)
    version, words, gauss = random.getstate()
    kind, keys, at, has_gauss, cached = np.random.get_state(legacy=True)
    torch.save(
        {
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "python": [version, list(words), gauss],
            "numpy": [kind, torch.from_numpy(np.asarray(keys, dtype=np.int64)), at, has_gauss, cached],
        },
        state / f"random-{process}.pt",
    )


def load_random(state: Path, process: int) -> None:
    """Set the generators of this process as `save_random` found them."""
    saved = _load(state / f"random-{process}.pt")
    torch.set_rng_state(saved["torch"])
    if saved["cuda"] and len(saved["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(saved["cuda"])
    version, words, gauss = saved["python"]
    random.setstate((version, tuple(words), gauss))
    kind, keys, at, has_gauss, cached = saved["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), at, has_gauss, cached))


def read_position(checkpoint: Path) -> Position:
    """Where the training stood when the checkpoint was written.

    Raises:
        WeightsError: The checkpoint holds no training state, or it is damaged.
    """
    path = checkpoint / STATE / "position.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        best = values.pop("best")
        return Position(**values, best=None if best is None else Best(**best))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise WeightsError(
            f"cannot read the training state: {error}",
            where=str(path),
            hint="use the checkpoint's weights alone with --init-from, in a new --out folder",
        ) from error


def load_optimizer(checkpoint: Path, optimizer: torch.optim.Optimizer) -> None:
    """Restore the optimiser's moments and step counts."""
    optimizer.load_state_dict(_load(checkpoint / STATE / "optimizer.pt"))


def write_pointer(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a small JSON file in one step."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def read_pointer(path: Path) -> Path | None:
    """The checkpoint folder that a pointer file names, or None if there is no such file.

    Raises:
        WeightsError: The file is damaged, or points nowhere.
    """
    if not path.exists():
        return None
    try:
        checkpoint = path.parent / str(json.loads(path.read_text(encoding="utf-8"))["checkpoint"])
    except (ValueError, TypeError, KeyError) as error:
        raise WeightsError(f"damaged pointer file: {error}", where=str(path), valid='{"checkpoint": PATH}') from error
    if not checkpoint.is_dir():
        raise WeightsError(f"{path.name} points to a checkpoint that is not there", where=str(checkpoint))
    return checkpoint


def prune(out: Path) -> None:
    """Remove checkpoints that no pointer names, and the training state of all but the last."""
    last, best = read_pointer(out / "last.json"), read_pointer(out / "best.json")
    for folder in (out / CHECKPOINTS).iterdir():
        if folder not in (last, best):
            shutil.rmtree(folder)
        elif folder != last:
            shutil.rmtree(folder / STATE, ignore_errors=True)


def _load(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise WeightsError(
            "the checkpoint lacks a part of the training state", where=str(path), hint="use --init-from instead"
        ) from error
    except Exception as error:
        raise WeightsError(f"cannot read the training state: {error}", where=str(path)) from error
