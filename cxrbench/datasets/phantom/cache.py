"""The phantom in the user's cache folder: made on first use, checked on every use."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from cxrbench.core.errors import CxrbenchError, DataError
from cxrbench.datasets.phantom.info import GENERATOR_VERSION, PhantomInfo, read_phantom_info
from cxrbench.datasets.phantom.writer import DEFAULT_STUDIES, Progress, write_phantom


def default_cache_dir() -> Path:
    """`CXRBENCH_CACHE`, else the platform's cache folder for cxrbench."""
    if named := os.environ.get("CXRBENCH_CACHE"):
        return Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "cxrbench" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "cxrbench"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cxrbench"


def phantom_folder(cache_dir: Path | None = None, studies: int = DEFAULT_STUDIES, seed: int = 0) -> Path:
    """Where `ensure_phantom` keeps the phantom of this size and seed."""
    return (cache_dir or default_cache_dir()) / f"phantom-v{GENERATOR_VERSION}-n{studies}-s{seed}"


def ensure_phantom(
    cache_dir: Path | None = None,
    studies: int = DEFAULT_STUDIES,
    seed: int = 0,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """The folder of the phantom, written first if it is not there or not intact.

    A folder that is truncated, changed or foreign is set aside and written again. It appears under its name only when
    complete (temporary folder, then rename); a lock keeps two processes from writing it at the same time.

    Raises:
        DataError: The cache folder cannot be written.
    """
    from filelock import FileLock

    folder = phantom_folder(cache_dir, studies, seed)
    if is_intact(folder, studies, seed):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(str(folder.with_name(folder.name + ".lock"))):
            if is_intact(folder, studies, seed):
                return folder
            # A leftover of a killed process; its lock is gone, so nobody is writing it.
            for stale in folder.parent.glob(f"{folder.name}.tmp-*"):
                shutil.rmtree(stale, ignore_errors=True)
            part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.tmp-", dir=folder.parent))
            try:
                write_phantom(part, studies=studies, seed=seed, workers=workers, progress=progress)
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


def is_intact(folder: Path, studies: int, seed: int) -> bool:
    """Whether the folder holds exactly this phantom: version, size, seed, tables, and every film with its size."""
    from cxrbench.datasets.iu_xray import read_iu_xray

    if not folder.is_dir():
        return False
    try:
        info: PhantomInfo | None = read_phantom_info(folder)
        if info is None or (info.version, info.studies, info.seed) != (GENERATOR_VERSION, studies, seed):
            return False
        return read_iu_xray(folder).fingerprint == info.files
    except CxrbenchError:
        return False
