"""A disk that refuses: nothing half is believed, and the same command goes on once there is room."""

import errno
import os
from dataclasses import replace
from io import FileIO
from pathlib import Path

import pytest

import cxrbench
from cxrbench.core import appending
from cxrbench.core.jsonio import StorageError
from cxrbench.core.rescoring import compare_runs
from cxrbench.core.run_folder import PREDICTIONS_FILE, RunFolder
from cxrbench.core.types import Prediction

LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))"


@pytest.fixture
def config(films, tmp_path):
    model, task, out = "worker_models:Model", "iu-report", tmp_path / "a"
    return cxrbench.RunConfig(model, task, films, metrics=("status",), resamples=100, batch_size=4, out=out)


class Refusing(FileIO):
    """Takes half of the third write, then refuses."""

    number = errno.ENOSPC
    writes = 0

    def write(self, data):
        Refusing.writes += 1
        if Refusing.writes == 3:
            return super().write(data[: len(data) // 2])
        if Refusing.writes == 4:
            raise OSError(Refusing.number, os.strerror(Refusing.number))
        return super().write(data)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO], ids=errno.errorcode.get)
def test_a_disk_that_refuses_in_the_middle_of_a_batch_keeps_the_batches_before(config, monkeypatch, number):
    whole = cxrbench.run(replace(config, out=config.out / "whole")).folder
    Refusing.number, Refusing.writes = number, 0
    opened = Path.open

    def open_refusing(self, mode="r", *given, **named):
        refuses = self.name == PREDICTIONS_FILE and mode == "ab+"
        return Refusing(self, "ab+") if refuses else opened(self, mode, *given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", open_refusing)
        with pytest.raises(StorageError, match="cannot write"):
            cxrbench.run(replace(config, out=config.out / "again"))
    (folder,) = cxrbench.find_runs(config.out / "again")
    assert len(folder.read_predictions()) == 8
    assert folder.damaged_lines == []
    assert folder.read_run()["status"] == "failed"
    assert compare_runs(whole, cxrbench.run(replace(config, out=config.out / "again")).folder).identical


@pytest.mark.parametrize("room", [500, 4_000, 9_000], ids=["run.json", "predictions", "results"])
def test_a_full_disk_ends_with_exit_code_3_and_the_same_command_finishes(command, tmp_path, room):
    code, _, err = command("runs").finish(LIMITED.format(room))
    assert code == 3, err
    assert "cannot write" in err
    assert "Traceback" not in err
    code, _, err = command("runs").finish()
    assert code == 0, err
    assert command("whole").finish()[0] == 0
    (first,), (second,) = (cxrbench.find_runs(tmp_path / name) for name in ("whole", "runs"))
    assert compare_runs(first, second).identical


def test_a_folder_that_cannot_be_written_is_named_before_anything_is_predicted(config, monkeypatch):
    def refuse(self, *given, **named):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageError, match="choose a writable folder with --out"):
        cxrbench.run(config)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_refused(config, tmp_path):
    (tmp_path / "shut").mkdir(mode=0o500)
    with pytest.raises(StorageError):
        cxrbench.run(replace(config, out=tmp_path / "shut" / "runs"))


class Clock:
    """Counts flushes, with a clock that the test moves."""

    def __init__(self, monkeypatch):
        self.now, self.flushes = 0.0, 0
        monkeypatch.setattr(appending.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(appending.os, "fsync", self.flush)

    def flush(self, handle):
        self.flushes += 1


def test_slow_batches_are_flushed_each_and_fast_ones_together(tmp_path, monkeypatch):
    clock = Clock(monkeypatch)
    monkeypatch.setattr(appending.threading.Timer, "start", lambda self: None)
    with RunFolder(tmp_path).appender() as appender:
        for number in range(10):
            clock.now += 1.01 * appending.SYNC_SECONDS
            appender.append([Prediction(f"slow{number}", text="x")])
        assert clock.flushes == 10
        for number in range(1000):
            clock.now += appending.SYNC_SECONDS / 100
            appender.append([Prediction(f"fast{number}", text="x")])
        assert 18 <= clock.flushes <= 21
    assert len(RunFolder(tmp_path).read_predictions()) == 1010


def test_the_last_of_the_fast_batches_is_flushed_without_another_one(tmp_path, monkeypatch):
    import threading

    flushed = threading.Event()
    real = os.fsync
    count = 0

    def flush(handle):
        nonlocal count
        count += 1
        real(handle)
        if count == 2:
            flushed.set()

    monkeypatch.setattr(appending.os, "fsync", flush)
    with RunFolder(tmp_path).appender() as appender:
        appender.append([Prediction("a", text="x")])
        appender.append([Prediction("b", text="x")])
        assert flushed.wait(5)


def test_a_flush_that_fails_later_is_not_lost(tmp_path, monkeypatch):
    import time

    def refuse(handle):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with RunFolder(tmp_path).appender() as appender:
        appender.append([Prediction("a", text="x")])
        monkeypatch.setattr(appending.os, "fsync", refuse)
        appender.append([Prediction("b", text="x")])
        time.sleep(3 * appending.SYNC_SECONDS)
        with pytest.raises(StorageError, match="cannot write"):
            appender.append([Prediction("c", text="x")])
    assert set(RunFolder(tmp_path).read_predictions()) == {"a", "b"}
