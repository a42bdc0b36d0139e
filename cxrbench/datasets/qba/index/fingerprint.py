"""What makes two copies of the data the same data for an index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from cxrbench.core.jsonio import file_fingerprint
from cxrbench.datasets.qba.folder import QbaFolder
from cxrbench.datasets.qba.index.schema import SCHEMA
from cxrbench.datasets.study_files import StudyFiles
from cxrbench.datasets.zip_members import list_members

_TABLES: Final = ("patient", "study", "image", "question")


def data_fingerprint(folder: QbaFolder) -> str:
    """SHA-256 of what the index is made from.

    That is: names, sizes and checksums of the members of archives, names and sizes of unpacked files, the bytes of
    the metadata tables that the index reads, and the schema of the index.
    """
    digest = hashlib.sha256(SCHEMA.encode())
    for files in (folder.questions, folder.graphs):
        if files is not None:
            for line in _lines(files):
                digest.update(line.encode())
    for name in _TABLES:
        path = folder.tables.path(name) if folder.tables is not None else None
        if path is not None:
            digest.update(f"{path.name} {file_fingerprint(path, 64)}\n".encode())
    return digest.hexdigest()


def _lines(files: StudyFiles) -> Iterator[str]:
    if files.archive is not None:
        for member in list_members(files.archive):
            yield f"{member.name} {member.size} {member.crc:08x}\n"
    if files.folder is not None:
        for patient, study in files.studies():
            path = files.folder / patient[:3] / patient / f"{study}{files.suffix}"
            with suppress(FileNotFoundError):
                yield f"{path.name} {path.stat().st_size}\n"
