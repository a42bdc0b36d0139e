"""`openai:` against a healthy server of this machine: answers per second beside what the concurrency limit allows.

    python benchmarks/openai_throughput.py --latency 0.5 --concurrency 16 --requests 512

With so many requests under way and so much time for each, nobody can get more than concurrency / latency answers a
second. The naive client asks one request after another with the same library.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from cxrbench.adapters.base import AdapterContext, create_adapter
from cxrbench.core.types import Image, Request

STUB = Path(__file__).parent.parent / "tests" / "support" / "openai_stub.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.5)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--requests", type=int, default=512)
    options = parser.parse_args()
    command = [sys.executable, str(STUB), "--latency", str(options.latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        base_url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        try:
            ideal = options.concurrency / options.latency
            naive = answered(base_url, 1, max(10, options.requests // 40))
            paced = answered(base_url, options.concurrency, options.requests)
        finally:
            server.kill()
    each = f"{options.latency:g} s, a film of 256 x 256 each"
    print(f"{options.requests} requests of {each}, {options.concurrency} at once")
    print(f"limit        {ideal:8.1f} answers/s")
    print(f"openai:      {paced:8.1f} answers/s, {paced / ideal:.1%} of the limit")
    print(f"one by one   {naive:8.1f} answers/s")


def answered(base_url: str, concurrency: int, requests: int) -> float:
    """Answers per second, connections opened beforehand."""
    given = {"base_url": base_url, "cache": False, "concurrency": concurrency}
    adapter = create_adapter("openai:stub", AdapterContext("iu-report", "report", options=given))
    pixels = np.random.default_rng(0).integers(0, 255, (256, 256), np.uint8)
    asked = [
        Request(f"r{number}", "report", (Image(Path("film.png"), "PA", pixels=pixels),), f"Report {number}")
        for number in range(requests)
    ]
    adapter.predict(asked[:concurrency])
    # In batches as a run hands them over.
    size = adapter.describe().batch_size or requests
    started = time.perf_counter()
    found = [item for start in range(0, requests, size) for item in adapter.predict(asked[start : start + size])]
    seconds = time.perf_counter() - started
    adapter.close()  # type: ignore[attr-defined]
    assert all(item.status == "ok" for item in found)
    return requests / seconds


if __name__ == "__main__":
    main()
