"""Adapters that workers build from a spec: each misbehaves on the ids that its options name."""

import os
import signal
import time
from pathlib import Path

from cxrbench.core.errors import WeightsError
from cxrbench.core.types import ModelInfo, Prediction


def words(value):
    return set(str(value).split()) if value else set()


class Model:
    """Answers with the ids of its batch, so that a changed batch shows.

    Args:
        kill: Ids at which the process is killed.
        kill_once: A file; where it does not exist it is made, and the process killed.
        hang, failing: Ids at which it sleeps, or raises.
        seconds: Slept for each request.
        broken: Raise instead of being built.
        train: Ask for the training examples.
    """

    def __init__(
        self,
        context,
        kill="",
        kill_once="",
        hang="",
        failing="",
        seconds=0.0,
        broken=False,
        train=False,
        pids="",
        pixels=False,
    ):
        if broken:
            raise WeightsError("no weights at all", hint="look elsewhere")
        self.kill, self.hang, self.failing = words(kill), words(hang), words(failing)
        self.kill_once, self.seconds, self.pids, self.pixels = kill_once, seconds, pids, pixels
        self.training = len(context.training()) if train else 0

    def describe(self):
        return ModelInfo("worker-model", "1", "1", needs_pixels=self.pixels)

    def predict(self, requests):
        if self.pids:
            with Path(self.pids).open("a") as file:
                file.write(f"{os.getpid()}\n")
        for request in requests:
            time.sleep(self.seconds)
            if request.id in self.kill:
                os.kill(os.getpid(), signal.SIGKILL)
            if request.id in self.hang:
                time.sleep(600)
            if request.id in self.failing:
                raise ValueError(f"cannot read {request.id}")
        if self.kill_once and not os.path.exists(self.kill_once):
            open(self.kill_once, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        seen = " ".join(request.id for request in requests)
        mean = f" mean {requests[0].images[0].pixels.mean():.6f}" if self.pixels else ""
        return [Prediction(request.id, text=f"Clear. {seen} {self.training}{mean}") for request in requests]
