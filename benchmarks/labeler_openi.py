"""Accuracy and speed of the rule-based labeler on NegBio's manual Open-i labels.

    python benchmarks/labeler_openi.py [--data ../shared/data] [--hedges graded|all|none] [--json]

Gold: openi_gold_dev.csv (NegBio, Peng et al., AMIA 2018; from the manual MeSH coding of the reports), joined by uid
to indiana_reports.csv; text: findings and impression. The coding knows no uncertainty: only label 1 counts.
The speed is CPU time of one thread over all reports, every report labelled, nothing remembered.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from pathlib import Path

from cxrbench.metrics.labelers.rules.labeler import RulesLabeler

CLASSES = {
    "Atelectasis": ("Atelectasis",),
    "Cardiomegaly": ("Cardiomegaly",),
    "Pleural Effusion": ("Effusion",),
    "Lung Lesion": ("Mass", "Nodule"),
    "Pneumonia": ("Pneumonia",),
    "Pneumothorax": ("Pneumothorax",),
    "Consolidation": ("Consolidation",),
    "Edema": ("Edema",),
    "Pleural Other": ("Pleural_Thickening",),
}
REPEATS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CXRBENCH_DATA", "../shared/data")))
    parser.add_argument("--hedges", default="graded", choices=("graded", "all", "none"))
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    gold = {
        row["filename"].removeprefix("CXR"): row
        for row in read(arguments.data / "openi-labels" / "openi_gold_dev.csv")
    }
    reports = {row["uid"]: row for row in read(arguments.data / "iu-xray" / "indiana_reports.csv")}
    texts = [f"{reports[uid]['findings']}\n\n{reports[uid]['impression']}" for uid in gold]
    labeler = RulesLabeler(hedges=arguments.hedges)
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        labels = labeler.label(texts)
        seconds.append(time.process_time() - start)
    rows = {}
    for condition, columns in CLASSES.items():
        truth = [any(row[column] == "1" for column in columns) for row in gold.values()]
        found = [row[condition] == 1 for row in labels]
        rows[condition] = scores(
            sum(t and f for t, f in zip(truth, found)),
            sum(f and not t for t, f in zip(truth, found)),
            sum(t and not f for t, f in zip(truth, found)),
        )
    pooled = [sum(row[count] for row in rows.values()) for count in ("tp", "fp", "fn")]
    result = {
        "signature": labeler.signature(),
        "reports": len(texts),
        "reports_per_second": round(len(texts) / min(seconds)),
        "micro": scores(*pooled),
        "classes": rows,
    }
    if arguments.json:
        print(json.dumps(result, indent=1))
        return
    print(
        f"{result['signature']}\n{len(texts)} reports, {result['reports_per_second']} reports/s (best of {REPEATS})\n"
    )
    print(f"| {'class':17} | support | precision | recall | F1 |\n|---|---|---|---|---|")
    for name, row in {**rows, "micro": result["micro"]}.items():
        numbers = " | ".join(f"{row[key]:.3f}" for key in ("precision", "recall", "f1"))
        print(f"| {name:17} | {row['tp'] + row['fn']} | {numbers} |")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def scores(tp: int, fp: int, fn: int) -> dict[str, float]:
    return {
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "precision": tp / max(1, tp + fp),
        "recall": tp / max(1, tp + fn),
        "f1": 2 * tp / max(1, 2 * tp + fp + fn),
    }


if __name__ == "__main__":
    main()
