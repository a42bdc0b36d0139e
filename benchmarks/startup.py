"""CPU seconds of `cxrbench --help` against `python -c pass` and `import torch`, each the median of fresh processes.

python benchmarks/startup.py [--runs 7]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys

CASES = {
    "python -c pass": "pass",
    "import cxrbench": "import cxrbench",
    "cxrbench --help": "import sys; from cxrbench.cli.main import main; sys.argv[1:] = ['--help']; main()",
    "cxrbench run --help": "import sys; from cxrbench.cli.main import main; sys.argv[1:] = ['run', '--help']; main()",
    "import torch": "import torch",
}


def cpu_seconds(code: str) -> float:
    """User and system time of one fresh interpreter."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    for code in CASES.values():
        cpu_seconds(code)
    medians = {name: statistics.median(cpu_seconds(code) for _ in range(given.runs)) for name, code in CASES.items()}
    for name, seconds in medians.items():
        print(f"{name:22} {seconds:6.3f} s CPU  ({seconds / medians['import torch']:.2f} x import torch)")


if __name__ == "__main__":
    main()
