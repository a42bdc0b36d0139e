"""The phantom in the user's cache folder: made on first use, checked on every use."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from cxrbench.core.errors import CxrbenchError, DataError
from cxrbench.datasets.phantom.info import IU_XRAY, PhantomInfo, read_phantom_info
from cxrbench.datasets.phantom.kinds import PhantomKind, phantom_kind
from cxrbench.datasets.phantom.writer import Progress


def default_cache_dir() -> Path:
    """`CXRBENCH_CACHE`, else the platform's cache folder for cxrbench."""
    if named := os.environ.get("CXRBENCH_CACHE"):
        return Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "cxrbench" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "cxrbench"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cxrbench"


def phantom_folder(
    cache_dir: Path | None = None, studies: int | None = None, seed: int = 0, *, dataset: str = IU_XRAY
) -> Path:
    """Where `ensure_phantom` keeps the phantom of this size and seed."""
    kind = phantom_kind(dataset)
    return (cache_dir or default_cache_dir()) / f"{kind.prefix}-v{kind.version}-n{studies or kind.studies}-s{seed}"


def ensure_phantom(
    cache_dir: Path | None = None,
    studies: int | None = None,
    seed: int = 0,
    *,
    dataset: str = IU_XRAY,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """The folder of a data set's phantom, written first if it is not there or not intact.

    A folder that is truncated, changed or foreign is set aside and written again. It appears under its name only when
    complete (temporary folder, then rename); a lock keeps two processes from writing it at the same time.

    Args:
        studies: By default as many as the tasks use.

    Raises:
        UnknownNameError: The data set has no phantom.
        DataError: The cache folder cannot be written.
    """
    from filelock import FileLock

    kind = phantom_kind(dataset)
    studies = studies or kind.studies
    folder = phantom_folder(cache_dir, studies, seed, dataset=dataset)
    if is_intact(folder, studies, seed, dataset=dataset):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(str(folder.with_name(folder.name + ".lock"))):
            if is_intact(folder, studies, seed, dataset=dataset):
                return folder
            # A leftover of a killed process; its lock is gone, so nobody is writing it.
            for stale in folder.parent.glob(f"{folder.name}.tmp-*"):
                shutil.rmtree(stale, ignore_errors=True)
            part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.tmp-", dir=folder.parent))
            try:
                kind.write(part, studies=studies, seed=seed, workers=workers, progress=progress)
                if folder.is_dir() and not folder.is_symlink():
                    shutil.rmtree(folder)
                elif folder.exists() or folder.is_symlink():
                    folder.unlink()
                part.chmod(0o755)
                part.replace(folder)
            finally:
                shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise DataError(
            f"cannot write the phantom: {error.strerror or error}",
            where=str(folder.parent),
            hint="set CXRBENCH_CACHE to a folder that can be written",
        ) from error
    return folder


def is_intact(folder: Path, studies: int, seed: int, *, dataset: str = IU_XRAY) -> bool:
    """Whether the folder holds exactly this phantom: version, size, seed, tables, and every film with its size."""
    if not folder.is_dir():
        return False
    kind: PhantomKind = phantom_kind(dataset)
    try:
        info: PhantomInfo | None = read_phantom_info(folder)
        if info is None or (info.dataset, info.version, info.studies, info.seed) != (
            kind.dataset,
            kind.version,
            studies,
            seed,
        ):
            return False
        return kind.files(folder) == info.files
    except CxrbenchError:
        return False
