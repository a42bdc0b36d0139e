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
from contextlib import suppress
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


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def do_block(function: str, block: int, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run one block: `function` is `module:name`, called with the block's number and the arguments."""
    module, _, name = function.partition(":")
    done: dict[str, Any] = getattr(import_module(module), name)(block, **arguments)
    return done


def run_blocks(
    function: str,
    arguments: Mapping[str, Any],
    blocks: int,
    workers: int,
    environment: Mapping[str, str] | None = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Run blocks 0 to `blocks` - 1; yields (number, what the function returned), in no particular order.

    Args:
        arguments: Plain JSON.
        workers: Processes; with 1 the work is done here.
        environment: Variables of the workers; the user's own count more.

    Raises:
        OSError: A file cannot be written.
        CxrbenchError: A worker died.
    """
    workers = min(workers, blocks)
    if workers <= 1 or not sys.executable:
        for block in range(blocks):
            yield block, do_block(function, block, arguments)
        return
    lines: queue.Queue[tuple[int, str | None]] = queue.Queue()
    processes: list[subprocess.Popen[str]] = []
    waiting = iter(range(blocks))
    try:
        for number in range(workers):
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "cxrbench.datasets.phantom.block_worker",
                    function,
                    json.dumps(dict(arguments)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env={**_WORKER_ENVIRONMENT, **(environment or {}), **os.environ},
                # Ctrl-C is the parent's to handle; it ends its workers itself.
                start_new_session=True,
            )
            processes.append(process)
            threading.Thread(target=_forward, args=(number, process.stdout, lines), daemon=True).start()
            _next(process, waiting)
        running, seen = workers, 0
        while running:
            number, line = lines.get()
            if line is None:
                running -= 1
                continue
            data = json.loads(line)
            if "errno" in data:
                raise OSError(data["errno"], data["strerror"], data["filename"])
            seen += 1
            _next(processes[number], waiting)
            yield data["block"], data["done"]
        if seen != blocks:
            codes = [process.wait() for process in processes]
            raise CxrbenchError(f"writing stopped after {seen} of {blocks} blocks; workers ended with {codes}")
    finally:
        for process in processes:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    # What a dead worker was to be told is lost.
                    with suppress(OSError):
                        stream.close()


def _next(process: subprocess.Popen[str], waiting: Iterator[int]) -> None:
    """Give a worker its next block, or tell it that there is none."""
    if process.stdin is None:
        return
    block = next(waiting, None)
    try:
        if block is None:
            process.stdin.close()
        else:
            process.stdin.write(f"{block}\n")
            process.stdin.flush()
    except OSError:
        # The worker is gone; its exit status is reported when all others are done.
        pass


def _forward(number: int, stream: IO[str] | None, lines: queue.Queue[tuple[int, str | None]]) -> None:
    try:
        for line in stream or ():
            lines.put((number, line))
    except ValueError:
        # The parent gave up and closed the pipe.
        pass
    finally:
        lines.put((number, None))
