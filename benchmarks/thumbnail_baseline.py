"""How far do 32 x 32 thumbnails get on the phantom? A logistic regression per condition.

The phantom is an honest test bed only while this stays below .60 micro-F1 over the fourteen conditions, against what
is drawn in the films.

    python benchmarks/thumbnail_baseline.py [--data-root PHANTOM] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import CxrbenchError
from cxrbench.datasets.images import load_image
from cxrbench.datasets.iu_xray import frontal, read_iu_xray
from cxrbench.datasets.phantom import read_truth
from cxrbench.datasets.phantom.cache import ensure_phantom

SIDE = 32
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1)
LIMIT = 0.60
Floats = NDArray[np.float64]


def load(root: Path) -> dict[str, tuple[Floats, NDArray[np.bool_]]]:
    """Split -> (thumbnails [n, 1024] in 0..1, drawn conditions [n, 14])."""
    from PIL import Image

    data = read_iu_xray(root)
    if data.phantom is None:
        raise SystemExit(f"{root} is no phantom: the drawn truth is needed")
    truth = read_truth(data.root)
    rows: dict[str, tuple[list[Floats], list[list[bool]]]] = {name: ([], []) for name in ("train", "val", "test")}
    for study in data.studies:
        film = frontal(study)
        if film is None:
            continue
        small = Image.fromarray(load_image(film.path)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        pixels, labels = rows[data.phantom.split[study.uid]]
        pixels.append(np.asarray(small, dtype=np.float64).ravel() / 255.0)
        labels.append([bool(truth[study.uid]["labels"][name]) for name in CONDITIONS])
    return {name: (np.array(pixels), np.array(labels)) for name, (pixels, labels) in rows.items()}


def best_threshold(scores: Floats, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """The threshold of the highest F1, and that F1."""
    order = np.argsort(-scores)
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(scores) + 1) + truth.sum())
    at = int(np.argmax(f1))
    return float(scores[order[at]]), float(f1[at])


def evaluate(root: Path) -> dict[str, Any]:
    """Fit on train, choose regularisation and threshold per condition on val, score on test."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    warnings.simplefilter("ignore", ConvergenceWarning)
    parts = load(root)
    scaler = StandardScaler().fit(parts["train"][0])
    x = {name: scaler.transform(pixels) for name, (pixels, _) in parts.items()}
    y = {name: labels for name, (_, labels) in parts.items()}
    predicted = np.zeros_like(y["test"])
    f1: dict[str, float] = {}
    for column, name in enumerate(CONDITIONS):
        best: tuple[float, float, Any] | None = None
        for strength in STRENGTHS:
            model = LogisticRegression(C=strength, max_iter=200).fit(x["train"], y["train"][:, column])
            cut, score = best_threshold(model.decision_function(x["val"]), y["val"][:, column])
            if best is None or score > best[0]:
                best = (score, cut, model)
        if best is None:
            continue
        predicted[:, column] = best[2].decision_function(x["test"]) >= best[1]
        hit = (predicted[:, column] & y["test"][:, column]).sum()
        f1[name] = float(2 * hit / max(1, predicted[:, column].sum() + y["test"][:, column].sum()))
    micro = float(2 * (predicted & y["test"]).sum() / (predicted.sum() + y["test"].sum()))
    return {
        "root": root.name,
        "n": {name: len(labels) for name, labels in y.items()},
        "micro_f1_14": micro,
        "macro_f1_14": float(np.mean(list(f1.values()))),
        "f1": f1,
        "prevalence": dict(zip(CONDITIONS, y["test"].mean(axis=0).round(4).tolist())),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", type=Path, help="a phantom folder (default: the one in the user's cache)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    started = time.perf_counter()
    try:
        result = evaluate(arguments.data_root or ensure_phantom())
    except CxrbenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    if arguments.json:
        print(json.dumps(result))
    else:
        print(f"{SIDE} x {SIDE} thumbnails, logistic regression, {result['root']}, n {result['n']}")
        for name, value in result["f1"].items():
            print(f"  {name:28s} F1 {value:.3f}   prevalence {result['prevalence'][name]:.3f}")
        print(f"  micro-F1 {result['micro_f1_14']:.3f} (limit {LIMIT:.2f})   macro-F1 {result['macro_f1_14']:.3f}")
        print(f"  {time.perf_counter() - started:.0f} s")
    return 0 if result["micro_f1_14"] < LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
