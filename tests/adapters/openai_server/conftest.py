"""A server process of our own on the loopback address, and adapters that ask it."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("openai", reason="needs the extra openai")

from cxrbench.adapters.base import AdapterContext, create_adapter

STUB = Path(__file__).parents[2] / "support" / "openai_stub.py"


class Stub:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, str(STUB), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        port = self.process.stdout.readline().strip()
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.root = f"http://127.0.0.1:{port}"

    def stats(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.root}/stats", timeout=10) as answer:
            return json.load(answer)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def stub():
    """Start servers: `stub("--chaos", 0.3)`."""
    started = []

    def call(*arguments):
        started.append(Stub(*arguments))
        return started[-1]

    yield call
    for server in started:
        server.stop()


@pytest.fixture
def asked():
    """Adapters for a server; closed at the end."""
    opened = []

    def call(server, *, kind="report", model="tiny", **options):
        url = getattr(server, "base_url", server)
        given = {"base_url": url, "cache": False, "timeout": 5, **options}
        opened.append(create_adapter(f"openai:{model}", AdapterContext("iu-report", kind, options=given)))
        return opened[-1]

    yield call
    for adapter in opened:
        adapter.close()
