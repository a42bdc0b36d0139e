"""Where a task's data lie: the folder the user names, else the environment, else the phantom."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cxrbench.core.errors import UnknownNameError
from cxrbench.datasets.iu_xray import find_iu_root
from cxrbench.datasets.phantom.cache import ensure_phantom
from cxrbench.datasets.phantom.info import read_phantom_info
from cxrbench.datasets.phantom.writer import Progress

ENVIRONMENT = "CXRBENCH_DATA"
DATASETS = ("iu-xray",)


@dataclass(frozen=True, slots=True)
class DataRoot:
    """A resolved data root.

    Attributes:
        path: The folder of the data set itself, absolute.
        is_phantom: Whether a generator drew it: such runs are labelled and never rank beside real data.
        source: "argument", "CXRBENCH_DATA" or "default".
    """

    path: Path
    is_phantom: bool
    source: str


def resolve_root(data_root: Path | None, dataset: str = "iu-xray", *, progress: Progress | None = None) -> DataRoot:
    """Find the data of a data set.

    Args:
        data_root: The data set's folder or its parent; None means `CXRBENCH_DATA`, and without that the phantom in
            the user's cache, which is written on first use.
        dataset: "iu-xray".
        progress: Called with (done, all) while a phantom is written.

    Raises:
        UnknownNameError: An unknown data set.
        DataError: The named folder holds no such data set.
    """
    if dataset not in DATASETS:
        raise UnknownNameError("data set", dataset, DATASETS)
    named = data_root or (Path(os.environ[ENVIRONMENT]) if os.environ.get(ENVIRONMENT) else None)
    if named is None:
        return DataRoot(ensure_phantom(progress=progress).absolute(), True, "default")
    folder = find_iu_root(named.expanduser()).absolute()
    return DataRoot(folder, read_phantom_info(folder) is not None, "argument" if data_root else ENVIRONMENT)
