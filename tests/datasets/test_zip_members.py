from __future__ import annotations

import io
import os
import time
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.errors import DataError
from cxrbench.datasets.zip_members import list_members, read_member


def written(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


names = st.text(st.characters(codec="utf-8", exclude_characters="\0\\/"), min_size=1, max_size=12)
contents = st.dictionaries(names, st.binary(max_size=300), max_size=6)


@settings(max_examples=60)
@given(contents, st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), st.binary(max_size=40), st.booleans())
def test_members_are_those_that_zipfile_finds(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], method: int, before: bytes, comment: bool
) -> None:
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(f"qa/{name}", data)
        archive.mkdir("folder") if hasattr(archive, "mkdir") else archive.writestr("folder/", b"")
        if comment:
            archive.comment = b"as published"
    path.write_bytes(before + buffer.getvalue())
    with zipfile.ZipFile(path) as archive:
        expected = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    assert {member.name: read_member(path, member) for member in list_members(path)} == expected


def test_an_archive_beyond_four_gigabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("first.txt", b"first")
        # A hole in the file: takes no space, but pushes what follows beyond 32 bits.
        archive.fp.seek(5 * 2**30)
        archive.start_dir = archive.fp.tell()
        archive.writestr("last.txt", b"last")
    found = list(list_members(path))
    assert [member.name for member in found] == ["first.txt", "last.txt"]
    assert found[1].offset >= 5 * 2**30
    assert read_member(path, found[1]) == b"last"
    path.unlink()


def test_more_than_65535_members_are_listed(tmp_path: Path) -> None:
    path = written(tmp_path / "many.zip", {f"m{number}": b"" for number in range(66_000)}, zipfile.ZIP_STORED)
    assert [member.name for member in list_members(path)] == [f"m{number}" for number in range(66_000)]


def test_a_damaged_member_is_an_error_and_its_neighbours_are_read(tmp_path: Path) -> None:
    files = {f"{number}.json": os.urandom(500) for number in range(3)}
    path = written(tmp_path / "a.zip", files)
    first, second, third = list_members(path)
    data = bytearray(path.read_bytes())
    data[second.offset + 60] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DataError, match="corrupt zip member") as caught:
        read_member(path, second)
    assert caught.value.where == "a.zip: 1.json"
    assert read_member(path, first) == files["0.json"]
    assert read_member(path, third) == files["2.json"]


def test_a_member_whose_size_lies_does_not_unpack_without_end(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip", {"bomb.json": bytes(50_000_000)})
    (member,) = list_members(path)
    started = time.perf_counter()
    with pytest.raises(DataError, match="size differ"):
        read_member(path, member._replace(size=10, crc=zlib.crc32(bytes(10))))
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("cut", [0, 10, 100, 21])
def test_an_interrupted_download_is_an_error_that_says_so(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path / "a.zip", {"a": b"1" * 200, "b": b"2" * 200}, zipfile.ZIP_STORED)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - cut] if cut else b"")
    with pytest.raises(DataError, match="not a complete zip file"):
        list(list_members(path))


def test_a_directory_that_is_damaged_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip", {"a": b"1", "b": b"2"})
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02")] = 0
    path.write_bytes(data)
    with pytest.raises(DataError, match="directory is damaged"):
        list(list_members(path))


def test_encrypted_members_and_other_methods_are_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip", {"a": b"text " * 100}, zipfile.ZIP_LZMA)
    (member,) = list_members(path)
    with pytest.raises(DataError, match="method 14"):
        read_member(path, member)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    (member,) = list_members(path)
    with pytest.raises(DataError, match="encrypted"):
        read_member(path, member)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read zip"):
        list(list_members(tmp_path / "absent.zip"))
