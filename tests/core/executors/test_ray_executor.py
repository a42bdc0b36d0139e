"""`--executor ray`: the run that a local executor gives, whatever happens to the workers."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

import cxrbench
from cxrbench.core.errors import UsageError, WeightsError
from cxrbench.core.executors import choosing
from cxrbench.core.executors.ray_session import RaySession
from cxrbench.core.executors.worker_pool import WorkersLostError
from cxrbench.core.preparing import prepare
from cxrbench.core.reporter import Silent
from cxrbench.core.rescoring import compare_runs
from cxrbench.core.types import ModelInfo
from cxrbench.tasks.iu_report import IuReport

pytestmark = pytest.mark.timeout(240)


class Notes(Silent):
    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(message)


def with_options(config, **options):
    return replace(config, options=options)


def first_ids(config, count=20):
    return [example.id for example in prepare(config).examples[:count]]


def assert_identical(config, local, *, reporter=None):
    there = cxrbench.run(config, reporter=reporter)
    assert compare_runs(cxrbench.run(local).folder, there.folder).identical
    return there


@pytest.mark.parametrize("options", [{}, {"pixels": True}, {"train": True}], ids=["plain", "films", "training"])
def test_a_run_in_workers_is_identical_to_a_local_one_and_has_the_same_id(ray_config, local, options):
    there = assert_identical(with_options(ray_config, **options), with_options(local, **options))
    assert there.complete
    assert (local.out / there.folder.path.relative_to(ray_config.out)).is_dir()


def test_a_run_begun_locally_goes_on_in_workers(ray_config, local):
    begun = cxrbench.run(replace(local, out=ray_config.out))
    lines = begun.folder.predictions_file.read_text().splitlines(keepends=True)
    begun.folder.predictions_file.write_text("".join(lines[:10]))
    assert_identical(ray_config, local)
    kept = begun.folder.predictions_file.read_text().splitlines(keepends=True)
    assert kept[:8] == lines[:8]


def test_a_model_that_raises_fails_only_the_examples_at_fault(ray_config, local):
    bad = first_ids(local)[5]
    there = assert_identical(with_options(ray_config, failing=bad), with_options(local, failing=bad))
    assert {name for name, item in there.predictions.items() if item.status == "error"} == {bad}
    assert there.predictions[bad].error == f"ValueError: cannot read {bad}"


def test_the_batch_of_a_dead_worker_is_done_by_another(ray_config, local, tmp_path):
    notes = Notes()
    once = str(tmp_path / "once")
    # The local run finds the file made, and is not killed.
    assert_identical(with_options(ray_config, kill_once=once), with_options(local, kill_once=once), reporter=notes)
    assert any("goes to another worker" in note for note in notes.notes)


def test_a_request_that_kills_every_worker_becomes_an_error_and_the_others_of_its_batch_do_not(ray_config, local):
    bad = first_ids(local)[6]
    notes = Notes()
    found = cxrbench.run(with_options(ray_config, kill=bad), reporter=notes)
    assert {name for name, item in found.predictions.items() if item.status != "ok"} == {bad}
    assert "worker was lost" in found.predictions[bad].error
    assert any("one by one" in note for note in notes.notes)
    assert found.folder.read_run()["status"] == "incomplete"
    repaired = cxrbench.run(ray_config)
    assert repaired.folder.path == found.folder.path
    assert repaired.complete


def test_a_hanging_request_is_ended_and_becomes_an_error(ray_config, local):
    bad = first_ids(local)[0]
    found = cxrbench.run(replace(with_options(ray_config, hang=bad), batch_timeout=4.0))
    assert {name for name, item in found.predictions.items() if item.status != "ok"} == {bad}
    assert "no answer within 4 s" in found.predictions[bad].error


def test_workers_that_always_die_stop_the_run_and_what_was_answered_is_kept(ray_config, local, monkeypatch):
    monkeypatch.setattr("cxrbench.core.executors.worker_pool._IN_A_ROW", 4)
    ids = first_ids(local)
    with pytest.raises(WorkersLostError, match="4 workers died one after the other"):
        cxrbench.run(with_options(ray_config, kill=" ".join(ids[4:])))
    (folder,) = cxrbench.find_runs(ray_config.out)
    assert folder.read_run()["status"] == "failed"
    assert set(folder.read_predictions()) <= set(ids[:4])
    assert_identical(ray_config, local)


def test_workers_killed_from_outside_change_nothing(ray_config, local, tmp_path):
    pids = tmp_path / "pids"
    stop = threading.Event()

    def kill():
        for _ in range(3):
            while not stop.wait(0.2) and not pids.exists():
                pass
            if not stop.is_set():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pids.read_text().split()[-1]), signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        there = cxrbench.run(with_options(ray_config, pids=str(pids), seconds=0.05))
    finally:
        stop.set()
        thread.join()
    assert there.complete
    assert compare_runs(cxrbench.run(local).folder, there.folder).identical


def test_a_batch_of_one_that_kills_every_worker_becomes_an_error(ray_config, local):
    bad = first_ids(local)[6]
    found = cxrbench.run(replace(with_options(ray_config, kill=bad), batch_size=1))
    assert {name for name, item in found.predictions.items() if item.status != "ok"} == {bad}


def test_nothing_of_ray_reaches_stdout(small, tmp_path):
    """Of a session of its own, in a process of its own: `--json` prints one document and nothing else."""
    pytest.importorskip("ray")
    start = "from cxrbench.cli.main import main; main()"
    command = [sys.executable, "-c", start, "predict", "--model", small.model, "--task", small.task]
    command += ["--data-root", str(small.data_root), "--batch-size", "4", "--executor", "ray", "--workers", "2"]
    command += ["-o", f"kill_once={tmp_path / 'once'}", "--out", str(tmp_path / "runs"), "--json"]
    before = set(Path(tempfile.gettempdir()).glob("cxr-ray-*"))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "support"), "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status_counts"] == {"ok": 20, "empty": 0, "refused": 0, "error": 0}
    assert not (tmp_path / ".ray").exists()
    assert set(Path(tempfile.gettempdir()).glob("cxr-ray-*")) <= before


def test_a_model_that_cannot_be_built_says_so_as_it_would_locally(ray_config):
    with pytest.raises(WeightsError) as caught:
        cxrbench.run(with_options(ray_config, broken=True))
    assert (caught.value.message, caught.value.hint) == ("no weights at all", "look elsewhere")
    with pytest.raises(UsageError, match="has no option"):
        cxrbench.run(with_options(ray_config, nonsense=1))
    assert not ray_config.out.exists()


def test_a_predictions_file_needs_no_workers(ray_config, local, tmp_path):
    made = cxrbench.run(local).folder.predictions_file
    found = cxrbench.run(replace(ray_config, model=f"file:{made}"))
    assert found.complete


def test_a_ready_adapter_is_refused(ray_config):
    class Ready:
        def describe(self):
            return ModelInfo("ready", "1", "1")

        def predict(self, requests):
            return []

    with pytest.raises(UsageError, match="cannot be sent to workers"):
        cxrbench.run(ray_config, adapter=Ready())


class Restricted(IuReport):
    restricted = True

    def load(self, options):
        return replace(super().load(options), phantom=False, terms="Agreement 7")


def test_restricted_data_go_to_other_machines_of_a_cluster_only_under_an_agreement(ray_config, cluster, monkeypatch):
    assert cluster.other_hosts() == []
    config = replace(ray_config, task=f"{__name__}:Restricted")
    monkeypatch.setattr(RaySession, "other_hosts", lambda self: ["192.0.2.77"])
    with pytest.raises(UsageError, match="Agreement 7"):
        cxrbench.run(config)
    with pytest.raises(UsageError, match="192.0.2.77"):
        cxrbench.run(replace(config, data_agreement="ours, until 2030"))
    assert not ray_config.out.exists()


def test_scoring_in_workers_gives_the_local_results(ray_config, local, monkeypatch):
    monkeypatch.setattr(choosing, "SHARD_SIZE", 6)
    monkeypatch.setattr("cxrbench.core.executors.ray_shards.RayShards.__init__.__kwdefaults__", {"size": 6})
    assert_identical(
        replace(ray_config, metrics=("bleu", "cider", "status")), replace(local, metrics=("bleu", "cider", "status"))
    )


def test_numerical_libraries_have_the_threads_of_a_local_run(cluster):
    from cxrbench.core.config import RunConfig
    from cxrbench.core.executors.replica import WorkerSettings

    class Asked:
        def __init__(self, settings):
            settings.enter()

        def threads(self):
            import numpy  # noqa: F401
            from threadpoolctl import threadpool_info

            return os.environ.get("OMP_NUM_THREADS"), {
                pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"
            }

    settings = WorkerSettings.of_this_process(RunConfig("baseline:empty", "iu-report"))
    actor = cluster.ray.remote(Asked).options(num_cpus=0).remote(settings)
    there = cluster.ray.get(actor.threads.remote())
    cluster.ray.kill(actor)
    assert there == Asked(settings).threads()


def test_no_worker_is_left_after_a_run(ray_config, tmp_path):
    pids = tmp_path / "pids"
    cxrbench.run(with_options(ray_config, pids=str(pids)))
    deadline = time.monotonic() + 20
    left = {int(pid) for pid in pids.read_text().split()}
    while left and time.monotonic() < deadline:
        left = {pid for pid in left if os.path.exists(f"/proc/{pid}")}
        time.sleep(0.1)
    assert not left
