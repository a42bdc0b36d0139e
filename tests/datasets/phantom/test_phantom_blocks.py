"""Work in blocks: order, errors, and files joined from parts."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from cxrbench.cli.main import cli
from cxrbench.core.errors import CxrbenchError, DataError, UnknownNameError, UsageError
from cxrbench.datasets.phantom.blocks import run_blocks
from cxrbench.datasets.phantom.cache import ensure_phantom, is_intact, phantom_folder
from cxrbench.datasets.phantom.kinds import KINDS, phantom_kind
from cxrbench.datasets.phantom.parts import add_member, join_text, join_zips
from cxrbench.datasets.phantom.qba.table_files import join_csv, join_parquet
from cxrbench.datasets.phantom.qba.writer import write_mimic_phantom
from cxrbench.datasets.roots import resolve_root


def square(block: int, plus: int) -> dict[str, Any]:
    return {"value": block * block + plus}


def fail(block: int, folder: str) -> dict[str, Any]:
    (Path(folder) / "nowhere" / str(block)).write_text("x")
    return {}


def die(block: int) -> dict[str, Any]:
    raise SystemExit(3)


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    return Path(__file__).stem


@pytest.mark.parametrize("workers", [1, 3])
def test_every_block_is_done_once(importable: str, workers: int) -> None:
    done = dict(run_blocks(f"{importable}:square", {"plus": 5}, 11, workers))
    assert done == {block: {"value": block * block + 5} for block in range(11)}


def test_what_the_disk_refuses_a_worker_reaches_the_caller(importable: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(run_blocks(f"{importable}:fail", {"folder": str(tmp_path)}, 4, 2))


def test_a_worker_that_dies_is_an_error_with_its_exit_status(importable: str) -> None:
    with pytest.raises(CxrbenchError, match=r"after 0 of 4 blocks; workers ended with \[3, 3\]"):
        list(run_blocks(f"{importable}:die", {}, 4, 2))


def test_joined_archives_hold_every_member_and_are_those_that_one_process_would_write(tmp_path: Path) -> None:
    rng = random.Random(1)
    content = {f"a/{number}.txt": rng.randbytes(rng.randrange(0, 5000)) for number in range(40)}
    names = list(content)
    parts = []
    for start in range(0, 40, 7):
        parts.append(tmp_path / f"{start}.zip")
        with zipfile.ZipFile(parts[-1], "w") as archive:
            for name in names[start : start + 7]:
                add_member(archive, name, content[name])
    join_zips(parts, tmp_path / "all/joined.zip")
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        for name in names:
            add_member(archive, name, content[name])
    with zipfile.ZipFile(tmp_path / "all/joined.zip") as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == content
    assert (tmp_path / "all/joined.zip").read_bytes() == (tmp_path / "whole.zip").read_bytes()


def test_a_truncated_part_is_an_error_not_a_short_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "1.zip", "w") as archive:
        add_member(archive, "x", b"y" * 100)
    whole = (tmp_path / "1.zip").read_bytes()
    (tmp_path / "1.zip").write_bytes(whole[:20])
    with pytest.raises((OSError, zipfile.BadZipFile)):
        join_zips([tmp_path / "1.zip"], tmp_path / "out.zip")


def test_joined_text_is_packed_without_a_date(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(f"{name}\n")
    join_text([tmp_path / "a", tmp_path / "b"], tmp_path / "t.csv.gz", "head\n")
    data = (tmp_path / "t.csv.gz").read_bytes()
    assert gzip.decompress(data) == b"head\na\nb\n"
    assert data[4:8] == bytes(4)
    join_text([tmp_path / "a"], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == b"a\n"


def test_tables_in_parts_become_one_parquet_file_and_one_csv_file(tmp_path: Path) -> None:
    parts = [
        pa.table(
            {"patient_id": [f"p{n}"], "flag": [bool(n)], "code": pa.array([n or None], pa.int8()), "size": [[n, 2]]}
        )
        for n in range(3)
    ]
    assert join_parquet("patient_metadata", parts, tmp_path / "t.parquet") == 3
    join_csv(parts, tmp_path / "t.csv.gz")
    text = gzip.decompress((tmp_path / "t.csv.gz").read_bytes()).decode()
    assert (
        io.StringIO(text).read()
        == 'patient_id,flag,code,size\np0,False,,"[0, 2]"\np1,True,1,"[1, 2]"\np2,True,2,"[2, 2]"\n'
    )
    frame = pa.parquet.read_table(tmp_path / "t.parquet").to_pandas()
    assert frame.index.name == "patient_id"
    assert frame.index.tolist() == ["p0", "p1", "p2"]


@pytest.mark.parametrize(
    "options",
    [{"studies": 0}, {"studies": 500_000}, {"questions": 5}, {"questions": 900}, {"seed": -1}, {"workers": 0}],
)
def test_impossible_sizes_of_a_corpus_are_refused(tmp_path: Path, options: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        write_mimic_phantom(tmp_path / "p", films=False, **{"workers": 1, **options})
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("dataset", sorted(set(KINDS) - {"iu-xray"}))
def test_a_phantom_is_made_on_first_use_and_again_when_a_file_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: str
) -> None:
    monkeypatch.setenv("CXRBENCH_CACHE", str(tmp_path))
    kind = phantom_kind(dataset)
    folder = ensure_phantom(studies=10, dataset=dataset, workers=1)
    assert folder == phantom_folder(studies=10, dataset=dataset)
    assert folder.name == f"phantom-{dataset}-v{kind.version}-n10-s0"
    found = resolve_root(folder, dataset)
    assert found.is_phantom
    assert is_intact(folder, 10, 0, dataset=dataset)
    film = next(folder.rglob("*.jpg"))
    film.unlink()
    assert not is_intact(folder, 10, 0, dataset=dataset)
    assert ensure_phantom(studies=10, dataset=dataset, workers=1) == folder
    assert film.is_file()


def test_mimic_cxr_and_its_questions_share_one_phantom() -> None:
    assert phantom_kind("mimic-cxr") is phantom_kind("mimic-qba")
    with pytest.raises(UnknownNameError, match="mimic-qab"):
        phantom_kind("mimic-qab")


def test_the_command_writes_a_corpus_without_films(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    arguments = ["data", "phantom", str(folder), "--dataset", "mimic-qba", "--studies", "10", "--questions", "20"]
    done = CliRunner().invoke(cli, [*arguments, "--no-films", "--unpacked"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "10 studies, fingerprint " in done.stdout
    assert len(list(folder.rglob("*.qa.json"))) == 10
    assert not list(folder.rglob("*.jpg"))


def test_an_option_that_a_phantom_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the phantom of slake has no films"):
        phantom_kind("slake").write(tmp_path / "p", films=False)
    (tmp_path / "mine.txt").touch()
    with pytest.raises(DataError, match="not empty"):
        phantom_kind("slake").write(tmp_path, studies=10)
