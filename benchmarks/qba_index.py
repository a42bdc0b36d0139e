"""Indexing MIMIC-Ext-CXR-QBA: speed against a plain loop, memory at two sizes, death and resumption, projection.

python benchmarks/qba_index.py --scratch DIR [--studies 20000] [--questions 200] [--loop-studies 1000] [--rounds 3]

The data are phantoms without films, written to the scratch folder and removed at the end unless --keep. The peer is
the loop that one would write: json.load per member, rows as dictionaries into one pandas DataFrame, to_parquet. It
makes the same columns from the same files with the same functions for the gold; both tables are compared. It keeps
every row in memory, so it runs on a phantom of --loop-studies studies, in turns with the index on the same files; the
ratio is that of the medians. Every run is a process of its own; the peak memory is that of its tree of processes.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from support.memory import PeakMemory
from support.qba_loop import loop
from support.qba_queries import decoders, queries

REAL_PAIRS, REAL_STUDIES = 42_172_827, 227_239
QBA = "mimic-ext-cxr-qba/1.0.0"


def write_phantom(folder: Path, studies: int, questions: int) -> Path:
    """A phantom; one that is there already is used again."""
    if not (folder / "phantom.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        started = time.perf_counter()
        arguments = ["data", "phantom", str(folder), "--dataset", "mimic-qba", "--no-films"]
        arguments += ["--studies", str(studies), "--questions", str(questions)]
        command = [sys.executable, "-c", "from cxrbench.cli.main import main; main()", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        print(f"phantom of {studies:,} studies written in {time.perf_counter() - started:.0f} s", flush=True)
    return folder / QBA


def measured(kind: str, root: Path, out: Path, workers: int) -> dict[str, Any]:
    """One run in a process of its own: seconds and peak bytes of its process tree."""
    command = [sys.executable, __file__, "--run", kind, str(root), str(out), str(workers)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def run(kind: str, root: Path, out: Path, workers: int) -> None:
    """What `measured` starts."""
    from cxrbench.datasets.qba.index.build import build_index

    started = time.perf_counter()
    with PeakMemory() as memory:
        if kind == "loop":
            pairs, reused = loop(root, out), 0
        else:
            built = build_index(root, out, workers=workers)
            pairs, reused = built.manifest.questions, built.reused
    seconds = time.perf_counter() - started
    print(json.dumps({"pairs": pairs, "seconds": seconds, "peak": memory.peak, "reused": reused}))


def speed(root: Path, scratch: Path, rounds: int, workers: int) -> None:
    """Loop and index in turns on the same files, and whether they made the same table."""
    seconds: dict[str, list[float]] = {"loop": [], "index": []}
    peaks: dict[str, int] = {}
    pairs = 0
    for _ in range(rounds):
        for kind in seconds:
            out = scratch / f"{kind}-out"
            shutil.rmtree(out, ignore_errors=True)
            found = measured(kind, root, out, workers)
            seconds[kind].append(found["seconds"])
            peaks[kind], pairs = found["peak"], found["pairs"]
    compare(scratch / "loop-out", scratch / "index-out")
    medians = {kind: statistics.median(values) for kind, values in seconds.items()}
    for kind, values in seconds.items():
        each = ", ".join(f"{value:.1f}" for value in values)
        peak = f"peak {peaks[kind] / 2**20:,.0f} MiB"
        print(f"{kind:5}: {pairs / medians[kind]:9,.0f} pairs/s  (median of {each} s; {peak})")
    print(f"ratio: {medians['loop'] / medians['index']:.1f} on {pairs:,} pairs; the tables are equal", flush=True)


def compare(loop_out: Path, index_out: Path) -> None:
    """Stop unless every column of every row is the same."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from cxrbench.datasets.qba.index.query import open_index
    from cxrbench.datasets.qba.index.schema import questions_schema

    table = pq.read_table(loop_out / "questions.parquet")
    with open_index(index_out) as index:
        for field in questions_schema():
            ours, theirs = index.table(columns=(field.name,))[field.name], table[field.name]
            if pa.types.is_list(field.type):
                # The loop keeps the corners of boxes in double precision.
                theirs = theirs.cast(field.type)
            if ours.to_pylist() != theirs.to_pylist():
                raise SystemExit(f"column {field.name} differs between loop and index")


def killed(root: Path, scratch: Path, workers: int, whole: Path) -> None:
    """Kill -9 at three random moments, then finish, and compare with the undisturbed index."""
    out = scratch / "killed-out"
    shutil.rmtree(out, ignore_errors=True)
    draw, done = random.Random(0), 0
    shards = len(list((whole / "questions").glob("*.parquet")))
    for part in (0.2, 0.5, 0.8):
        command = [sys.executable, __file__, "--run", "index", str(root), str(out), str(workers)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(list(out.glob("questions/*.json"))) < part * shards:
            time.sleep(0.05)
        time.sleep(draw.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = len(list(out.glob("questions/*.json")))
    last = measured("index", root, out, workers)
    names = [path.relative_to(whole) for path in sorted(whole.rglob("*.parquet"))]
    same = all((whole / name).read_bytes() == (out / name).read_bytes() for name in names)
    print(
        f"killed three times with -9: {done} of {shards} shards were there, {last['reused']} reused, "
        f"the rest in {last['seconds']:.1f} s; every file equal to the undisturbed index: {same}"
    )
    shutil.rmtree(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--studies", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--loop-studies", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    scratch: Path = given.scratch
    print(f"Python {platform.python_version()}, {given.workers} workers", flush=True)
    small = write_phantom(scratch / "loop-phantom", given.loop_studies, given.questions)
    print("decoders:")
    decoders(small)
    speed(small, scratch, given.rounds, given.workers)
    found = {}
    for studies in (given.studies // 4, given.studies):
        root = write_phantom(scratch / f"phantom-{studies}", studies, given.questions)
        out = scratch / f"index-{studies}"
        shutil.rmtree(out, ignore_errors=True)
        found[studies] = measured("index", root, out, given.workers)
        pairs, seconds, peak = (found[studies][name] for name in ("pairs", "seconds", "peak"))
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        print(
            f"{pairs:10,} pairs: {seconds:6.1f} s, {pairs / seconds:8,.0f} pairs/s, peak {peak / 2**20:,.0f} MiB, "
            f"index {size / 2**20:,.0f} MiB ({size / pairs:.1f} bytes a pair), "
            f"zips {sum(path.stat().st_size for path in root.glob('*.zip')) / 2**20:,.0f} MiB",
            flush=True,
        )
        if studies == given.studies // 4:
            killed(root, scratch, given.workers, out)
    print("queries on the larger index:")
    queries(out)
    few, many = found[given.studies // 4], found[given.studies]
    print(f"peak memory, {many['pairs']:,} against {few['pairs']:,} pairs: {many['peak'] / few['peak'] - 1:+.1%}")
    per_study = max(0, many["peak"] - few["peak"]) / (given.studies - given.studies // 4)
    rate = (many["pairs"] - few["pairs"]) / (many["seconds"] - few["seconds"])
    print(
        f"projection to {REAL_PAIRS:,} pairs of {REAL_STUDIES:,} studies: {REAL_PAIRS / rate / 60:.0f} min, "
        f"{size / many['pairs'] * REAL_PAIRS / 1e9:.1f} GB, "
        f"peak {(many['peak'] + per_study * (REAL_STUDIES - given.studies)) / 2**20:,.0f} MiB"
    )
    if not given.keep:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), int(sys.argv[5]))
    else:
        main()
