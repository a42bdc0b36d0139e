"""Identifiers of MIMIC: one form inside, whichever form a file uses.

The tables of MIMIC-CXR-JPG have bare integers (`10000032`), folders and MIMIC-Ext-CXR-QBA prefixed ones (`p10000032`,
`s50414267`); a table that went through pandas may have `10000032.0`. Here they are text with their prefix.
"""

from __future__ import annotations

import re
from typing import Final

from cxrbench.core.errors import DataError

_ID: Final = re.compile(r"([ps]?)([1-9]\d{0,17})(?:\.0+)?")


def patient_id(value: object) -> str:
    """`p10000032` from any of the forms. Raises DataError for anything else."""
    return _read(value, "p", "patient")


def study_id(value: object) -> str:
    """`s50414267` from any of the forms. Raises DataError for anything else."""
    return _read(value, "s", "study")


def two_splits(patients: list[str], where: str) -> DataError:
    """The refusal of patients that are in two splits: scores on such data leak."""
    shown = ", ".join(patients[:10]) + (f" and {len(patients) - 10} more" if len(patients) > 10 else "")
    return DataError(
        f"{len(patients)} patient{'s' if len(patients) > 1 else ''} in two splits: {shown}",
        where=where,
        valid="every patient in one split",
        hint="use the split as published; a patient in training and test makes every score meaningless",
    )


def _read(value: object, prefix: str, what: str) -> str:
    match = _ID.fullmatch(str(value).strip())
    if match is None or match[1] not in {"", prefix}:
        raise DataError(
            f"{value!r} is no {what} id",
            valid=f"digits, with or without the prefix: 10000032 or {prefix}10000032",
        )
    return prefix + match[2]
