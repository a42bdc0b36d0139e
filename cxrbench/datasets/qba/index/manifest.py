"""What an index says about itself: `index.json`, and the note beside every finished shard."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cxrbench.core.errors import DataError
from cxrbench.core.jsonio import read_json, write_json
from cxrbench.datasets.qba.index.schema import MANIFEST, QUESTIONS, SCHEMA

_BUILD = "cxrbench data prepare mimic-qba --data-root DIR --out INDEX"


@dataclass(frozen=True, slots=True)
class Shard:
    """A finished shard.

    Attributes:
        first_study: Number of its first study; its studies follow one another.
        bytes, sha256: Of the Parquet file.
        problems: Kind -> how many.
    """

    number: int
    first_study: int
    studies: int
    questions: int
    bytes: int
    sha256: str
    problems: dict[str, int] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Inside the folder of the index."""
        return self.file_of(self.number)

    @staticmethod
    def file_of(number: int) -> str:
        """Inside the folder of the index."""
        return f"{QUESTIONS}/part-{number:05d}.parquet"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The identity of an index.

    Attributes:
        fingerprint: Of the data it was built from.
        phantom: Whether a generator wrote them.
        complete: Whether every shard is there; only a complete index can be opened.
        problems: Kind -> how many, over all shards and the plan.
    """

    fingerprint: str
    phantom: bool
    studies: int
    questions: int
    shards: tuple[Shard, ...]
    problems: dict[str, int]
    complete: bool = True

    def write(self, root: Path) -> None:
        """Write `index.json` atomically."""
        write_json(root / MANIFEST, {"schema": SCHEMA, **asdict(self)})


def read_manifest(root: Path, *, unfinished: bool = False) -> Manifest:
    """The manifest of an index.

    Args:
        unfinished: Also one whose building was interrupted.

    Raises:
        DataError: There is no index, it is not finished, or it is of another version of cxrbench.
    """
    if not (root / MANIFEST).is_file():
        raise DataError("no index of questions here", where=str(root), valid=f"a folder with {MANIFEST}", hint=_BUILD)
    data: dict[str, Any] = read_json(root / MANIFEST, "index manifest")
    try:
        schema = data.pop("schema")
        if schema != SCHEMA:
            raise DataError(f"an index of schema {schema!r}", where=str(root), valid=SCHEMA, hint=f"again: {_BUILD}")
        shards = tuple(Shard(**shard) for shard in data.pop("shards"))
        manifest = Manifest(shards=shards, **data)
    except (AttributeError, KeyError, TypeError) as error:
        raise DataError(f"the manifest is damaged: {error}", where=str(root / MANIFEST), hint=_BUILD) from error
    if not manifest.complete and not unfinished:
        raise DataError("this index is not finished", where=str(root), hint=f"the same command goes on: {_BUILD}")
    return manifest
