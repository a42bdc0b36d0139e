"""The result of a check: counts beside the documented ones, and lists of what is missing or odd."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Count:
    """One number.

    Attributes:
        found: None where this copy does not have what would be counted.
        documented: None where nothing is documented, and for phantoms.
        note: A sentence that belongs beside it.
    """

    what: str
    found: int | None
    documented: int | None = None
    note: str = ""

    @property
    def fits(self) -> bool:
        return self.documented is None or self.found is None or self.found == self.documented


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is missing or odd.

    Attributes:
        names: Ids, file names or sentences; may be fewer than `count`.
        serious: Whether the copy is incomplete because of it.
    """

    what: str
    count: int
    names: tuple[str, ...] = ()
    serious: bool = True


@dataclass(frozen=True, slots=True)
class DataCheck:
    """The result of a check; nothing here stops a run, everything is worth knowing before one.

    Attributes:
        notes: Sentences about what was looked at and what was not.
    """

    dataset: str
    root: str
    is_phantom: bool
    fingerprint: str
    counts: tuple[Count, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every count fits and nothing serious was found."""
        return all(count.fits for count in self.counts) and not any(item.serious for item in self.findings)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, with `complete` and, for each count, `fits`."""
        counts = [{**asdict(count), "fits": count.fits} for count in self.counts]
        return {**asdict(self), "counts": counts, "complete": self.complete}


def found(what: str, names: Iterable[str], *, serious: bool = True, most: int = 100_000) -> tuple[Finding, ...]:
    """A finding in a tuple; an empty one where there is no name."""
    listed = list(names)
    return (Finding(what, len(listed), tuple(listed[:most]), serious),) if listed else ()
