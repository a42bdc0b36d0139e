"""Splits of the MIMIC tasks: the official ones, of the questions also by grade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cxrbench.core.errors import UsageError

Part = Literal["train", "validate", "test"]
_SPELLINGS: Final[dict[str, Part]] = {
    "train": "train",
    "val": "validate",
    "validate": "validate",
    "validation": "validate",
    "test": "test",
}
_PARTS: Final = ("test", "val", "train")
GRADES: Final = ("A++", "A+", "A", "B", "C", "D")
_SELECTIONS: Final = {"B": GRADES[:4], "A": GRADES[:3], "A+": GRADES[:2], "A++": GRADES[:1]}


@dataclass(frozen=True, slots=True)
class MimicSplit:
    """A resolved split.

    Attributes:
        part: The word that the files use.
        grades: The grades that take part; None for all, unrated and ungraded questions included.
        suffix: The lowest grade, "A"; "" for all.
        per_image: R2Gen's annotation: one report per film.
    """

    part: Part
    grades: tuple[str, ...] | None = None
    suffix: str = ""
    per_image: bool = False

    def name(self, phantom: bool) -> str:
        """`official:test`, `official:test:A`, `r2gen:test`; of a phantom `phantom:test`."""
        scheme = "r2gen" if self.per_image else "phantom" if phantom else "official"
        return ":".join(filter(None, (scheme, self.part, self.suffix)))


def select_question_split(name: str) -> MimicSplit:
    """Resolve "test", "validate" (or "val"), "train", each also with the lowest grade: "test:A".

    "test:B" keeps grade B and better (the published pre-training selection, as every question here has a frontal
    film), "test:A" grade A and better (fine-tuning), "test:A+" and "test:A++" (precision) likewise.

    Raises:
        UsageError: An unknown split or grade.
    """
    part, colon, grade = name.strip().partition(":")
    known = _SPELLINGS.get(part.lower())
    if known is None or (colon and grade.upper() not in _SELECTIONS):
        suffixes = ("", *(f":{grade}" for grade in _SELECTIONS))
        raise _unknown(name, [f"{item}{suffix}" for item in _PARTS for suffix in suffixes])
    return MimicSplit(known, _SELECTIONS[grade.upper()], grade.upper()) if colon else MimicSplit(known)


def select_report_split(name: str) -> MimicSplit:
    """Resolve "test", "validate" (or "val"), "train", and the same of R2Gen's annotation: "r2gen:test".

    Raises:
        UsageError: An unknown split.
    """
    scheme, colon, part = name.strip().rpartition(":")
    known = _SPELLINGS.get(part.lower())
    if known is None or (colon and scheme.lower() != "r2gen"):
        raise _unknown(name, [f"{prefix}{item}" for prefix in ("", "r2gen:") for item in _PARTS])
    return MimicSplit(known, per_image=bool(colon))


def _unknown(name: str, valid: list[str]) -> UsageError:
    return UsageError(f"unknown split {name!r}", where="--split", valid=", ".join(valid))
