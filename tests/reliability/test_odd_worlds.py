"""Clocks that go backwards, films that are bombs, accelerators without memory: recorded, contained, repeatable."""

import shutil
import struct
import time
import zlib
from dataclasses import replace

import pytest

import cxrbench
from cxrbench.core import provenance
from cxrbench.core.rescoring import compare_runs
from cxrbench.core.types import ModelInfo, Prediction


@pytest.fixture
def config(films, tmp_path):
    return cxrbench.RunConfig(
        "baseline:retrieval", "iu-report", films, metrics=("status",), resamples=100, batch_size=4, out=tmp_path / "a"
    )


def test_a_clock_that_goes_backwards_changes_nothing(config, monkeypatch):
    straight = cxrbench.run(config).folder
    now = [2e9]

    def backwards(*_):
        now[0] -= 3600.0
        return now[0]

    class Backwards(provenance.datetime):
        @classmethod
        def now(cls, zone=None):
            return cls.fromtimestamp(backwards(), zone)

    monkeypatch.setattr(time, "time", backwards)
    monkeypatch.setattr(provenance, "datetime", Backwards)
    back = cxrbench.run(replace(config, out=config.out.parent / "b")).folder
    record = back.read_run()["provenance"]
    assert record["ended"] < record["started"]
    assert compare_runs(straight, back).identical
    assert all(item.latency_s >= 0 for item in back.read_predictions().values())


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *chunks):
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


ROWS = zlib.compress(b"\0" * 17 * 16)
BOMBS = {
    "more pixels than any film": (png(60_000, 60_000, chunk(b"IDAT", zlib.compress(b"\0" * 10_000_000))), "bomb"),
    "a text of gigabytes": (
        png(16, 16, chunk(b"zTXt", b"k\0\0" + zlib.compress(b"a" * 80_000_000)), chunk(b"IDAT", ROWS)),
        None,
    ),
    "a header and nothing else": (png(16, 16), None),
    "more rows promised than given": (png(16, 4000, chunk(b"IDAT", ROWS)), None),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_film_that_is_a_bomb_fails_alone_and_in_bounded_memory(config, tmp_path, name):
    import tracemalloc

    content, said = BOMBS[name]
    copy = shutil.copytree(config.data_root, tmp_path / "copy")
    ids = sorted(cxrbench.run(replace(config, data_root=copy)).predictions)
    film = next((copy / "images" / "images_normalized").glob(f"{ids[0]}_*.png"))
    film.write_bytes(content)
    tracemalloc.start()
    outcome = cxrbench.run(replace(config, data_root=copy, out=tmp_path / "bombed"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    failed = {key: item.error for key, item in outcome.predictions.items() if item.status == "error"}
    if failed:
        assert set(failed) == {ids[0]}
        assert said is None or said in failed[ids[0]]
    else:
        assert said is None
    assert peak < 400 << 20
    assert len(outcome.predictions) == len(ids)


class OutOfMemoryError(RuntimeError):
    """Stands in for torch.OutOfMemoryError, which is recognised by name."""


class SmallAccelerator:
    """Has room for two films, and every fifth call not even that."""

    calls = 0

    def describe(self):
        return ModelInfo("small-accelerator", "1", "1")

    def predict(self, requests):
        self.calls += 1
        if len(requests) > 2 or self.calls % 5 == 0:
            raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return [Prediction(request.id, text="Clear.") for request in requests]


def test_an_accelerator_without_memory_fails_single_films_and_the_same_command_repairs_them(config):
    first = cxrbench.run(config, adapter=SmallAccelerator())
    assert {item.status for item in first.predictions.values()} <= {"ok", "error"}
    assert sum(item.status == "ok" for item in first.predictions.values()) > 30
    assert all("out of memory" in item.error for item in first.predictions.values() if item.status == "error")
    for _ in range(10):
        last = cxrbench.run(config, adapter=SmallAccelerator())
        if last.complete:
            break
    assert last.complete
    assert last.folder.path == first.folder.path
