"""Which questions are meant: a filter, the published presets, and its SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Final

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import UnknownNameError
from cxrbench.core.regions import REGION_GROUPS, REGIONS
from cxrbench.datasets.qba.index.schema import COMPLEXITIES, GRADES, POLARITIES, SPLITS
from cxrbench.datasets.qba.question_types import FAMILIES, MARKED, QUESTION_TYPES

PRESETS: Final = {
    "pretraining": ("A++", "A+", "A", "B"),
    "finetuning": ("A++", "A+", "A"),
    "precision": ("A++",),
}
"""Name -> grades. All three keep frontal studies only, as the exports B_frontal and A_frontal do."""
_STRATEGIES: Final = (*dict.fromkeys(row.strategy for row in QUESTION_TYPES.values()), "relational")


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter; every field that is empty lets everything through, and all fields must hold together.

    Attributes:
        regions: Names of the 26; a question passes whose answers mention any of them, also to deny something there.
        conditions: CheXpert names that a positive answer means; any of them.
        views: Views of the primary image: PA, AP.
        frontal: Only studies that have a frontal image.
        ids: `study_id/question_id` keys.

    Raises:
        UnknownNameError: A value that the column cannot hold. Patients, studies and views are not checked.
    """

    splits: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    complexities: tuple[str, ...] = ()
    polarities: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    region_groups: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    frontal: bool = False

    def __post_init__(self) -> None:
        for name, known in _KNOWN.items():
            for value in getattr(self, name):
                if value not in known:
                    raise UnknownNameError(name, value, known, where="selection of questions")

    @classmethod
    def preset(cls, name: str, splits: Iterable[str] = ()) -> Selection:
        """One of `PRESETS`.

        Raises:
            UnknownNameError: Another name.
        """
        if name not in PRESETS:
            raise UnknownNameError("preset", name, PRESETS)
        return cls(grades=PRESETS[name], frontal=True, splits=tuple(splits))

    def within(self, splits: Iterable[str]) -> Selection:
        """The same, in these splits."""
        return replace(self, splits=tuple(splits))

    def where(self) -> tuple[str, list[object]]:
        """A condition for SQL and the values of its question marks."""
        parts: list[str] = []
        values: list[object] = []
        for field in fields(self):
            wanted = getattr(self, field.name)
            if field.name == "frontal" or not wanted:
                continue
            condition, bound = _condition(field.name, wanted)
            parts.append(condition)
            values += bound
        if self.frontal:
            parts.append("image_id IS NOT NULL")
        return " AND ".join(parts) or "TRUE", values


_KNOWN: Final[dict[str, tuple[str, ...]]] = {
    "splits": SPLITS,
    "grades": GRADES,
    "types": (*QUESTION_TYPES, *MARKED),
    "families": FAMILIES,
    "strategies": _STRATEGIES,
    "complexities": COMPLEXITIES,
    "polarities": POLARITIES,
    "regions": REGIONS,
    "region_groups": tuple(REGION_GROUPS),
    "conditions": CONDITIONS,
}
_COLUMN_OF: Final[dict[str, str]] = {
    "splits": "split",
    "grades": "grade",
    "types": "type",
    "families": "family",
    "strategies": "strategy",
    "complexities": "complexity",
    "polarities": "polarity",
    "region_groups": "region_group",
    "views": '"view"',
    "patients": "patient_id",
    "studies": "study_id",
    "ids": "study_id || '/' || question_id",
}
_LIST_OF: Final = {"regions": "mentioned_regions", "conditions": "conditions"}
_FEW: Final = 50
"""Up to here values are compared one by one, which lets DuckDB skip row groups; above, they are joined."""


def _condition(name: str, wanted: tuple[str, ...]) -> tuple[str, list[object]]:
    if name in _LIST_OF:
        return f"list_has_any({_LIST_OF[name]}, ?::VARCHAR[])", [list(wanted)]
    column = _COLUMN_OF[name]
    if len(wanted) <= _FEW:
        return f"{column} IN ({', '.join('?' * len(wanted))})", list(wanted)
    return f"{column} IN (SELECT unnest(?::VARCHAR[]))", [list(wanted)]
