"""Pairs per second of the balanced samplers, beside what one writes with pandas.

    python benchmarks/qba_sampling.py [--pairs N] [--index INDEX] [--seconds S] [--json]

Without --index the columns are drawn: studies of 120 to 250 questions, types as in release 1.0.0, 15 % of the
answers positive, 60 % of the regions in the lungs. With --index they are read from an index of the training split,
grade B and better, frontal; then the time to read them is given as well, and the samplers are also timed with the
texts of their questions, from a file of `write_pairs`.

Every way of sampling is given the same filtered questions and makes batches of 64 that are balanced for polarity and
region group; only the samplers also balance types, visit every study once and repeat nothing. The pandas peers:

    pandas, batch    frame.sample(64, weights=...) for every batch, with one weight per row
    pandas, epoch    frame.sample(n, weights=..., replace=True) once for an epoch of n pairs
    pandas, study    8 studies by groupby(...).indices, of each frame.iloc[rows].sample(8, weights=..., replace=True):
                     without replacement pandas refuses weights as different as these

One process; set OMP_NUM_THREADS=1. Memory is the peak of what is allocated on top of the columns while the sampler
(or the frame) is built and its first batch drawn, by tracemalloc, in a run of its own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cxrbench.datasets.qba.question_types import QUESTION_TYPES
from cxrbench.datasets.sampling.balance import balance
from cxrbench.datasets.sampling.batch import SamplerState
from cxrbench.datasets.sampling.columns import TYPES, QuestionColumns
from cxrbench.datasets.sampling.hierarchical import HierarchicalSampler
from cxrbench.datasets.sampling.stratified import StratifiedSampler

BATCH, STUDIES, QUESTIONS = 64, 8, 8
EPOCHS = 20
"""The first epochs are harder (curriculum); the last is measured."""


def drawn_columns(pairs: int) -> QuestionColumns:
    random = np.random.default_rng(0)
    sizes = random.integers(120, 251, pairs // 185 + 1)
    study = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[:pairs]
    totals = np.array([QUESTION_TYPES[name].total if name in QUESTION_TYPES else 0 for name in TYPES], float)
    return QuestionColumns(
        "train",
        np.arange(len(study), dtype=np.int64),
        study,
        random.choice(len(TYPES), len(study), p=totals / totals.sum()).astype(np.int8),
        (random.random(len(study), np.float32) < 0.15).astype(np.int8),
        random.choice(6, len(study), p=[0.08, 0.50, 0.15, 0.06, 0.04, 0.17]).astype(np.int8) - np.int8(1),
        random.choice(2, len(study), p=[0.8, 0.2]).astype(np.int8),
    )


def speed(batches: Iterator[Any], seconds: float) -> tuple[dict[str, float], list[Any]]:
    """Pairs per second over whole batches, for about so many seconds or to the end of the epoch."""
    start = time.perf_counter()
    rows, elapsed = [], 0.0
    for batch in batches:
        rows.append(batch)
        elapsed = time.perf_counter() - start
        if elapsed > seconds:
            break
    return {"pairs": sum(map(len, rows)), "seconds": elapsed, "pairs_per_s": sum(map(len, rows)) / elapsed}, rows


def measured(name: str, build: Callable[[], Callable[[], Iterator[Any]]], seconds: float) -> dict[str, Any]:
    start = time.perf_counter()
    epoch = build()
    built = time.perf_counter() - start
    figures, rows = speed(epoch(), seconds)
    del epoch
    tracemalloc.start()
    next(iter(build()()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"name": name, "build_s": built, **figures, "memory_mb": peak / 2**20, "rows": rows}


def ways(columns: QuestionColumns) -> dict[str, Callable[[], Callable[[], Iterator[Any]]]]:
    pairs = min(len(columns) // 10, 2_000_000)

    def stratified() -> Callable[[], Iterator[Any]]:
        sampler = StratifiedSampler(columns, pairs)
        sampler.weights(EPOCHS)
        return lambda: (batch.rows for batch in sampler.batches(BATCH, state=last, epochs=EPOCHS + 1))

    def hierarchical() -> Callable[[], Iterator[Any]]:
        sampler = HierarchicalSampler(columns, STUDIES, QUESTIONS)
        sampler.weights(EPOCHS)
        return lambda: (batch.rows for batch in sampler.batches(state=last, epochs=EPOCHS + 1))

    last = SamplerState(EPOCHS, 0)
    return {
        "stratified": stratified,
        "hierarchical": hierarchical,
        "pandas, batch": lambda: pandas_batches(columns),
        "pandas, epoch": lambda: pandas_epoch(columns, pairs),
        "pandas, study": lambda: pandas_studies(columns),
    }


def pandas_frame(columns: QuestionColumns) -> Any:
    """The questions with one weight per row: the inverse frequency of its polarity and region group."""
    import pandas as pd

    frame = pd.DataFrame({name: getattr(columns, name) for name in ("study", "type", "polarity", "group")})
    frame["weight"] = 1.0 / frame.groupby(["polarity", "group"])["type"].transform("size")
    frame["weight"] /= frame["weight"].sum()
    return frame


def pandas_batches(columns: QuestionColumns) -> Callable[[], Iterator[Any]]:
    frame = pandas_frame(columns)
    return lambda: (frame.sample(BATCH, weights="weight", random_state=step).index for step in itertools.count())


def pandas_epoch(columns: QuestionColumns, pairs: int) -> Callable[[], Iterator[Any]]:
    frame = pandas_frame(columns)

    def epoch() -> Iterator[Any]:
        yield frame.sample(pairs, weights="weight", replace=True, random_state=0).index.to_numpy()

    return epoch


def pandas_studies(columns: QuestionColumns) -> Callable[[], Iterator[Any]]:
    frame = pandas_frame(columns)
    groups = list(frame.groupby("study").indices.values())
    order = np.random.default_rng(0).permutation(len(groups))

    def epoch() -> Iterator[Any]:
        for start in range(0, len(order), STUDIES):
            yield np.concatenate(
                [
                    frame.iloc[groups[study]]
                    .sample(QUESTIONS, weights="weight", replace=True, random_state=start)
                    .index
                    for study in order[start : start + STUDIES]
                ]
            )

    return epoch


def with_texts(index_folder: Path, columns: QuestionColumns, seconds: float) -> list[dict[str, Any]]:
    """Both samplers with question and answer of each pair, from a memory-mapped file."""
    from cxrbench.datasets.qba.index.query import open_index
    from cxrbench.datasets.qba.index.selection import Selection
    from cxrbench.datasets.sampling.pair_store import PairStore, write_pairs

    found = []
    with tempfile.TemporaryDirectory() as folder, open_index(index_folder) as index:
        path = Path(folder) / "pairs.arrow"
        start = time.perf_counter()
        count = write_pairs(index, path, Selection.preset("pretraining", ("train",)))
        written = time.perf_counter() - start
        size = path.stat().st_size
        with PairStore(path) as store:
            for name in ("stratified", "hierarchical"):
                epoch = ways(columns)[name]()
                texts = (store.take(columns.pair[rows]) for rows in epoch())
                figures, _ = speed(texts, seconds)
                found.append({"name": f"{name}, with texts", "build_s": written, **figures, "memory_mb": None})
    print(f"file of pairs: {count:,} in {written:.1f} s, {size / count:.0f} bytes each")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=4_000_000)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    read = None
    if given.index is None:
        columns = drawn_columns(given.pairs)
    else:
        from cxrbench.datasets.qba.index.query import open_index
        from cxrbench.datasets.qba.index.selection import Selection
        from cxrbench.datasets.sampling.from_index import read_columns

        start = time.perf_counter()
        with open_index(given.index) as index:
            columns = read_columns(index, "train", Selection.preset("pretraining"))
        read = time.perf_counter() - start
    results = []
    for name, build in ways(columns).items():
        result = measured(name, build, given.seconds)
        shares = balance(columns, np.concatenate(result.pop("rows")))
        result["positive"] = shares["polarity"].get("pos")
        result["largest_group"] = max(shares["region group"].values(), default=None)
        results.append(result)
    if given.index is not None:
        results += with_texts(given.index, columns, given.seconds)
    if given.json:
        print(json.dumps({"questions": len(columns), "read_s": read, "results": results}, indent=1))
        return
    print(f"{len(columns):,} questions" + (f", columns read in {read:.1f} s" if read is not None else ""))
    print(f"{'':28}{'build s':>9}{'pairs/s':>13}{'memory MB':>11}{'positive':>10}{'largest group':>15}")
    for row in results:
        memory = "" if row["memory_mb"] is None else f"{row['memory_mb']:.0f}"
        balanced = f"{row['positive']:>10.3f}{row['largest_group']:>15.3f}" if "positive" in row else ""
        print(f"{row['name']:28}{row['build_s']:>9.2f}{row['pairs_per_s']:>13,.0f}{memory:>11}{balanced}")


if __name__ == "__main__":
    main()
