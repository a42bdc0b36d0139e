"""What a phantom folder says about itself: `phantom.json`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cxrbench.core.errors import DataError

INFO: Final = "phantom.json"
TRUTH: Final = "truth.jsonl"
IU_XRAY: Final = "iu-xray"
SCHEMA: Final = "cxrbench.phantom/1"
GENERATOR_VERSION: Final = "1"
"""Of the IU X-ray phantom: changes whenever the same seed would give other films or reports; frozen before a
checkpoint is tuned on it. The other data sets have versions of their own, see `kinds`."""


@dataclass(frozen=True, slots=True)
class PhantomInfo:
    """The identity of a phantom.

    Attributes:
        version: Version of the generator of this data set.
        studies: Number of studies (of images, for VQA-RAD and SLAKE).
        seed: Seed they were drawn with.
        fingerprint: SHA-256 over tables, truth and the pixels of every film.
        files: SHA-256 over tables and the names and sizes of the image files: an intact folder's
            `IuXray.fingerprint`; for the other data sets its `files_fingerprint`.
        split: uid (patient id in MIMIC, image in VQA-RAD and SLAKE) -> the data set's own word for the split.
        prevalence: Condition -> share of studies in which it is drawn.
        parameters: Generator settings, for the record.
        dataset: The data set in whose format it is written.
    """

    version: str
    studies: int
    seed: int
    fingerprint: str
    files: str
    split: dict[str, str]
    prevalence: dict[str, float]
    parameters: dict[str, Any]
    dataset: str = IU_XRAY

    def to_json(self) -> dict[str, Any]:
        # The IU phantom was frozen before there were others.
        named = {} if self.dataset == IU_XRAY else {"dataset": self.dataset}
        return {
            "schema": SCHEMA,
            **named,
            "generator_version": self.version,
            "studies": self.studies,
            "seed": self.seed,
            "fingerprint": self.fingerprint,
            "files": self.files,
            "prevalence": self.prevalence,
            "parameters": self.parameters,
            "split": self.split,
        }


def read_phantom_info(root: Path) -> PhantomInfo | None:
    """The description of a phantom folder; None for a folder that is no phantom.

    Raises:
        DataError: `phantom.json` is there but cannot be understood.
    """
    path = root / INFO
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read {INFO}: {error}", where=str(path), hint="cxrbench data phantom FOLDER"
        ) from error
    try:
        data = json.loads(text)
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']!r}, expected {SCHEMA!r}")
        return PhantomInfo(
            version=str(data["generator_version"]),
            studies=int(data["studies"]),
            seed=int(data["seed"]),
            fingerprint=str(data["fingerprint"]),
            files=str(data["files"]),
            split={str(uid): str(split) for uid, split in data["split"].items()},
            prevalence=dict(data["prevalence"]),
            parameters=dict(data["parameters"]),
            dataset=str(data.get("dataset", IU_XRAY)),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{INFO} cannot be understood: {error!r}",
            where=str(path),
            valid=f"a file written by `cxrbench data phantom` (schema {SCHEMA})",
            hint="write the phantom again: cxrbench data phantom FOLDER",
        ) from error


def find_phantom_info(part: Path) -> PhantomInfo | None:
    """The description of the phantom that a part of a collection belongs to: beside it, or up to two folders above
    (`mimic-ext-cxr-qba/1.0.0`); None for real data.

    Raises:
        DataError: As in `read_phantom_info`.
    """
    for folder in (part, *part.parents[:2]):
        if (info := read_phantom_info(folder)) is not None:
            return info if folder == part or info.dataset != IU_XRAY else None
    return None


def files_fingerprint(root: Path) -> str:
    """SHA-256 over the relative names and the sizes of all files below a phantom's folder, its description apart."""
    digest = hashlib.sha256()
    files = sorted((path.relative_to(root).as_posix(), path) for path in root.rglob("*") if path.is_file())
    for name, path in files:
        if name != INFO:
            digest.update(f"{name}\t{path.stat().st_size}\n".encode())
    return digest.hexdigest()
