"""Label F1 of a phantom run against what is drawn in the films, instead of against the reference reports.

    python benchmarks/truth_f1.py RUN [RUN ...]

The phantom knows what it drew (truth.jsonl), so a run's reports can be held against the truth itself. The labels of
the reports are those of the rule labeler, uncertain counts as present, as in `rules_micro_f1_14`. Intervals:
percentile bootstrap over studies.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.run_folder import RunFolder
from cxrbench.datasets.phantom import read_truth
from cxrbench.datasets.roots import resolve_root
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.metrics.labels.scores import LabelScores
from cxrbench.statistics.bootstrap import bootstrap


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    given = parser.parse_args()
    metric = LabelScores(get_labeler("rules"))
    for path in given.runs:
        folder = RunFolder.open(path)
        run = folder.read_run()
        if not run["data"]["phantom"]:
            raise SystemExit(f"error: {path} is no phantom run; only a phantom knows its truth")
        root = run["config"]["data_root"]
        truth = read_truth(resolve_root(None if root is None else Path(root), "iu-xray").path)
        predictions = sorted(folder.read_predictions().values(), key=lambda item: item.id)
        drawn = [{name: int(truth[item.id]["labels"][name]) for name in CONDITIONS} for item in predictions]
        said = metric.labeler.label([item.text or "" for item in predictions])
        statistics = metric.measure_labels(drawn, said)
        found = bootstrap(metric, statistics, [item.id for item in predictions])
        for name in ("rules_micro_f1_14", "rules_macro_f1_14"):
            value = found[name]
            low, high = value.ci95 or (float("nan"), float("nan"))
            shown = f"{value.value:.4f} [{low:.4f}, {high:.4f}] n={value.n}"
            print(f"{run['model']['name']:22} {name.replace('rules_', 'truth_'):20} {shown}")


if __name__ == "__main__":
    main()
