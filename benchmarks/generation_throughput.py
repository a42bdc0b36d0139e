"""Reports per second: batches against one study at a time, same checkpoint, same films, same run.

python benchmarks/generation_throughput.py [--films 64] [--batch-size 16] [--threads 2]
"""

from __future__ import annotations

import argparse
import platform
import time
from pathlib import Path

import torch

from cxrbench.datasets.images import load_image
from cxrbench.reference_models.chexquery.predictor import Predictor
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.iu_report import IuReport


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint")
    parser.add_argument("--data-root", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    examples = IuReport().load(TaskOptions(given.data_root)).examples[: given.films]
    films = [load_image(example.request.images[0].path) for example in examples]
    predictor = Predictor.load(given.checkpoint)
    predictor.predict(films[:2])
    seconds = {}
    for size in (1, given.batch_size):
        started = time.perf_counter()
        texts = [
            report.text for at in range(0, len(films), size) for report in predictor.predict(films[at : at + size])
        ]
        seconds[size] = time.perf_counter() - started
        words = sum(len(text.split()) for text in texts) / len(texts)
        print(f"batch {size:3}: {len(films) / seconds[size]:7.2f} reports/s  ({words:.0f} words a report)")
    print(f"ratio: {seconds[1] / seconds[given.batch_size]:.2f}")
    print(
        f"torch {torch.__version__}, {given.threads} threads, {predictor.device}, Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
