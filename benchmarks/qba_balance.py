"""Balance of the training split of an index, as it is and as the samplers draw it, in per cent.

    python benchmarks/qba_balance.py INDEX [--preset pretraining] [--seed 42]

An epoch of a tenth of the questions by `StratifiedSampler`, and three epochs by `HierarchicalSampler` (8 questions a
study), after the curriculum.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from cxrbench.datasets.qba.index.query import open_index
from cxrbench.datasets.qba.index.selection import PRESETS, Selection
from cxrbench.datasets.sampling.balance import balance, markdown
from cxrbench.datasets.sampling.curriculum import Curriculum
from cxrbench.datasets.sampling.from_index import read_columns
from cxrbench.datasets.sampling.hierarchical import HierarchicalSampler
from cxrbench.datasets.sampling.stratified import StratifiedSampler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--preset", choices=list(PRESETS), default="pretraining")
    parser.add_argument("--seed", type=int, default=42)
    given = parser.parse_args()
    with open_index(given.index) as index:
        columns = read_columns(index, "train", Selection.preset(given.preset))
    single = StratifiedSampler(columns, len(columns) // 10, seed=given.seed)
    by_study = HierarchicalSampler(columns, seed=given.seed)
    first = Curriculum().ramp
    rows = np.concatenate([by_study.ask(by_study.order(epoch), epoch).rows for epoch in range(first, first + 3)])
    found = {
        "data": balance(columns),
        "stratified": balance(columns, single.draw(first, 0, single.pairs)),
        "hierarchical": balance(columns, rows),
    }
    print(f"{len(columns):,} questions; {single.pairs:,} draws; {len(rows):,} draws by study\n")
    print(markdown(found))


if __name__ == "__main__":
    main()
