"""What belongs beside every score on MIMIC data: counts, missing films, terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from cxrbench.datasets.mimic_cxr.collection import COUNTS, MimicCxr

TERMS: Final = "PhysioNet Credentialed Health Data License 1.5.0 and its data use agreement"
_LISTED: Final = 10


def count_note(mimic: MimicCxr, part: str) -> str:
    """The size of an official split, and whether it is the documented one."""
    counts = {what: mimic.counts()[what].get(part, 0) for what in COUNTS}
    published = {what: COUNTS[what][part] for what in COUNTS}
    found = _sentence(counts)
    if counts == published:
        return f"official {part}: {found}, as documented"
    return f"official {part}: {found}; DOCUMENTED ARE {_sentence(published)}: this copy is another or not whole"


def missing_films_note(films: Iterable[Path]) -> list[str]:
    """Which of the films are missing on disk; no sentence where none is."""
    paths = list(dict.fromkeys(films))
    absent = [path for path in paths if not path.is_file()]
    if not absent:
        return []
    shown = ", ".join(path.name for path in absent[:_LISTED]) + (", ..." if len(absent) > _LISTED else "")
    missing = f"{len(absent)} of {len(paths)} films are missing on disk: {shown}"
    return [f"{missing}; a model that needs them gets an error"]


def patients_note(has_table: bool, phantom: bool) -> list[str]:
    """How to have sex and age of real patients, where they are not there."""
    if has_table or phantom:
        return []
    return ["no strata by sex and age: put patients.csv.gz of MIMIC-IV into the data root"]


def problems_note(problems: Sequence[str]) -> list[str]:
    """What the readers found odd, the first few."""
    shown = list(problems[:_LISTED])
    if len(problems) > _LISTED:
        shown.append(f"and {len(problems) - _LISTED} more of this kind: cxrbench data check")
    return shown


def _sentence(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())
