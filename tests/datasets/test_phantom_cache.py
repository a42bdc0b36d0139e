from __future__ import annotations

import threading
from pathlib import Path

import pytest
from iu_writer import FILES, PROJECTIONS, REPORTS, write_iu

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.datasets import roots
from cxrbench.datasets.phantom.cache import default_cache_dir, ensure_phantom, is_intact, phantom_folder
from cxrbench.datasets.phantom.kinds import PhantomKind
from cxrbench.datasets.roots import resolve_root


def test_the_phantom_is_made_once_and_then_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ensure_phantom(tmp_path, studies=3, seed=1, workers=1)
    assert folder == phantom_folder(tmp_path, 3, 1)
    assert is_intact(folder, 3, 1)

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("written twice")

    monkeypatch.setattr(PhantomKind, "write", refuse)
    assert ensure_phantom(tmp_path, studies=3, seed=1) == folder


@pytest.mark.parametrize(
    "damage", ["film missing", "film truncated", "table changed", "foreign folder", "file in its place"]
)
def test_a_phantom_that_is_not_intact_is_written_again(tmp_path: Path, damage: str) -> None:
    folder = ensure_phantom(tmp_path, studies=2, workers=1)
    film = next((folder / "images/images_normalized").iterdir())
    if damage == "film missing":
        film.unlink()
    elif damage == "film truncated":
        film.write_bytes(film.read_bytes()[:-10])
    elif damage == "table changed":
        (folder / "indiana_reports.csv").write_text("uid\n")
    else:
        folder.rename(tmp_path / "aside")
        if damage == "foreign folder":
            folder.mkdir()
            (folder / "notes.txt").write_text("x")
        else:
            folder.write_text("x")
    assert not is_intact(folder, 2, 0)
    assert ensure_phantom(tmp_path, studies=2, workers=1) == folder
    assert is_intact(folder, 2, 0)
    assert not list(tmp_path.glob("*.tmp-*"))


def test_an_interrupted_writer_leaves_no_half_phantom(tmp_path: Path) -> None:
    def stop(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure_phantom(tmp_path, studies=4, workers=1, progress=stop)
    assert not phantom_folder(tmp_path, 4).exists()
    assert not list(tmp_path.glob("*.tmp-*"))


def test_the_leftover_of_a_killed_writer_is_cleared(tmp_path: Path) -> None:
    stale = tmp_path / f"{phantom_folder(tmp_path, 2).name}.tmp-abc"
    stale.mkdir()
    ensure_phantom(tmp_path, studies=2, workers=1)
    assert not stale.exists()


def test_two_at_once_write_one_phantom(tmp_path: Path) -> None:
    written: list[Path] = []
    threads = [
        threading.Thread(target=lambda: written.append(ensure_phantom(tmp_path, studies=3, workers=1)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written) == 2
    assert is_intact(written[0], 3, 0)


def test_a_cache_that_cannot_be_written_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError) as caught:
        ensure_phantom(tmp_path / "file", studies=1)
    assert "CXRBENCH_CACHE" in str(caught.value)


def test_the_cache_folder_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXRBENCH_CACHE", str(tmp_path / "c"))
    assert default_cache_dir() == tmp_path / "c"
    monkeypatch.delenv("CXRBENCH_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert default_cache_dir() == tmp_path / "x/cxrbench"


def test_an_explicit_root_wins_over_the_environment_and_both_over_the_phantom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = write_iu(tmp_path / "data/iu-xray", REPORTS, PROJECTIONS, files=FILES)
    drawn = ensure_phantom(tmp_path / "cache", studies=1, workers=1)
    monkeypatch.setattr(roots, "ensure_phantom", lambda **_: drawn)
    assert resolve_root(None) == roots.DataRoot(drawn, True, "default")
    monkeypatch.setenv("CXRBENCH_DATA", str(tmp_path / "data"))
    assert resolve_root(None) == roots.DataRoot(real, False, "CXRBENCH_DATA")
    assert resolve_root(drawn) == roots.DataRoot(drawn, True, "argument")


def test_an_unknown_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="iu-xry"):
        resolve_root(tmp_path, "iu-xry")
