"""Which studies of IU X-ray a split name means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cxrbench.core.errors import UsageError
from cxrbench.datasets.iu_xray import IuXray
from cxrbench.datasets.splits import documented_split, r2gen_split

_SPELLINGS = {"train": "train", "val": "val", "validate": "val", "validation": "val", "test": "test"}


@dataclass(frozen=True)
class Split:
    """A resolved split.

    Attributes:
        name: `<scheme>:<part>`.
        members: uids of the part.
        training: uids of the training part of the same scheme.
        note: A sentence where counts differ from the documented ones.
    """

    name: str
    members: frozenset[str]
    training: frozenset[str]
    note: str | None = None


def select_split(data: IuXray, name: str) -> Split:
    """Resolve "test", "val", "train", optionally prefixed by a scheme: "documented:test".

    Without a prefix real data use the R2Gen split and a phantom its own.

    Raises:
        UsageError: An unknown split or scheme.
    """
    default = "phantom" if data.phantom else "r2gen"
    scheme, _, part = name.rpartition(":")
    scheme = scheme or default
    if part not in _SPELLINGS or scheme not in (default, "documented"):
        raise UsageError(
            f"unknown split {name!r}",
            where="--split",
            valid=", ".join(f"{prefix}{item}" for prefix in ("", "documented:") for item in ("train", "val", "test")),
        )
    part = _SPELLINGS[part]
    uids = [study.uid for study in data.studies]
    assignment: Mapping[str, str]
    if scheme == "documented":
        assignment = documented_split(uids)
    elif data.phantom is not None:
        assignment = data.phantom.split
    else:
        assignment = r2gen_split()
    present = set(uids)
    members = {uid for uid, value in assignment.items() if value == part}
    note = None
    if absent := members - present:
        note = f"{len(absent)} of the {len(members)} studies of {scheme}:{part} are not in this copy of the data"
    training = {uid for uid, value in assignment.items() if value == "train"}
    return Split(f"{scheme}:{part}", frozenset(members & present), frozenset(training & present), note)
