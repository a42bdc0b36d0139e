"""What is asked of an executor, and what cannot be meant."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

import cxrbench
from cxrbench.core.errors import ExtraMissingError, UsageError


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"executor": "slurm"}, "unknown executor 'slurm'"),
        ({"workers": 0}, "workers must be at least 1"),
        ({"batch_timeout": 5.0}, "cannot be ended in this process"),
        ({"executor": "ray", "batch_timeout": 0.0}, "batch timeout"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(settings, message):
    with pytest.raises(UsageError, match=message):
        cxrbench.RunConfig("baseline:empty", "iu-report", **settings)


def test_the_address_of_a_cluster_is_not_stored():
    config = cxrbench.RunConfig(
        "m", "t", executor="ray", workers=3, ray_address="head.example:6379", batch_timeout=9.0
    )
    record = config.to_json()
    assert "example" not in str(record)
    assert cxrbench.RunConfig.from_json(record) == replace(config, ray_address=None)


def test_without_ray_the_extra_is_named_and_no_environment_is_changed(small, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    before = dict(os.environ)
    with pytest.raises(ExtraMissingError, match=r"cxrbench\[ray\]"):
        cxrbench.run(replace(small, executor="ray", out=tmp_path))
    assert dict(os.environ) == before
    assert list(tmp_path.iterdir()) == []


def test_an_adapter_is_closed_however_the_run_ends(small, tmp_path):
    class Closing:
        closed = 0

        def describe(self):
            return cxrbench.ModelInfo("closing", "1", "1", needs_pixels=False)

        def predict(self, requests):
            raise KeyboardInterrupt

        def close(self):
            self.closed += 1

    adapter = Closing()
    with pytest.raises(KeyboardInterrupt):
        cxrbench.run(replace(small, out=tmp_path), adapter=adapter)
    assert adapter.closed == 1


def test_nobody_at_the_address_is_a_usage_error():
    pytest.importorskip("ray")
    code = (
        "from cxrbench.core.executors.ray_session import RaySession\n"
        "from cxrbench.core.errors import UsageError\n"
        "try:\n    RaySession('127.0.0.1:1', 1)\nexcept UsageError as error:\n    print(error)"
    )
    # In a process of its own: this one may have joined the cluster of the other tests.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "cannot reach a Ray cluster" in done.stdout, done.stderr
    assert "127.0.0.1:1" in done.stdout
