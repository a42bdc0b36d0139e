"""Splits of the MIMIC tasks: the official ones, of the questions also by grade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from cxrbench.core.errors import DataError, UsageError

Part = Literal["train", "validate", "test"]
_SPELLINGS: Final[dict[str, Part]] = {
    "train": "train",
    "val": "validate",
    "validate": "validate",
    "validation": "validate",
    "test": "test",
}
GRADES: Final = ("A++", "A+", "A", "B", "C", "D")
_SELECTIONS: Final = {"B": GRADES[:4], "A": GRADES[:3], "A+": GRADES[:2], "A++": GRADES[:1]}
_LISTED: Final = 10


@dataclass(frozen=True, slots=True)
class MimicSplit:
    """A resolved split.

    Attributes:
        part: The word that the files use.
        grades: The grades that take part; None for all, unrated and ungraded questions included.
        suffix: The lowest grade, "A"; "" for all.
    """

    part: Part
    grades: tuple[str, ...] | None = None
    suffix: str = ""

    def name(self, phantom: bool) -> str:
        """`official:test`, `official:test:A`; of a phantom `phantom:test`."""
        return ":".join(filter(None, ("phantom" if phantom else "official", self.part, self.suffix)))


def select_mimic_split(name: str, *, graded: bool) -> MimicSplit:
    """Resolve "test", "validate" (or "val"), "train"; where questions have grades also "test:A".

    "test:B" keeps grade B and better (the published pre-training selection, as every question here has a frontal
    film), "test:A" grade A and better (fine-tuning), "test:A+" and "test:A++" (precision) likewise.

    Raises:
        UsageError: An unknown split or grade.
    """
    part, colon, grade = name.strip().partition(":")
    known = _SPELLINGS.get(part.lower())
    if known is None or (colon and (not graded or grade.upper() not in _SELECTIONS)):
        suffixes = ("", *(f":{grade}" for grade in _SELECTIONS)) if graded else ("",)
        raise UsageError(
            f"unknown split {name!r}",
            where="--split",
            valid=", ".join(f"{item}{suffix}" for item in ("test", "val", "train") for suffix in suffixes),
        )
    if not colon:
        return MimicSplit(known)
    return MimicSplit(known, _SELECTIONS[grade.upper()], grade.upper())


def refuse_shared_patients(assigned: Iterable[tuple[str, str]], where: str) -> None:
    """A patient in two splits would be trained on and tested.

    Args:
        assigned: (patient, split) pairs, any number for a patient.

    Raises:
        DataError: With the patients.
    """
    seen: dict[str, str] = {}
    torn: dict[str, set[str]] = {}
    for patient, split in assigned:
        if seen.setdefault(patient, split) != split:
            torn.setdefault(patient, {seen[patient]}).add(split)
    if torn:
        shown = [f"{patient} ({', '.join(sorted(splits))})" for patient, splits in sorted(torn.items())]
        more = ", ..." if len(shown) > _LISTED else ""
        raise DataError(
            f"{len(torn)} patients are in more than one split: {', '.join(shown[:_LISTED])}{more}",
            where=where,
            valid="every study of a patient in one split",
            hint="take the official split file again; a model trained on such data has seen test patients",
        )
