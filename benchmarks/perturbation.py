"""Which score notices which error: every perturbation of the reference reports, scored against the references.

    python benchmarks/perturbation.py [--data-root D] [--limit N] [--at-most 1] [--protocol P] [--seed N] [--json]

The references of `iu-report` (without --data-root: of the drawn phantom) play the model, once as they are and once
changed by each perturbation. For every score: the value, and the change against the identity with its 95 % paired
bootstrap interval over studies (10,000 resamples), in bold where the interval lies off zero. A report that a
perturbation cannot change stays in as it is; "changed" says how many it could change. CIDEr's idf comes from the same
references throughout.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cxrbench.core.ordering import hashed_order
from cxrbench.core.types import Example, Prediction
from cxrbench.metrics.base import Metric, Pairs
from cxrbench.metrics.perturbation import PERTURBATIONS, perturb
from cxrbench.statistics import Measured, compare
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.iu_report import IuReport
from cxrbench.tasks.report_metrics import bound_protocol

SCORES = (
    "bleu_1",
    "bleu_4",
    "rouge_l",
    "meteor",
    "cider",
    "rules_micro_f1_14",
    "rules_macro_f1_14",
    "laterality_error_rate",
    "comparison_claim_rate",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, help="real data; the phantom without it")
    parser.add_argument("--limit", type=int, help="so many studies, drawn by a seeded hash")
    parser.add_argument("--at-most", type=int, help="sentences to change in a report; all that can be without it")
    parser.add_argument("--protocol", default="cxrbench")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    if arguments.data_root is None:
        os.environ.pop("CXRBENCH_DATA", None)
    task = IuReport()
    data = task.load(TaskOptions(arguments.data_root, seed=arguments.seed))
    ids = set(hashed_order([example.id for example in data.examples], arguments.seed)[: arguments.limit])
    protocol = bound_protocol(arguments.protocol, data.training)
    examples = [
        example for example in data.examples if example.id in ids and protocol.reference_text(example.reference)
    ]
    texts = {example.id: protocol.reference_text(example.reference) or "" for example in examples}
    metrics = [
        metric
        for metric in task.build_metrics(arguments.protocol, data)
        if any(name in SCORES for name in metric.scores)
    ]
    states = [metric.fit([example.reference for example in examples]) for metric in metrics]
    rows: list[dict[str, Any]] = []
    control: list[Measured] = []
    for name, perturbation in PERTURBATIONS.items():
        found = perturb(name, texts, seed=arguments.seed, at_most=arguments.at_most)
        measured = measure(examples, {key: item.text for key, item in found.items()}, metrics, states)
        control = control or measured
        changes = compare(
            measured,
            control,
            [example.group for example in examples],
            resamples=arguments.resamples,
            trials=1,
            seed=arguments.seed,
        )
        rows.append(
            {
                "perturbation": name,
                "description": perturbation.description,
                "keeps_meaning": perturbation.keeps_meaning,
                "reports_changed": sum(item.text != texts[key] for key, item in found.items()),
                "sentences": sum(item.sentences for item in found.values()),
                "sentences_changeable": sum(item.changeable for item in found.values()),
                "sentences_changed": sum(item.changed for item in found.values()),
                "scores": {
                    score: {
                        "value": changes[score].first,
                        "change": changes[score].difference,
                        "ci95": changes[score].ci95,
                    }
                    for score in SCORES
                },
            }
        )
    result = {
        "data": data.dataset,
        "protocol": arguments.protocol,
        "n": len(examples),
        "at_most": arguments.at_most,
        "perturbations": rows,
    }
    print(json.dumps(result, indent=1) if arguments.json else markdown(result))


def measure(
    examples: Sequence[Example], texts: dict[str, str], metrics: Sequence[Metric], states: Sequence[Any]
) -> list[Measured]:
    predictions = [
        Prediction(example.id, status="ok" if texts[example.id] else "empty", text=texts[example.id])
        for example in examples
    ]
    pairs = Pairs([example.reference for example in examples], predictions)
    everything = np.ones(len(examples), bool)
    return [Measured(metric, metric.measure(pairs, state), everything) for metric, state in zip(metrics, states)]


def markdown(result: dict[str, Any]) -> str:
    lines = [
        f"{result['data']}, protocol {result['protocol']}, n = {result['n']}, "
        + ("all sentences that can be changed" if result["at_most"] is None else f"at most {result['at_most']} each"),
        "",
        "| perturbation | reports changed | sentences changed of those it can change | " + " | ".join(SCORES) + " |",
        "|---|---|---|" + "---|" * len(SCORES),
    ]
    for row in result["perturbations"]:
        cells = [cell(row["scores"][score], row["perturbation"] == "identity") for score in SCORES]
        counts = f"{row['sentences_changed']} of {row['sentences_changeable']}"
        lines.append(f"| {row['perturbation']} | {row['reports_changed']} | {counts} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(found: dict[str, Any], is_control: bool) -> str:
    if found["value"] is None:
        return "null"
    value = f"{found['value']:.3f}"
    if is_control or found["change"] is None:
        return value
    change = f"{found['change']:+.3f}"
    if found["ci95"] is None:
        return f"{value} ({change})"
    low, high = found["ci95"]
    text = f"{value} ({change} [{low:+.3f}, {high:+.3f}])"
    return f"**{text}**" if low > 0 or high < 0 else text


if __name__ == "__main__":
    main()
