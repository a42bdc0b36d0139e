"""Files that several processes write together: each block leaves a part, and the parts are joined in order.

What is joined has the bytes that one process would have written, apart from the times in it: there are none.
"""

from __future__ import annotations

import gzip
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Final

_DAY_ZERO: Final = (1980, 1, 1, 0, 0, 0)
_FAST: Final = 1


def add_member(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Write a member of a zip archive, compressed, with no date."""
    info = zipfile.ZipInfo(name, _DAY_ZERO)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, data, compresslevel=_FAST)


def join_zips(parts: Iterable[Path], target: Path) -> None:
    """One archive with the members of all parts, whose compressed bytes are copied as they are."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        out = archive.fp
        assert out is not None
        for part in parts:
            with zipfile.ZipFile(part) as source, part.open("rb") as data:
                shift = out.tell()
                _copy(data, out, source.start_dir)
                for info in source.infolist():
                    info.header_offset += shift
                    archive.filelist.append(info)
                    archive.NameToInfo[info.filename] = info
        archive.start_dir = out.tell()


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    while size > 0:
        chunk = source.read(min(size, 1 << 20))
        if not chunk:
            raise OSError(f"a part ended {size} bytes too early")
        target.write(chunk)
        size -= len(chunk)


def join_text(parts: Iterable[Path], target: Path, head: str = "") -> None:
    """The parts behind one another; gzipped, with no date, where the target's name says so."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        if target.suffix == ".gz":
            with gzip.GzipFile("", "wb", _FAST, file, 0) as packed:
                _append(parts, packed, head)
        else:
            _append(parts, file, head)


def _append(parts: Iterable[Path], out: IO[bytes] | gzip.GzipFile, head: str) -> None:
    out.write(head.encode())
    for part in parts:
        with part.open("rb") as data:
            shutil.copyfileobj(data, out, 1 << 20)


def csv_lines(rows: Sequence[Sequence[str]]) -> str:
    """Rows as CSV with line feeds."""
    import csv
    import io

    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
