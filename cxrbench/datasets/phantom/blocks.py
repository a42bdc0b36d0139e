"""Work in numbered blocks, in this process or in several.

Workers are plain child processes of the same interpreter that report each block as a JSON line: unlike a process pool
this works from any script, notebook or thread, and nothing of the parent is inherited. What a block makes depends on
its number alone, never on who made it.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import IO, Any

from cxrbench.core.errors import CxrbenchError

_WORKER_ENVIRONMENT = {
    # Films are made of arrays of 256 kB. glibc would return each to the system and fault it in
    # again, which takes a fifth of the time.
    "MALLOC_MMAP_THRESHOLD_": "16777216",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "OMP_NUM_THREADS": "1",
}


def do_block(function: str, block: int, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run one block: `function` is `module:name`, called with the block's number and the arguments."""
    module, _, name = function.partition(":")
    done: dict[str, Any] = getattr(import_module(module), name)(block, **arguments)
    return done


def run_blocks(
    function: str, arguments: Mapping[str, Any], blocks: int, workers: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Run blocks 0 to `blocks` - 1; yields (number, what the function returned), in no particular order.

    Args:
        arguments: Plain JSON.
        workers: Processes; with 1 the work is done here.

    Raises:
        OSError: A file cannot be written.
        CxrbenchError: A worker died.
    """
    workers = min(workers, blocks)
    if workers <= 1 or not sys.executable:
        for block in range(blocks):
            yield block, do_block(function, block, arguments)
        return
    lines: queue.Queue[str | None] = queue.Queue()
    processes: list[subprocess.Popen[str]] = []
    try:
        for first in range(workers):
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "cxrbench.datasets.phantom.block_worker",
                    function,
                    json.dumps(dict(arguments)),
                    *map(str, (first, blocks, workers)),
                ],
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env={**_WORKER_ENVIRONMENT, **os.environ},
                # Ctrl-C is the parent's to handle; it ends its workers itself.
                start_new_session=True,
            )
            processes.append(process)
            if process.stdout is not None:
                threading.Thread(target=_forward, args=(process.stdout, lines), daemon=True).start()
        running, seen = workers, 0
        while running:
            line = lines.get()
            if line is None:
                running -= 1
                continue
            data = json.loads(line)
            if "errno" in data:
                raise OSError(data["errno"], data["strerror"], data["filename"])
            seen += 1
            yield data["block"], data["done"]
        if seen != blocks:
            codes = [process.wait() for process in processes]
            raise CxrbenchError(f"writing stopped after {seen} of {blocks} blocks; workers ended with {codes}")
    finally:
        for process in processes:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _forward(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    try:
        for line in stream:
            lines.put(line)
    except ValueError:
        # The parent gave up and closed the pipe.
        pass
    finally:
        lines.put(None)
