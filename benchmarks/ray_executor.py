"""Ray with two local workers against the local executor, on a model that only computes: speed-up, identical runs.

The adapter counts in pure Python on one thread, a fixed number of steps per example, so that its cost is known and
nothing but processors limits it. Both runs are given the same configuration, alternate, and are compared by
`cxrbench.core.rescoring.compare_runs`. Wall time includes what each executor needs to start and to end; the
prediction phase alone, from the first answered batch to the last, stands beside it.

python benchmarks/ray_executor.py [--examples 200] [--workers 2] [--rounds 3] [--steps 400000]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cxrbench.core.rescoring import compare_runs
from cxrbench.core.run_folder import RunFolder, find_runs
from cxrbench.core.types import ModelInfo, Prediction, Request


class Counting:
    """Spends a fixed number of steps on each request, on one thread."""

    def __init__(self, steps: int = 400_000) -> None:
        self.steps = steps

    def describe(self) -> ModelInfo:
        return ModelInfo("counting", "1", str(self.steps), needs_pixels=False)

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        made = []
        for request in requests:
            state = sum(request.id.encode())
            for _ in range(self.steps):
                state = (state * 1_103_515_245 + 12_345) & 0x7FFFFFFF
            made.append(Prediction(request.id, text=f"The lungs are clear, {state}."))
        return made


def run(executor: str, given: argparse.Namespace, out: Path) -> tuple[RunFolder, dict[str, float]]:
    """One run in a fresh process: its folder, and wall, CPU and prediction seconds."""
    command = [sys.executable, "-c", "from cxrbench.cli.main import main; main()", "run", "--json"]
    command += ["--model", "ray_executor:Counting", "-o", f"steps={given.steps}", "--task", "iu-report"]
    command += ["--limit", str(given.examples), "--batch-size", "4", "--metrics", "bleu,status", "--resamples", "100"]
    command += ["--out", str(out), "--executor", executor]
    command += ["--workers", str(given.workers)] if executor == "ray" else []
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    moments = []
    while process.poll() is None:
        size = sum(path.stat().st_size for path in out.glob("*/*/*/predictions.jsonl"))
        if size and (not moments or size != moments[-1][1]):
            moments.append((time.perf_counter(), size))
        time.sleep(0.01)
    wall = time.perf_counter() - started
    if process.returncode != 0:
        raise SystemExit(process.stderr.read().decode() if process.stderr else "failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    (folder,) = find_runs(out)
    return folder, {"wall": wall, "cpu": cpu, "predicting": moments[-1][0] - moments[0][0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=400_000)
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    times: dict[str, list[dict[str, float]]] = {"local": [], "ray": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.rounds):
            made = {}
            for executor, found in times.items():
                made[executor], seconds = run(executor, given, Path(folder) / f"{executor}-{number}")
                found.append(seconds)
            comparison = compare_runs(made["local"], made["ray"])
            print(f"round {number + 1}: identical: {comparison.identical}", *comparison.differences)
    medians = {
        executor: {key: statistics.median(item[key] for item in found) for key in found[0]}
        for executor, found in times.items()
    }
    for key in ("wall", "predicting"):
        ratio = medians["local"][key] / medians["ray"][key]
        print(f"{key}: local {medians['local'][key]:.1f} s, ray {medians['ray'][key]:.1f} s, speed-up {ratio:.2f}")
    print(json.dumps({"medians": medians, "examples": given.examples, "workers": given.workers}))


if __name__ == "__main__":
    main()
