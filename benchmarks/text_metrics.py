"""BLEU, ROUGE, METEOR, CIDEr and labels with intervals, against point estimates of pycocoevalcap and rouge-score.

Usage: python benchmarks/text_metrics.py [--pairs N] [--resamples B]

Texts: IU X-ray findings under $CXRBENCH_DATA or ../shared/data, repeated as needed, each paired with the findings of
another study; else random words of the same length. Repeated pairs count as distinct: no text is looked up, on either
side. The packages compute no label scores, so the labels of the rule labeler are extra work of cxrbench alone. Both
sides see the same transformed texts, start their own METEOR, and run in one process on the same cores, after one
another; time is wall time. Imports that both sides need are made before.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from support.memory import PeakMemory

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.java import java_executable
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.metrics.labels.scores import LabelScores
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.text import Bleu, Cider, Meteor, Rouge, RougeLCoco
from cxrbench.metrics.text.meteor_process import close_meteor
from cxrbench.statistics import Measured, estimate


def findings(count: int) -> tuple[list[str], str]:
    """Reference texts, repeated as needed, and where they come from."""
    root = Path(os.environ.get("CXRBENCH_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))
    file = root / "iu-xray" / "indiana_reports.csv"
    if file.is_file():
        with file.open(encoding="utf-8", newline="") as stream:
            texts = [row["findings"] for row in csv.DictReader(stream) if row["findings"].strip()]
        source = "IU X-ray findings"
    else:
        generator = random.Random(0)
        words = [f"word{generator.randrange(40) ** 2}" for _ in range(50_000)]
        texts = [" ".join(generator.choices(words, k=generator.randint(15, 60))) + "." for _ in range(count)]
        source = "random words"
    return (texts * (count // len(texts) + 1))[:count], source


def ours(references: list[Reference], predictions: list[Prediction], resamples: int) -> dict[str, float]:
    """Every score with its interval."""
    protocol = get_protocol("r2gen-clean")
    pairs = Pairs(references, predictions)
    measured = []
    labels = LabelScores(get_labeler("rules"), protocol, cache=False)
    metrics = (Meteor(protocol), Cider(protocol), Bleu(protocol), Rouge(protocol), RougeLCoco(protocol), labels)
    start = time.perf_counter()
    states = [metric.fit(references) for metric in metrics]
    print(f"  {'fit':14s} {time.perf_counter() - start:7.2f} s")
    for metric, state in reversed(list(zip(metrics, states))):
        start = time.perf_counter()
        measured.append(Measured(metric, metric.measure(pairs, state)))
        print(f"  {metric.name:14s} {time.perf_counter() - start:7.2f} s")
    start = time.perf_counter()
    everything = {"all": np.ones(len(pairs), bool)}
    scores = estimate(measured, [reference.id for reference in references], everything, resamples=resamples)["all"]
    print(f"  {'intervals':14s} {time.perf_counter() - start:7.2f} s ({resamples} resamples)")
    close_meteor()
    without = [name for name, score in scores.items() if score.value is not None and score.ci95 is None]
    if without:
        raise SystemExit(f"no interval for {', '.join(without)}")
    return {name: score.value for name, score in scores.items() if score.value is not None}


def peers(references: list[Reference], predictions: list[Prediction]) -> dict[str, float]:
    """The same scores by the packages, without intervals."""
    from pycocoevalcap.bleu.bleu import Bleu as PackageBleu
    from pycocoevalcap.cider.cider import Cider as PackageCider
    from pycocoevalcap.meteor.meteor import Meteor as PackageMeteor
    from pycocoevalcap.rouge.rouge import Rouge as PackageRouge
    from rouge_score.rouge_scorer import RougeScorer

    texts = get_protocol("r2gen-clean").texts(Pairs(references, predictions))
    gold = {i: [text] for i, text in enumerate(texts.references)}
    said = {i: [text] for i, text in enumerate(texts.hypotheses)}
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)

    def rouge() -> dict[str, float]:
        rows = [scorer.score(reference, text) for reference, text in zip(texts.references, texts.hypotheses)]
        names = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
        return {mine: float(np.mean([row[name].fmeasure for row in rows])) for mine, name in names.items()}

    def bleu() -> dict[str, float]:
        values = PackageBleu(4).compute_score(gold, said, verbose=0)[0]
        return {f"bleu_{order}": value for order, value in enumerate(values, start=1)}

    steps: dict[str, Callable[[], dict[str, float]]] = {
        "bleu": bleu,
        "rouge": rouge,
        "rouge_l_coco": lambda: {"rouge_l_coco": float(PackageRouge().compute_score(gold, said)[0])},
        "cider": lambda: {"cider": float(PackageCider().compute_score(gold, said)[0])},
        "meteor": lambda: {"meteor": PackageMeteor().compute_score(gold, said)[0]},
    }
    scores: dict[str, float] = {}
    for name, step in steps.items():
        start = time.perf_counter()
        scores |= step()
        print(f"  {name:14s} {time.perf_counter() - start:7.2f} s")
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3858)
    parser.add_argument("--resamples", type=int, default=10_000)
    arguments = parser.parse_args()
    os.environ["PATH"] = f"{java_executable().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    import nltk.stem.porter  # noqa: F401  (both sides need it; its import is nobody's cost)

    texts, source = findings(arguments.pairs)
    said = random.Random(1).sample(texts, len(texts))
    references = [Reference(id=f"{i:06d}", findings=text) for i, text in enumerate(texts)]
    predictions = [Prediction(id=f"{i:06d}", text=text) for i, text in enumerate(said)]
    print(f"{len(texts)} pairs of {source}")

    print("cxrbench, with intervals")
    start = time.perf_counter()
    with PeakMemory() as my_memory:
        mine = ours(references, predictions, arguments.resamples)
    my_time = time.perf_counter() - start
    print("pycocoevalcap and rouge-score, point estimates")
    start = time.perf_counter()
    with PeakMemory() as their_memory:
        theirs = peers(references, predictions)
    their_time = time.perf_counter() - start

    difference = max(abs(mine[name] - value) for name, value in theirs.items())
    print(f"cxrbench {my_time:.1f} s, packages {their_time:.1f} s, ratio {my_time / their_time:.2f}")
    print(f"largest difference of a score {difference:.1e}; rules_micro_f1_14 {mine['rules_micro_f1_14']:.4f}")
    memory = [f"{item.peak / 2**20:.0f} MiB" for item in (my_memory, their_memory)]
    print(f"peak memory of the process tree: cxrbench {memory[0]}, packages {memory[1]}")


if __name__ == "__main__":
    main()
