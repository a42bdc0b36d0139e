"""How the questions are distributed over the values of a column, before and after filtering."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.regions import REGION_GROUPS, REGIONS
from cxrbench.datasets.qba import documented
from cxrbench.datasets.qba.index.query import QbaIndex
from cxrbench.datasets.qba.index.schema import COMPLEXITIES, GRADES, SPLITS
from cxrbench.datasets.qba.index.selection import Selection
from cxrbench.datasets.qba.question_types import FAMILIES, MARKED, QUESTION_TYPES

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a column.

    Attributes:
        before, after: Questions that have it.
        documented: Share, from and to; None where nothing is documented.
    """

    label: str
    before: int
    after: int
    documented: Range | None = None


@dataclass(frozen=True, slots=True)
class Distribution:
    """A column.

    Attributes:
        values: In a fixed order, also those that do not occur.
        of_before, of_after: What shares are shares of.
        note: A sentence that belongs beside it.
    """

    key: str
    title: str
    values: tuple[Value, ...]
    of_before: int
    of_after: int
    note: str = ""


class _Column(NamedTuple):
    key: str
    title: str
    column: str
    values: Sequence[str]
    documented: Mapping[str, Range] = {}
    note: str = ""
    several: bool = False


_FIVE: Final = tuple(REGION_GROUPS)[:5]
_COLUMNS: Final = (
    _Column(
        "polarity",
        "Polarity of the main answer",
        "polarity",
        ("pos", "neg"),
        documented.POLARITY,
        "Bracket: what sampling aims at. Shares of the questions that have a polarity.",
    ),
    _Column("yes_no", "Gold of the yes/no questions", "yes_no", ("yes", "no")),
    _Column(
        "region_group",
        "Region group",
        "region_group",
        _FIVE,
        documented.REGION_GROUPS,
        "Bracket: expected shares. Shares of the questions that mention a region of these groups.",
    ),
    _Column(
        "complexity",
        "Complexity",
        "complexity",
        COMPLEXITIES,
        note="Multi-entity: the answers name two or more entities. Relational and multi-hop: marked by the type; "
        "no type of release 1.0.0 is.",
    ),
    _Column("family", "Family of question types", "family", FAMILIES),
    _Column(
        "type",
        "Question type",
        "type",
        (*QUESTION_TYPES, *MARKED),
        documented.shares(documented.TYPES),
        "Bracket: share in release 1.0.0.",
    ),
    _Column("split", "Split", "split", SPLITS, documented.shares(documented.QUESTIONS)),
    _Column(
        "grade",
        "Grade",
        "grade",
        GRADES,
        documented.shares(documented.GRADES),
        "U: unrated. Bracket: share in release 1.0.0, before filtering.",
    ),
    _Column("view", "View of the primary image", "view", ("PA", "AP")),
    _Column("severity", "Severity", "severity", ("none", "mild", "moderate", "severe")),
    _Column("mentioned_regions", "Regions mentioned", "mentioned_regions", REGIONS, several=True),
    _Column("conditions", "Conditions of positive answers", "conditions", CONDITIONS, several=True),
    _Column("denied_conditions", "Conditions of negative answers", "denied_conditions", CONDITIONS, several=True),
    _Column("answers", "Answers of all levels", "answers", ("0", "1", "2", "3", "4", "5 or more")),
    _Column("boxes", "Gold boxes on the primary image", "len(boxes)", ("0", "1", "2", "3", "4", "5 or more")),
)
_MOST: Final = 5


def distributions(index: QbaIndex, before: Selection, after: Selection) -> Iterator[Distribution]:
    """Every distribution of the page."""
    sizes = index.count(before), index.count(after)
    for column in _COLUMNS:
        found = [_counts(index, column.column, selection) for selection in (before, after)]
        others = sorted({name for counts in found for name in counts} - {*column.values}) if _open(column) else ()
        values = tuple(
            Value(name, found[0].get(name, 0), found[1].get(name, 0), column.documented.get(name))
            for name in (*column.values, *others)
        )
        shown = sum(value.before for value in values), sum(value.after for value in values)
        of_before, of_after = sizes if column.several else shown
        yield Distribution(column.key, column.title, values, of_before, of_after, column.note)


def _open(column: _Column) -> bool:
    """Whether values outside the list are values all the same; types keep the spelling of their file."""
    return column.key in ("type", "view")


def _counts(index: QbaIndex, column: str, selection: Selection) -> dict[str, int]:
    if column in ("answers", "len(boxes)"):
        where, values = selection.where()
        name = f"least({column}, {_MOST})::VARCHAR"
        query = f"SELECT {name} AS name, count(*) AS n FROM questions WHERE {where} GROUP BY 1"
        rows = [row for batch in index.sql(query, values) for row in batch.to_pylist()]
        return {"5 or more" if row["name"] == str(_MOST) else row["name"]: row["n"] for row in rows}
    counts = index.counts([column], selection)
    return {name: number for (name,), number in counts.items() if name is not None}
