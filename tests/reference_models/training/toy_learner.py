"""A learner of a few dozen parameters with everything that can break a resume: dropout, batch norm, augmentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from cxrbench.reference_models.training.learner import Losses
from cxrbench.reference_models.training.phase import Phase, Plan


class ToyModel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3))
        self.head = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.3), nn.Linear(8, 1))
        self.table = nn.Embedding(3, 8)


class ToyLearner:
    """Regression of a fixed random function; "gen" weighs samples by 1 to 3 units, "aux" by one."""

    def __init__(self, samples: int = 20, on_step=None, scores=None) -> None:
        torch.manual_seed(0)
        self.model = ToyModel()
        generator = torch.Generator().manual_seed(1)
        self.x = torch.randn(samples, 4, generator=generator)
        self.y = self.x.prod(1, keepdim=True)
        self.units = torch.arange(samples) % 3 + 1
        self.watch = {"gate": (0.01, 0.99)}
        self.gate = 0.5
        self.on_step = on_step
        self.scores = scores
        self.validations = 0
        self.begun: list[str] = []
        self.loaded: list[str] = []
        self.seen: list[tuple[int, int, list[int]]] = []

    def sample_ids(self):
        return [f"s{index}" for index in range(len(self.x))]

    def begin_phase(self, phase):
        self.begun.append(phase.name)

    def batch(self, indices, draw):
        self.seen.append((draw.phase, draw.epoch, list(indices)))
        noise = np.stack([draw.for_sample(f"s{index}").normal(size=4) for index in indices])
        return {
            "x": self.x[indices] + 0.1 * torch.from_numpy(noise).float(),
            "y": self.y[indices],
            "units": self.units[indices],
        }

    def counts(self, batch, phase):
        return {"gen": float(batch["units"].sum()), "aux": float(len(batch["x"]))}

    def losses(self, batch, phase):
        if self.on_step:
            self.on_step()
        hidden = self.model.trunk(batch["x"]) + self.model.table.weight[0]
        error = (self.model.head(hidden) - batch["y"]) ** 2
        units = batch["units"][:, None].float()
        return Losses(
            {"gen": (error * units).sum() / units.sum(), "aux": error.mean()},
            {"gate": torch.full((len(error),), self.gate)},
        )

    def validate(self, phase):
        assert not self.model.training
        self.validations += 1
        if self.scores is not None:
            return {"score": self.scores[self.validations - 1]}
        hidden = self.model.trunk(self.x) + self.model.table.weight[0]
        return {"score": -float(((self.model.head(hidden) - self.y) ** 2).mean())}

    def save(self, folder: Path, progress):
        save_file(
            {name: value.contiguous() for name, value in self.model.state_dict().items()},
            folder / "model.safetensors",
        )

    def load(self, folder: Path):
        self.loaded.append(folder.name)
        self.model.load_state_dict(load_file(folder / "model.safetensors"))


def toy_phase(name: str = "1", **settings) -> Phase:
    defaults = {
        "epochs": 3,
        "trainable": (r"trunk\..*", r"head\..*", r"table\..*"),
        "learning_rate": 1e-2,
        "batch_size": 4,
        "accumulation": 2,
        "loss_weights": {"gen": 1.0, "aux": 0.5},
        "select": "score",
    }
    return Phase(name, **{**defaults, **settings})


def toy_plan(**settings) -> Plan:
    phases = (toy_phase("1", epochs=2, trainable=(r"head\..*",)), toy_phase("2", epochs=3))
    return Plan(**{"phases": phases, "seed": 7, "log_every": 2, **settings})
