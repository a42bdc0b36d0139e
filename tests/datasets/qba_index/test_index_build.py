"""Building an index: complete, resumable after any death, refused where it would mix data."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from qba_index_folder import patient_of, write_qba
from qba_writer import write_table

from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.jsonio import StorageError
from cxrbench.datasets.qba.index import build, files, plan
from cxrbench.datasets.qba.index.build import build_index
from cxrbench.datasets.qba.index.manifest import read_manifest
from cxrbench.datasets.qba.index.query import open_index


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "STUDIES_PER_SHARD", 2)
    monkeypatch.setattr(build, "STUDIES_PER_SHARD", 2)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


def test_one_process_and_several_write_the_same_files(tmp_path: Path, small_shards: None) -> None:
    write_qba(tmp_path / "in", 7, count=5)
    build_index(tmp_path / "in", tmp_path / "one", workers=1)
    build_index(tmp_path / "in", tmp_path / "three", workers=3)
    assert len(contents(tmp_path / "one")) == 4 + 1 + len(list((tmp_path / "one/problems").iterdir()))
    assert contents(tmp_path / "one") == contents(tmp_path / "three")
    assert (tmp_path / "one/index.json").read_bytes() == (tmp_path / "three/index.json").read_bytes()


def test_a_table_of_questions_in_no_order_gives_the_same_index(tmp_path: Path, small_shards: None) -> None:
    write_qba(tmp_path / "in", 5, count=5)
    write_qba(tmp_path / "mixed", 5, count=5, shuffle=True)
    for name in ("in", "mixed"):
        build_index(tmp_path / name, tmp_path / f"{name}-index", workers=1)
    assert contents(tmp_path / "in-index") == contents(tmp_path / "mixed-index")


def test_an_index_that_is_there_is_not_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_qba(tmp_path / "in", 3)
    first = build_index(tmp_path / "in", tmp_path / "out", workers=1)
    monkeypatch.setattr(build, "run_blocks", lambda *_: pytest.fail("something was built"))
    second = build_index(tmp_path / "in", tmp_path / "out", workers=1)
    assert (first.reused, second.reused) == (0, 1)
    assert second.manifest == first.manifest


@pytest.mark.parametrize("harm", ["remove", "truncate", "change", "note"])
def test_a_shard_that_is_missing_or_damaged_is_written_again_and_no_other(
    tmp_path: Path, small_shards: None, harm: str
) -> None:
    write_qba(tmp_path / "in", 6, count=5)
    build_index(tmp_path / "in", tmp_path / "out", workers=1)
    before = contents(tmp_path / "out")
    shard = tmp_path / "out/questions/part-00001.parquet"
    data = shard.read_bytes()
    if harm == "remove":
        shard.unlink()
    elif harm == "truncate":
        shard.write_bytes(data[: len(data) // 2])
    elif harm == "change":
        shard.write_bytes(data[:200] + bytes([data[200] ^ 1]) + data[201:])
    else:
        shard.with_suffix(".json").unlink()
        shard.unlink()
    again = build_index(tmp_path / "in", tmp_path / "out", workers=1)
    assert again.reused == 2
    assert contents(tmp_path / "out") == before


def test_a_missing_table_of_studies_is_named_and_then_written_again(tmp_path: Path, small_shards: None) -> None:
    write_qba(tmp_path / "in", 6, count=5)
    build_index(tmp_path / "in", tmp_path / "out", workers=1)
    before = contents(tmp_path / "out")
    (tmp_path / "out/studies.parquet").unlink()
    with pytest.raises(DataError, match="a file of the index is missing"):
        open_index(tmp_path / "out")
    assert build_index(tmp_path / "in", tmp_path / "out", workers=1).reused == 3
    assert contents(tmp_path / "out") == before


def test_a_build_that_was_killed_at_any_moment_goes_on_and_ends_with_the_same_index(tmp_path: Path) -> None:
    write_qba(tmp_path / "in", 40, count=30)
    script = (
        "import sys; from pathlib import Path\n"
        "from cxrbench.datasets.qba.index import build, plan\n"
        "build.STUDIES_PER_SHARD = plan.STUDIES_PER_SHARD = 2\n"
        "build.build_index(Path(sys.argv[1]), Path(sys.argv[2]), workers=int(sys.argv[3]))\n"
    )

    def start(out: str, workers: int) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-c", script, str(tmp_path / "in"), str(tmp_path / out), str(workers)]
        return subprocess.Popen(arguments, stderr=subprocess.DEVNULL)

    assert start("whole", 1).wait() == 0
    draw, kept = random.Random(3), 0
    for attempt in range(2):
        process = start("killed", 1 + attempt % 2)
        until = time.monotonic() + 30
        wanted = kept + draw.randint(2, 5)
        while len(list((tmp_path / "killed/questions").glob("*.json"))) < wanted and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(draw.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kept = len(list((tmp_path / "killed/questions").glob("*.json")))
    assert 0 < kept < 20
    with pytest.raises(DataError, match="not finished"):
        open_index(tmp_path / "killed")
    assert start("killed", 1).wait() == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert not list((tmp_path / "killed").rglob(".part*"))


def test_a_full_disk_is_an_error_that_says_so_and_loses_no_finished_shard(
    tmp_path: Path, small_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_qba(tmp_path / "in", 6, count=5)
    fsync, calls = os.fsync, []

    def full(handle: int) -> None:
        name = os.readlink(f"/proc/self/fd/{handle}") if os.path.exists("/proc/self/fd") else ""
        if "part-00002" in name:
            calls.append(name)
            raise OSError(28, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left") as caught:
        build_index(tmp_path / "in", tmp_path / "out", workers=1)
    assert "repeat the same command" in str(caught.value)
    monkeypatch.setattr(files.os, "fsync", fsync)
    left = sorted(path.name for path in (tmp_path / "out/questions").glob("*.parquet"))
    assert left == ["part-00000.parquet", "part-00001.parquet"]
    assert not list((tmp_path / "out/questions").glob(".*"))
    assert build_index(tmp_path / "in", tmp_path / "out", workers=1).reused == 2


def test_other_data_in_the_same_folder_are_refused(tmp_path: Path) -> None:
    write_qba(tmp_path / "a", 2, seed=1)
    write_qba(tmp_path / "b", 2, seed=2)
    build_index(tmp_path / "a", tmp_path / "out", workers=1)
    with pytest.raises(UsageError, match="index of other data"):
        build_index(tmp_path / "b", tmp_path / "out", workers=1)


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    write_qba(tmp_path / "in", 2)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("precious")
    with pytest.raises(UsageError, match="not empty"):
        build_index(tmp_path / "in", tmp_path / "out", workers=1)


def test_two_processes_do_not_build_the_same_index(tmp_path: Path) -> None:
    from filelock import FileLock

    write_qba(tmp_path / "in", 2)
    (tmp_path / "out").mkdir()
    with FileLock(str(tmp_path / "out/.lock")), pytest.raises(UsageError, match="another process"):
        build_index(tmp_path / "in", tmp_path / "out", workers=1)


def test_a_patient_in_two_splits_is_refused_by_name(tmp_path: Path) -> None:
    write_qba(tmp_path / "in", 4)
    rows = [{"patient_id": patient_of(0), "patient.split": split} for split in ("train", "test")]
    write_table(tmp_path / "in/metadata", "patient_metadata", rows)
    with pytest.raises(DataError, match=patient_of(0)):
        build_index(tmp_path / "in", tmp_path / "out", workers=1)


def test_progress_counts_studies_and_starts_with_those_that_are_there(tmp_path: Path, small_shards: None) -> None:
    write_qba(tmp_path / "in", 5, count=3)
    seen: list[tuple[int, int]] = []
    build_index(tmp_path / "in", tmp_path / "out", workers=1, progress=lambda *state: seen.append(state))
    assert seen == [(0, 5), (2, 5), (4, 5), (5, 5)]
    (tmp_path / "out/questions/part-00001.parquet").unlink()
    seen.clear()
    build_index(tmp_path / "in", tmp_path / "out", workers=1, progress=lambda *state: seen.append(state))
    assert seen == [(3, 5), (5, 5)]


def test_an_index_of_another_version_or_a_damaged_one_is_named(tmp_path: Path) -> None:
    write_qba(tmp_path / "in", 2)
    build_index(tmp_path / "in", tmp_path / "out", workers=1)
    path = tmp_path / "out/index.json"
    whole = json.loads(path.read_text())
    for change, words in (({"schema": "cxrbench.qba_index/0"}, "schema"), ({"shards": [{}]}, "damaged")):
        path.write_text(json.dumps(whole | change))
        with pytest.raises(DataError, match=words):
            read_manifest(tmp_path / "out")
    path.write_text(json.dumps(whole))
    (tmp_path / "out/questions/part-00000.parquet").unlink()
    with pytest.raises(DataError, match="file of the index is missing"):
        open_index(tmp_path / "out")
    with pytest.raises(DataError, match="no index"):
        open_index(tmp_path / "nowhere")
