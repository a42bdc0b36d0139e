"""Parsers of outside data under a million damaged inputs: read or refused; anything but a documented error fails.

python benchmarks/fuzz.py                      # 1,000,000 inputs, a minute or two on one core
python benchmarks/fuzz.py --inputs 100000 --seed 7
python benchmarks/fuzz.py --guided 300 --target "questions of QBA"    # coverage-guided, needs `pip install atheris`
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from fuzz_targets import DOCUMENTED, TARGETS, Target
from mutations import mutated

_KEPT = 100


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", help="One target only, by name.")
    parser.add_argument("--guided", type=int, metavar="SECONDS", help="Coverage-guided by atheris instead.")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = [target for target in TARGETS if options.target in (None, target.name)]
    if not chosen:
        parser.error(f"no target {options.target!r}; there are: {', '.join(target.name for target in TARGETS)}")
    if options.guided:
        guided(chosen[0], options.guided)
    whole = sum(target.weight for target in chosen)
    failed = 0
    print(f"{'target':32} {'inputs':>10} {'read':>10} {'refused':>10} {'failed':>7} {'µs each':>8}")
    for target in chosen:
        counts, seconds = fuzz(target, options.inputs * target.weight // whole + 1, options.seed)
        failed += counts["failed"]
        total = sum(counts.values())
        each = 1e6 * seconds / total
        print(
            f"{target.name:32} {total:>10,} {counts['read']:>10,} {counts['refused']:>10,}"
            f" {counts['failed']:>7,} {each:>8.0f}",
            flush=True,
        )
    return int(failed > 0)


def fuzz(target: Target, inputs: int, seed: int) -> tuple[Counter[str], float]:
    """Damaged inputs through one parser; prints the first of each kind of failure."""
    rng = random.Random(f"{target.name}/{seed}")
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    corpus = list(target.seeds)
    # In memory where that is to be had: the parsers are what is tried here, not the disk.
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))
    started = time.perf_counter()
    for _ in range(inputs):
        data = mutated(rng.choice(corpus), rng)
        try:
            target.run(data, folder)
        except DOCUMENTED:
            counts["refused"] += 1
        except Exception as error:
            counts["failed"] += 1
            kind = "".join(traceback.format_tb(error.__traceback__)[-1:]) + type(error).__name__
            if kind not in seen:
                seen.add(kind)
                print(f"{target.name}: {type(error).__name__}: {error}\n  input: {data[:300]!r}", file=sys.stderr)
                traceback.print_exc()
        else:
            counts["read"] += 1
            # Damage that was survived is damaged further, so that several odd things meet in one input.
            if rng.random() < 0.05 and len(data) < 20_000:
                corpus[len(target.seeds) :] = [*corpus[len(target.seeds) :][-_KEPT:], data]
    seconds = time.perf_counter() - started
    shutil.rmtree(folder, ignore_errors=True)
    return counts, seconds


def guided(target: Target, seconds: int) -> None:
    """atheris mutates what reaches new code; it ends the process itself."""
    import atheris

    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(target.seeds):
        (corpus / str(number)).write_bytes(seed)

    def one(data: bytes) -> None:
        try:
            target.run(data, folder)
        except DOCUMENTED:
            return

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-timeout=20", str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
