"""Where a task's data lie: the folder the user names, else the environment, else the phantom."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cxrbench.core.errors import UnknownNameError
from cxrbench.datasets.iu_xray import find_iu_root
from cxrbench.datasets.layouts import COLLECTIONS, find_parts
from cxrbench.datasets.phantom.cache import ensure_phantom
from cxrbench.datasets.phantom.info import find_phantom_info
from cxrbench.datasets.phantom.writer import Progress

ENVIRONMENT = "CXRBENCH_DATA"
DATASETS = ("iu-xray", *COLLECTIONS)


@dataclass(frozen=True, slots=True)
class DataRoot:
    """A resolved data root.

    Attributes:
        path: The folder of the data set itself (of its main part, where it has several), absolute.
        is_phantom: Whether a generator drew it: such runs are labelled and never rank beside real data.
        source: "argument", "CXRBENCH_DATA" or "default".
        parts: Folders of the parts that are there: "jpg", "reports" and "qba" of MIMIC; the one folder of VQA-RAD
            and SLAKE under the data set's name; empty for IU X-ray. Optional ones may be absent.
    """

    path: Path
    is_phantom: bool
    source: str
    parts: Mapping[str, Path] = field(default_factory=dict)


def resolve_root(data_root: Path | None, dataset: str = "iu-xray", *, progress: Progress | None = None) -> DataRoot:
    """Find the data of a data set.

    Args:
        data_root: The data set's folder or its parent; None means `CXRBENCH_DATA`, and without that the phantom in
            the user's cache, which is written on first use. For MIMIC it may be the folder of any part; the others
            are looked for beside it.
        dataset: "iu-xray", "mimic-cxr" (images and reports), "mimic-qba" (questions; images and reports where they
            are there), "vqa-rad" or "slake".
        progress: Called with (done, all) while a phantom is written.

    Raises:
        UnknownNameError: An unknown data set.
        DataError: The named folder holds no such data set.
    """
    if dataset not in DATASETS:
        raise UnknownNameError("data set", dataset, DATASETS)
    named = data_root or (Path(os.environ[ENVIRONMENT]) if os.environ.get(ENVIRONMENT) else None)
    if named is None:
        folder = ensure_phantom(dataset=dataset, progress=progress)
        source = "default"
    else:
        folder = named.expanduser()
        source = "argument" if data_root else ENVIRONMENT
    if dataset not in COLLECTIONS:
        folder = find_iu_root(folder).absolute()
        return DataRoot(folder, find_phantom_info(folder) is not None, source)
    parts = {key: path.absolute() for key, path in find_parts(folder, dataset).items()}
    main = parts[COLLECTIONS[dataset][0].key]
    return DataRoot(main, find_phantom_info(main) is not None, source, parts)
