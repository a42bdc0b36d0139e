"""Runs of a task made of numbers, for the tests of the leaderboard: what a model answers is what it scores."""

import json
import shutil
from pathlib import Path
from typing import ClassVar

import numpy as np

import cxrbench
from cxrbench.core.types import Example, ModelInfo, Prediction, Reference, Request
from cxrbench.metrics.base import AdditiveMetric, Metric, Statistics
from cxrbench.tasks.base import TaskData

TASK = "board_runs:Numbers"
HEADLINE = ("quality", "ratio", "cost", "middle")


class Mean(AdditiveMetric):
    """quality: the mean answer; cost: one minus it, where lower is better."""

    name = "mean"

    def __init__(self, version="1"):
        self.version = version

    @property
    def scores(self):
        return {"quality": "higher", "cost": "lower"}

    def signature(self):
        return f"mean|version:{self.version}"

    def measure(self, pairs, state):
        values = np.array([float(item.text or 0) for item in pairs.predictions])
        return Statistics(("n", "value"), np.column_stack([np.ones(len(values)), values]))

    def score(self, sums):
        mean = sums[:, 1] / sums[:, 0]
        return {"quality": mean, "cost": 1 - mean}


class Ratio(AdditiveMetric):
    """A ratio of sums, as F1 is: no mean of values per example. Undefined where nothing is above a half."""

    name = "ratio"
    scores: ClassVar = {"ratio": "higher"}

    def signature(self):
        return "ratio|version:1"

    def measure(self, pairs, state):
        values = np.array([float(item.text or 0) for item in pairs.predictions])
        return Statistics(("above", "weighted"), np.column_stack([values > 0.5, values * (values > 0.5)]))

    def score(self, sums):
        return {"ratio": sums[:, 1] / np.where(sums[:, 0] > 0, sums[:, 0], np.nan)}


class Middle(Metric):
    """The weighted median: not additive."""

    name = "middle"
    additive = False
    scores: ClassVar = {"middle": "higher"}

    def signature(self):
        return "middle|version:1"

    def measure(self, pairs, state):
        return Statistics(("value",), np.array([[float(item.text or 0)] for item in pairs.predictions]))

    def aggregate(self, statistics, weights):
        order = np.argsort(statistics.values[:, 0])
        heap = np.cumsum(weights[:, order], axis=1)
        place = (heap < heap[:, -1:] / 2).sum(axis=1)
        return {"middle": statistics.values[order, 0][np.minimum(place, len(order) - 1)]}


class Numbers:
    """Examples in pairs that share a group."""

    name = "numbers"
    version = "1"
    kind = "report"
    restricted = False
    protocols = ("plain", "other")
    metrics = ("mean", "ratio", "middle")
    headline = HEADLINE
    examples = 60
    phantom = False
    mean_version = "1"

    def load(self, options):
        examples = [
            Example(
                Request(f"e{place:03d}", "report", (), ""),
                Reference(f"e{place:03d}", text="x"),
                f"g{place // 2:03d}",
                {"half": ("first" if place < self.examples // 2 else "second",)},
            )
            for place in range(self.examples)
        ]
        return TaskData(examples, {}, tuple, "numbers-data", f"{options.split}:all", "f" * 16, self.phantom)

    def build_metrics(self, protocol, data, selection=None, options=None):
        every = {"mean": Mean(self.mean_version), "ratio": Ratio(), "middle": Middle()}
        return [metric for name, metric in every.items() if selection is None or name in selection]


class Fantasy(Numbers):
    phantom = True


class Newer(Numbers):
    """The same task whose metric has another version, so another signature."""

    mean_version = "2"


class Few(Numbers):
    examples = 12


class Model:
    """Answers a value per example: shared noise, so that models are correlated, plus its own."""

    needs_pixels = False

    def __init__(self, name, skill, *, own=0.02, fails=(), version="1", **info):
        self.skill, self.own, self.fails = skill, own, fails
        self.info = ModelInfo(name, version, f"{name}-{skill}-{version}", needs_pixels=False, **info)

    def describe(self):
        return self.info

    def predict(self, requests):
        if any(request.id in self.fails for request in requests):
            raise RuntimeError("flaky")
        found = []
        for request in requests:
            place = int(request.id[1:])
            shared = np.random.default_rng(place).normal(0, 0.1)
            own = np.random.default_rng([place, sum(map(ord, self.info.name))]).normal(0, self.own) if self.own else 0
            found.append(Prediction(request.id, text=repr(float(np.clip(self.skill + shared + own, 0, 1)))))
        return found


def made(out, *models, task=TASK, **config):
    """Run models; their folders in order."""
    settings = {"resamples": 100, "protocols": ("plain",), **config}
    return [
        cxrbench.run(cxrbench.RunConfig(model.info.name, task, out=Path(out), **settings), adapter=model).folder.path
        for model in models
    ]


def edited(folder, file, change):
    """Change one JSON file of a run folder in place."""
    record = json.loads((folder / file).read_text())
    change(record)
    (folder / file).write_text(json.dumps(record))


def copied(folder, name):
    return Path(shutil.copytree(folder, folder.parent / name))
