"""Reading a zip of hundreds of thousands of small files in place.

`zipfile` keeps an object per member: 1.2 s and 150 MiB for 227,000 members, in every process. Here the directory is
walked once and the caller keeps what it needs of each member, which is then read without any shared state, so that
threads and processes, forked or spawned, can read at the same time.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from cxrbench.core.errors import DataError

_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = 20
"""Bytes between the ZIP64 end record and the end record."""
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_BIG: Final = 0xFFFFFFFF
_STORED: Final = 0
_DEFLATED: Final = 8
_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800


class Member(NamedTuple):
    """Where a member lies.

    Attributes:
        offset: Of its local header, in the file.
        packed, size: Bytes in the file and unpacked.
        crc: CRC-32 of the unpacked bytes.
        method: 0 stored, 8 deflated; others, and encrypted members (-1), cannot be read.
    """

    name: str
    offset: int
    packed: int
    size: int
    crc: int
    method: int


def list_members(path: Path) -> Iterator[Member]:
    """All files of a zip in the order of its directory, ZIP64 included. Folders are left out.

    Raises:
        DataError: The file cannot be read, or its directory is missing or damaged: an interrupted download.
    """
    try:
        with path.open("rb") as file:
            directory, shift, count = _directory(file, path)
    except OSError as error:
        raise DataError(f"cannot read zip: {error.strerror or error}", where=str(path)) from error
    position = 0
    for _ in range(count):
        try:
            fields = _ENTRY.unpack_from(directory, position)
        except struct.error as error:
            raise _damaged(path, "its directory ends early") from error
        signature, _, _, flags, method, _, _, crc, packed, size, names, extras, comments, *_, offset = fields
        if signature != b"PK\x01\x02":
            raise _damaged(path, "its directory is damaged")
        start = position + _ENTRY.size
        name = directory[start : start + names]
        position = start + names + extras + comments
        if _BIG in (packed, size, offset):
            size, packed, offset = _sizes_64(directory[start + names : start + names + extras], size, packed, offset)
        if name.endswith(b"/"):
            continue
        yield Member(
            name.decode("utf-8" if flags & _UTF8 else "cp437", "replace"),
            offset + shift,
            packed,
            size,
            crc,
            -1 if flags & _ENCRYPTED else method,
        )


def read_member(path: Path, member: Member) -> bytes:
    """The unpacked, verified bytes of a member.

    Raises:
        DataError: Damaged, encrypted, or packed by a method other than deflate.
    """
    where = f"{path.name}: {member.name}"
    if member.method not in {_STORED, _DEFLATED}:
        seen = "encrypted" if member.method < 0 else f"packed by method {member.method}"
        raise DataError(f"zip member is {seen}", where=where, valid="stored or deflated", hint="pack it again")
    try:
        with path.open("rb") as file:
            file.seek(member.offset)
            header = file.read(_LOCAL.size)
            if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
                raise _corrupt(where, "no local header")
            *_, names, extras = _LOCAL.unpack(header)
            file.seek(names + extras, 1)
            data = file.read(member.packed)
    except OSError as error:
        raise DataError(f"cannot read zip: {error.strerror or error}", where=str(path)) from error
    if len(data) < member.packed:
        raise _corrupt(where, "the file ends early")
    if member.method == _DEFLATED:
        try:
            # At most one byte more than announced: a damaged size must not unpack without end.
            data = zlib.decompressobj(-15).decompress(data, member.size + 1)
        except zlib.error as error:
            raise _corrupt(where, str(error)) from error
    if len(data) != member.size or zlib.crc32(data) != member.crc:
        raise _corrupt(where, "checksum or size differ")
    return data


def _directory(file: BinaryIO, path: Path) -> tuple[bytes, int, int]:
    """The central directory, what to add to its offsets, and its number of entries."""
    length = file.seek(0, 2)
    back = min(length, _END.size + 0xFFFF)
    file.seek(length - back)
    tail = file.read(back)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise _damaged(path, "its end is missing")
    _, _, _, _, count, size, offset, _ = _END.unpack_from(tail, at)
    end = length - back + at
    record = end - _LOCATOR_64 - _END_64.size
    if record >= 0:
        file.seek(record)
        block = file.read(_END_64.size)
        if file.read(4) == b"PK\x06\x07":
            if block[:4] != b"PK\x06\x06":
                raise _damaged(path, "its end is damaged")
            *_, count, size, offset = _END_64.unpack(block)
            end = record
    # Bytes before the archive (a self-extractor, a joined download) shift every offset.
    shift = end - size - offset
    if shift < 0:
        raise _damaged(path, "its directory lies outside the file")
    file.seek(offset + shift)
    return file.read(size), shift, count


def _sizes_64(extras: bytes, *sizes: int) -> list[int]:
    """Sizes and offset that do not fit into 32 bits stand in an extra field, in this order."""
    position = 0
    found = list(sizes)
    while position + 4 <= len(extras):
        kind, length = struct.unpack_from("<HH", extras, position)
        if kind == 1:
            numbers = struct.unpack_from(f"<{length // 8}Q", extras, position + 4)
            for index, number in zip([i for i, size in enumerate(sizes) if size == _BIG], numbers):
                found[index] = number
        position += 4 + length
    return found


def _damaged(path: Path, seen: str) -> DataError:
    return DataError(
        f"not a complete zip file: {seen}",
        where=str(path),
        valid="the archive as published",
        hint="download it again and compare its SHA-256 with SHA256SUMS.txt",
    )


def _corrupt(where: str, seen: str) -> DataError:
    return DataError(
        f"corrupt zip member: {seen}",
        where=where,
        valid="a member as published",
        hint="download the archive again and compare its SHA-256 with SHA256SUMS.txt",
    )
