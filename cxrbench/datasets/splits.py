"""Which study belongs to training, validation and test.

Three splits are known: the R2Gen split of IU X-ray (Chen et al., EMNLP 2020; kept here as uids only), the documented
seeded 70/15/15 split, and a phantom's own, which is stored in its folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Final, Literal

from cxrbench.core.errors import UnknownNameError

Split = Literal["train", "val", "test"]
SPLITS: Final[tuple[Split, ...]] = ("train", "val", "test")
SHARES: Final = (0.70, 0.15, 0.15)
SCHEMES: Final = ("r2gen", "documented", "phantom")
R2GEN_COUNTS: Final = {"train": 2069, "val": 296, "test": 590}
_SPELLINGS: Final[dict[str, Split]] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validate": "val",
    "validation": "val",
    "test": "test",
}


@cache
def r2gen_split() -> Mapping[str, Split]:
    """uid -> split for the 2,955 studies of the R2Gen annotation (2,069 / 296 / 590)."""
    text = resources.files("cxrbench.datasets").joinpath("data/r2gen_split.json").read_text(encoding="utf-8")
    lists: dict[Split, list[int]] = json.loads(text)["splits"]
    return {str(uid): split for split in SPLITS for uid in lists[split]}


def documented_split(uids: Iterable[str], seed: int = 42) -> dict[str, Split]:
    """The documented 70/15/15 split, grouped by uid because the collection has no patient id.

    The uids are ordered by the SHA-256 of "seed:uid" and cut at 70 % and 85 % (rounded); so the split does not depend
    on the order of the input, on the platform or on a random number generator.
    """
    ordered = sorted(set(uids), key=lambda uid: (hashlib.sha256(f"{seed}:{uid}".encode()).hexdigest(), uid))
    first, second = round(len(ordered) * SHARES[0]), round(len(ordered) * (SHARES[0] + SHARES[1]))
    return {uid: "train" if rank < first else "val" if rank < second else "test" for rank, uid in enumerate(ordered)}


def split_hash(split: Mapping[str, str]) -> str:
    """A short identity of an assignment of uids to splits, independent of order: 16 hexadecimal digits."""
    lines = "\n".join(f"{uid}\t{split[uid]}" for uid in sorted(split))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def parse_split(name: str) -> tuple[str | None, Split]:
    """Understand "test", "validate", "documented:test", "r2gen:val", "phantom:train".

    Returns:
        The scheme (None when the name gives none: the data set's default) and the split.

    Raises:
        UnknownNameError: An unknown scheme or split.
    """
    scheme, colon, rest = name.strip().lower().rpartition(":")
    if colon and scheme not in SCHEMES:
        raise UnknownNameError("split scheme", scheme, SCHEMES, where=f"split {name!r}")
    if rest not in _SPELLINGS:
        raise UnknownNameError("split", rest, _SPELLINGS, where=f"split {name!r}")
    return (scheme if colon else None), _SPELLINGS[rest]
