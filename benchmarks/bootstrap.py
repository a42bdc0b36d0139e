"""10,000 bootstrap replicates of corpus BLEU-4: from per-example statistics, and by scoring the texts again.

Usage: python benchmarks/bootstrap.py [--pairs N] [--resamples B] [--recomputations N]

Recomputation is done by pycocoevalcap, a few times, each on another draw of the pairs; its time for all replicates is
extrapolated linearly, since every replicate costs the same. Both ways see the same draws, and must give the same
values. The time of cxrbench includes weights, intervals and point estimate, not the statistics (printed apart: they
are computed once with the score itself).
"""

from __future__ import annotations

import argparse
import random
import time

import numpy as np
from text_metrics import findings

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.text import Bleu
from cxrbench.statistics import bootstrap, group_weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3858)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--recomputations", type=int, default=5)
    arguments = parser.parse_args()
    from pycocoevalcap.bleu.bleu import Bleu as PackageBleu

    texts, source = findings(arguments.pairs)
    said = random.Random(1).sample(texts, len(texts))
    # Ids in order, one group each: replicate weights then belong to the pairs in order.
    names = [f"{i:06d}" for i in range(len(texts))]
    references = [Reference(id=name, findings=text) for name, text in zip(names, texts)]
    predictions = [Prediction(id=name, text=text) for name, text in zip(names, said)]
    pairs, metric = Pairs(references, predictions), Bleu(get_protocol("r2gen-clean"))
    transformed = metric.protocol.texts(pairs)
    print(f"{len(texts)} pairs of {source}, {arguments.resamples} resamples")

    start = time.perf_counter()
    statistics = metric.measure(pairs, {})
    print(f"statistics, once           {time.perf_counter() - start:9.3f} s")
    start = time.perf_counter()
    estimate = bootstrap(metric, statistics, names, resamples=arguments.resamples)["bleu_4"]
    fast = time.perf_counter() - start
    replicates = estimate.replicates
    if estimate.value is None or estimate.ci95 is None or replicates is None:
        raise SystemExit("BLEU-4 has no interval here")
    print(f"bootstrap from statistics  {fast:9.3f} s  {estimate.value:.4f} {np.round(estimate.ci95, 4).tolist()}")

    weights = np.concatenate(list(group_weights(len(texts), arguments.recomputations, seed=0)))
    spent, differences = [], []
    for number, weight in enumerate(weights):
        drawn = np.repeat(np.arange(len(texts)), weight.astype(int)).tolist()
        gold = {place: [transformed.references[row]] for place, row in enumerate(drawn)}
        hypotheses = {place: [transformed.hypotheses[row]] for place, row in enumerate(drawn)}
        start = time.perf_counter()
        value = PackageBleu(4).compute_score(gold, hypotheses, verbose=0)[0][3]
        spent.append(time.perf_counter() - start)
        differences.append(abs(value - replicates[number]))
    each = float(np.median(spent))
    print(f"one recomputation          {each:9.3f} s  median of {len(spent)}, {min(spent):.3f} to {max(spent):.3f} s")
    slow = each * arguments.resamples
    print(f"bootstrap by recomputation {slow:9.0f} s  extrapolated linearly")
    print(f"ratio {slow / fast:.0f}; largest difference of a replicate {max(differences):.1e}")


if __name__ == "__main__":
    main()
