"""Scores of 600,000 answers of 300 patients, with 10,000-resample intervals for all of them.

Usage: python benchmarks/vqa_scores.py [--limit N] [--patients N] [--resamples B] [--mix repeating|distinct]

Answers are synthetic. "repeating" draws sentences as answers of a visual question answering set repeat themselves;
"distinct" gives no two equal texts, so that nothing can be looked up. Both mixes are scored unless one is chosen,
each in a process of its own, so that neither profits from the other's caches.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time

import numpy as np
from support.memory import PeakMemory

from cxrbench.core.types import Box, Prediction, Reference
from cxrbench.metrics.base import AdditiveMetric, Pairs
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.metrics.labels.scores import LabelScores
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.spatial import BoxOverlap
from cxrbench.metrics.text import Bleu, Rouge
from cxrbench.metrics.vqa import ExactMatch, TokenF1
from cxrbench.statistics import Measured, estimate

MIXES = ("repeating", "distinct")
FINDINGS = [
    "pleural effusion",
    "pneumothorax",
    "consolidation",
    "atelectasis",
    "pulmonary edema",
    "a lung nodule",
    "pneumonia",
    "cardiomegaly",
    "a rib fracture",
    "pleural thickening",
    "a lung opacity",
    "a calcified granuloma",
]
PLACES = [
    "the left lung",
    "the right lung",
    "the left lower lobe",
    "the right upper lobe",
    "the right middle lobe",
    "the left costophrenic angle",
    "the right hilum",
    "the mediastinum",
    "both lung bases",
]
SEVERITIES = ("mild", "moderate", "severe", "small", "large", "subtle")
CHANGES = ("", "", ", unchanged", ", increased since the prior study", ", decreased since the prior study")


def sentence(draw: random.Random, serial: int | None) -> str:
    """One answer; with a serial number no other answer is equal to it."""
    finding, place, change = draw.choice(FINDINGS), draw.choice(PLACES), draw.choice(CHANGES)
    measured = "" if serial is None else f", measuring {serial / 10:.1f} mm"
    form = draw.random()
    if form < 0.35:
        return f"There is no evidence of {finding} in {place}{measured}."
    if form < 0.85:
        return f"There is {draw.choice(SEVERITIES)} {finding} in {place}{measured}{change}."
    other = draw.choice(FINDINGS)
    return f"{finding.capitalize()} is seen in {place}{measured}{change}, and {other} cannot be excluded."


def answers(count: int, distinct: bool) -> tuple[list[Reference], list[Prediction]]:
    draw = random.Random(7)
    references, predictions = [], []
    for number in range(count):
        closed = number % 2 == 0
        gold_text = sentence(draw, 2 * number if distinct else None)
        said_text = gold_text if not distinct and draw.random() < 0.3 else ""
        said_text = said_text or sentence(draw, 2 * number + 1 if distinct else None)
        gold = draw.choice(("yes", "no")) if closed else gold_text
        said = draw.choice(("Yes.", "No", "yes", "unclear")) if closed else said_text
        boxes = [box(draw) for _ in range(draw.randint(1, 2))]
        found = [shifted(item, draw) for item in boxes[: draw.randint(0, 2)]]
        references.append(Reference(f"{number:06d}", text=gold_text, answer=gold, closed=closed, boxes=tuple(boxes)))
        predictions.append(Prediction(f"{number:06d}", text=said_text, answer=said, boxes=tuple(found)))
    return references, predictions


def box(draw: random.Random) -> Box:
    left, top = 1500 * draw.random(), 1500 * draw.random()
    return Box(left, top, left + 100 + 600 * draw.random(), top + 100 + 600 * draw.random())


def shifted(item: Box, draw: random.Random) -> Box:
    across, down = 120 * draw.random(), 120 * draw.random()
    return Box(item.x1 + across, item.y1 + down, item.x2 + across, item.y2 + down)


def score(count: int, patients: int, resamples: int, mix: str) -> None:
    references, predictions = answers(count, mix == "distinct")
    texts = [reference.text for reference in references] + [prediction.text for prediction in predictions]
    words = sum(len((text or "").split()) for text in texts) / len(texts)
    share = len(set(texts)) / len(texts)
    del texts
    print(f"{mix}: {count} answers of {patients} patients, {words:.1f} words each, {share:.1%} of the texts distinct")
    groups = [f"p{number % patients:03d}" for number in range(count)]
    protocol = get_protocol("cxrbench")
    metrics: list[AdditiveMetric] = [
        ExactMatch(),
        TokenF1(),
        Bleu(protocol),
        Rouge(protocol),
        LabelScores(get_labeler("rules"), protocol),
        BoxOverlap(),
    ]
    with PeakMemory() as memory:
        begun = time.perf_counter()
        pairs = Pairs(references, predictions)
        measured = []
        for metric in metrics:
            start = time.perf_counter()
            if not all(map(metric.usable, references)):
                raise SystemExit(f"{metric.name}: every answer of this benchmark should be usable")
            measured.append(Measured(metric, metric.measure(pairs, {})))
            print(f"  {metric.name:14s} {time.perf_counter() - start:7.2f} s", flush=True)
        start = time.perf_counter()
        found = estimate(measured, groups, {"all": np.ones(count, bool)}, resamples=resamples)["all"]
        print(
            f"  {'intervals':14s} {time.perf_counter() - start:7.2f} s ({len(found)} scores, {resamples} resamples)"
        )
        total = time.perf_counter() - begun
    without = [name for name, value in found.items() if value.value is not None and value.ci95 is None]
    print(f"  {'total':14s} {total:7.2f} s, peak memory {memory.peak / 2**20:.0f} MiB")
    for name in ("exact_match", "token_f1", "bleu_4", "rouge_l", "rules_micro_f1_14", "mean_iou"):
        low, high = found[name].ci95 or (float("nan"), float("nan"))
        print(f"  {name:18s} {found[name].value:.4f} [{low:.4f}, {high:.4f}]")
    if without:
        raise SystemExit(f"no interval for {', '.join(without)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, default=600_000, help="number of answers")
    parser.add_argument("--patients", type=int, default=300)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--mix", choices=MIXES)
    arguments = parser.parse_args()
    if arguments.mix:
        score(arguments.limit, arguments.patients, arguments.resamples, arguments.mix)
        return
    for mix in MIXES:
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--mix", mix], check=True)


if __name__ == "__main__":
    main()
