"""`cxrbench` as a process that can be killed at a moment, and what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

SUPPORT = Path(__file__).parent
MARK = "CXRBENCH_TEST_MARK"


class Command:
    """One command line, started as often as wanted; everything that it starts carries its mark."""

    def __init__(self, *arguments):
        self.arguments = [str(argument) for argument in arguments]
        self.mark = uuid.uuid4().hex
        self.environment = {**os.environ, MARK: self.mark, "PYTHONPATH": str(SUPPORT), "OMP_NUM_THREADS": "1"}

    def start(self, before=""):
        """Start it; `before` is Python code that runs first."""
        code = f"{before}\nfrom cxrbench.cli.main import main\nmain()"
        return subprocess.Popen(
            [sys.executable, "-c", code, *self.arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Ctrl-C of a terminal reaches the whole group.
            start_new_session=True,
        )

    def finish(self, before=""):
        """Run to the end: exit code, stdout, stderr."""
        process = self.start(before)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def kill_after(self, seconds):
        """Kill it -9 after so long; whether it was still running."""
        process = self.start()
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
            process.stderr.close()
            return True
        return False

    def left(self, patience=30.0):
        """Processes with the mark that are still there when patience ends."""
        deadline = time.monotonic() + patience
        while (found := self._marked()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def _marked(self):
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found
