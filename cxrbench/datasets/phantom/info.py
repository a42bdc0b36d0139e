"""What a phantom folder says about itself: `phantom.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cxrbench.core.errors import DataError

INFO: Final = "phantom.json"
TRUTH: Final = "truth.jsonl"
SCHEMA: Final = "cxrbench.phantom/1"
GENERATOR_VERSION: Final = "1"
"""Changes whenever the same seed would give other films or reports; frozen before a checkpoint is tuned on it."""


@dataclass(frozen=True, slots=True)
class PhantomInfo:
    """The identity of a phantom.

    Attributes:
        version: Generator version.
        studies: Number of studies.
        seed: Seed they were drawn with.
        fingerprint: SHA-256 over tables, truth and the pixels of every film.
        files: SHA-256 over tables and the names and sizes of the image files: an intact folder's
            `IuXray.fingerprint`.
        split: uid -> "train", "val" or "test".
        prevalence: Condition -> share of studies in which it is drawn.
        parameters: Generator settings, for the record.
    """

    version: str
    studies: int
    seed: int
    fingerprint: str
    files: str
    split: dict[str, str]
    prevalence: dict[str, float]
    parameters: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
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
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{INFO} cannot be understood: {error!r}",
            where=str(path),
            valid=f"a file written by `cxrbench data phantom` (schema {SCHEMA})",
            hint="write the phantom again: cxrbench data phantom FOLDER",
        ) from error
