"""What a run costs beside the model: seconds and memory per example of the prediction phase, batch size 1.

The adapter answers at once and from text alone, so that all the time is that of the phase: choosing what is open,
containing the adapter, matching and checking its answers, writing and flushing them. A second part repeats it with
the disk flushed after every batch, the cost that `cxrbench.core.appending` avoids. The adapter's own seconds are
taken off the wall time; the CPU time, all threads together, includes the microseconds it takes to make an answer.

python benchmarks/prediction_overhead.py [--examples 100000] [--flushed 2000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from support.memory import tree_memory

from cxrbench.core import appending
from cxrbench.core.executors.local import LocalExecutor
from cxrbench.core.predicting import predict_into
from cxrbench.core.reporter import Silent
from cxrbench.core.run_folder import RunFolder
from cxrbench.core.types import ModelInfo, Prediction, Request

ANSWER = "The heart size is normal. The lungs are clear. No pleural effusion or pneumothorax is seen. " * 2
LIMIT_MS = 0.5


class Instant:
    """Answers with the same report; remembers how much memory the process had at every tenth of the way."""

    def __init__(self, count: int) -> None:
        self.memory: list[int] = []
        self.seconds = 0.0
        self._every = max(1, count // 10)
        self._asked = 0

    def describe(self) -> ModelInfo:
        return ModelInfo("instant", "1", "1", needs_pixels=False)

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        started = time.perf_counter()
        if self._asked % self._every == 0:
            self.memory.append(tree_memory())
        self._asked += len(requests)
        made = [Prediction(request.id, text=ANSWER) for request in requests]
        self.seconds += time.perf_counter() - started
        return made


def measure(count: int, folder: Path) -> None:
    """Predict `count` examples and print what one cost."""
    requests = [Request(f"study-{number:07d}", "report", (), "Write the report.") for number in range(count)]
    adapter = Instant(count)
    folder.mkdir()
    wall, cpu = time.perf_counter(), time.process_time()
    found = predict_into(RunFolder(folder), LocalExecutor(adapter), requests, batch_size=1, reporter=Silent())
    wall, cpu = time.perf_counter() - wall - adapter.seconds, time.process_time() - cpu
    assert len(found) == count
    assert next(iter(found.values())).text == ANSWER
    grown = (adapter.memory[-1] - adapter.memory[1]) / (1 << 20)
    print(
        f"{count:7,} examples: {wall / count * 1e3:.3f} ms wall, {cpu / count * 1e3:.3f} ms CPU per example; "
        f"memory {adapter.memory[1] / (1 << 20):.0f} MiB at 10 %, {grown:+.1f} MiB at 90 %"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--flushed", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="on the disk to be measured; default: the temporary folder")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; the limit is {LIMIT_MS} ms")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        measure(given.examples, Path(folder) / "together")
        print("flushed after every batch:")
        with mock.patch.object(appending, "SYNC_SECONDS", 0.0):
            measure(given.flushed, Path(folder) / "each")


if __name__ == "__main__":
    main()
