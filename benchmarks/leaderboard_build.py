"""A leaderboard of many runs: from nothing, again, and with one run more; against comparing pair by pair.

Usage: python benchmarks/leaderboard_build.py [--runs N] [--resamples N] [--pairs N] [--data-root DIR]

Two baselines are run on `iu-report` and scored by all metrics of the task. The other runs are mixtures of the two:
a model that answers each study as one or the other of them has, study by study, exactly their statistics, so its run
folder (statistics, values, intervals, strata, provenance) is written without labelling and aligning 200 times. They
lie close together on purpose: that is where ranks and tests have work to do.

"Pair by pair" is what one would write without a leaderboard: `cxrbench.statistics.compare` for each pair, all
headline scores at once. A few pairs are timed; the time for all of them is extrapolated linearly.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

import cxrbench
from cxrbench.core import jsonio
from cxrbench.core.comparability import OpenRun
from cxrbench.core.run_folder import RunFolder, find_runs
from cxrbench.core.run_statistics import RunStatistics, metrics_without_data, read_stored
from cxrbench.leaderboard.board.analysis import Settings
from cxrbench.leaderboard.board.build import Options, Site, build
from cxrbench.leaderboard.board.cache import Cache
from cxrbench.statistics import compare, estimate

TASK = "iu-report"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--pairs", type=int, default=5, help="compared pair by pair")
    parser.add_argument("--data-root", type=Path, help="real data; default the phantom")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_runs(root, arguments)
        measure(root, arguments)


def make_runs(root: Path, arguments: argparse.Namespace) -> None:
    start = time.perf_counter()
    pure = [
        cxrbench.run(
            cxrbench.RunConfig(model, TASK, data_root=arguments.data_root, out=root / "pure", resamples=200)
        ).folder
        for model in ("baseline:retrieval", "baseline:constant")
    ]
    opened = [OpenRun("A", item, item.read_run(), item.read_results()) for item in pure]
    scores = [name for name, found in opened[0].results["scores"].items() if found["value"] is not None]
    metrics = metrics_without_data(opened[0], scores)
    tables = [parquet.read_table(item.statistics_file) for item in pure]
    n = tables[0].num_rows
    for number in range(arguments.runs):
        first = np.random.default_rng(number).random(n) < 0.3 + 0.4 * number / arguments.runs
        rows = np.where(first, np.arange(n), np.arange(n) + n)
        folder = root / "runs" / f"{number:03d}"
        mixture = pa.concat_tables(tables).take(pa.array(rows))
        write_mixture(folder, f"mixture-{number:03d}", mixture, opened[0], metrics, scores)
    seconds = time.perf_counter() - start
    print(f"{arguments.runs} runs of {n} studies, {len(scores)} scores each (made in {seconds:.0f} s, not counted)")


def write_mixture(
    folder: Path, name: str, table: Any, like: OpenRun, metrics: Sequence[Any], scores: Sequence[str]
) -> None:
    folder.mkdir(parents=True)
    shutil.copy(like.folder.predictions_file, folder)
    parquet.write_table(table, folder / "statistics.parquet")
    record, results = (json.loads(json.dumps(item)) for item in (like.record, like.results))
    record["model"] |= {"name": name, "fingerprint": name, "is_baseline": False}
    record["identity"] |= {"model": name, "model_fingerprint": name}
    results["model"] = name
    loaded = read_stored(OpenRun("B", RunFolder(folder), record, results), metrics, ())
    everything = {"": np.ones(len(loaded.ids), bool)}
    for score, found in estimate(loaded.measured, loaded.groups, everything, resamples=200)[""].items():
        if score in scores:
            value = {"value": found.value, "ci95": found.ci95, "n": found.n}
            results["scores"][score] |= value if found.value is not None else {"value": None, "ci95": None}
    jsonio.write_json(folder / "run.json", record)
    jsonio.write_json(folder / "results.json", results)


def measure(root: Path, arguments: argparse.Namespace) -> None:
    settings = Settings(resamples=arguments.resamples, trials=arguments.resamples)
    cache = Cache(root / "cache")

    def built() -> Site:
        return build(root / "runs", root / "site", Options(settings=settings), cache=cache)

    folders = find_runs(root / "runs")
    shutil.move(folders[-1].path, root / "kept")
    timed(f"build of {len(folders) - 1} runs from nothing", built)
    timed("again, nothing changed", built)
    shutil.move(root / "kept", folders[-1].path)
    site = timed("with one run more", built)
    (table,) = site.summary["tables"]
    ranked = [row for row in table["rows"] if row["ranks"].get(table["main"], {}).get("rank")]
    tests = {
        tuple(sorted((test["one"], test["other"])))
        for pool in table["pools"]
        for found in pool["by"].values()
        for test in found["tests"]
    }
    size = (site.folder / f"{table['id']}.html").stat().st_size
    print(f"{len(ranked)} ranked by {len(table['ranked_by'])} scores, {len(tests)} pairs tested")
    print(f"page {size / 1e6:.1f} MB")
    seconds = pair_by_pair(folders[: arguments.pairs + 1], table["ranked_by"], arguments.resamples)
    every = len(folders) * (len(folders) - 1) // 2
    print(f"pair by pair {seconds:.2f} s cpu a pair: {seconds * len(tests):.0f} s for the pairs that are tested,")
    print(f"{seconds * every / 60:.0f} min for the {every} pairs on which ranks rest (extrapolated)")


def timed(what: str, work: Callable[[], Site]) -> Site:
    wall, cpu = time.perf_counter(), time.process_time()
    site = work()
    print(f"{what:40} {time.perf_counter() - wall:7.2f} s wall {time.process_time() - cpu:7.2f} s cpu")
    return site


def pair_by_pair(folders: Sequence[RunFolder], scores: Sequence[str], resamples: int) -> float:
    """Seconds of processor time that one pair takes."""
    opened = [OpenRun("A", item, item.read_run(), item.read_results()) for item in folders]
    metrics = metrics_without_data(opened[0], scores)
    loaded: list[RunStatistics] = [read_stored(run, metrics, scores) for run in opened]
    start = time.process_time()
    for other in loaded[1:]:
        compare(loaded[0].measured, other.measured, loaded[0].groups, resamples=resamples, trials=resamples)
    return (time.process_time() - start) / (len(loaded) - 1)


if __name__ == "__main__":
    main()
