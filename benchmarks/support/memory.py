"""Peak memory of this process and its children together."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType


class PeakMemory:
    """Samples the resident memory of the process tree while the block runs.

    The sum counts pages that processes share once for each, so it is an upper bound. `peak` is in bytes.
    """

    def __init__(self, interval: float = 0.05) -> None:
        self.peak = 0
        self._interval = interval
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self.peak = max(self.peak, tree_memory())

    def _watch(self) -> None:
        while not self._done.wait(self._interval):
            self.peak = max(self.peak, tree_memory())


def tree_memory() -> int:
    """Resident bytes of this process and all its descendants."""
    try:
        import psutil
    except ImportError:
        return _from_proc()
    own = psutil.Process()
    total = 0
    for process in (own, *own.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def _from_proc() -> int:
    parents, resident = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        except OSError:
            continue
        number = int(folder.name)
        parents[number] = int(fields["PPid"])
        resident[number] = int(fields.get("VmRSS", "0 kB").split()[0]) * 1024
    tree = {os.getpid()}
    while True:
        found = {number for number, parent in parents.items() if parent in tree} - tree
        if not found:
            return sum(resident.get(number, 0) for number in tree)
        tree |= found
