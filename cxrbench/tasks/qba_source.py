"""Where the questions come from: an index where one is prepared, else the question files of the split.

Both give the same rows, those of the index (`cxrbench.datasets.qba.index.schema`), made by the same code, so that a
run does not depend on which of the two was there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cxrbench.datasets.qba.gold import Gold, LabelledBox
from cxrbench.datasets.qba.question_types import MARKED, QUESTION_TYPES
from cxrbench.tasks.qba_examples import Asked

if TYPE_CHECKING:
    import pyarrow as pa

KEYS: Final = ("pair", "study_number", "question_id", "type", "yes_no", "grade", "question_length", "answer_length")
"""Columns that decide whether a question takes part."""
ROWS: Final = (
    "study_number",
    "question_id",
    "type",
    "grade",
    "question",
    "answer",
    "yes_no",
    "polarity",
    "mentioned_regions",
    "regions",
    "conditions",
    "denied_conditions",
    "severity",
    "boxes",
    "obs_ids",
)
"""Columns that an example is made of."""


class QuestionSource(Protocol):
    """The questions of one split.

    Attributes:
        fingerprint: Of the data.
        studies: A row per study of the whole copy (`studies_schema`).
    """

    fingerprint: str
    studies: pa.Table

    @property
    def unreadable(self) -> Sequence[str]:
        """Studies of the split whose file cannot be read, as far as this source reads files."""
        ...

    @property
    def problems(self) -> Mapping[str, int]:
        """What is odd about the data: kind (`cxrbench.datasets.qba.index.problems.KINDS`) -> how often."""
        ...

    def keys(self) -> pa.Table:
        """`KEYS` of all questions of the split, in the order of the index."""
        ...

    def rows(self, pairs: NDArray[np.int64]) -> pa.Table:
        """`ROWS` of these pairs, in their order."""
        ...

    def of_studies(self, numbers: Sequence[int]) -> pa.Table:
        """`ROWS` of all questions of these studies, of whatever split."""
        ...


def known_type(type: str) -> str | None:
    """The type, None where it is not known (the rows keep what the file says)."""
    return sys.intern(type) if type in QUESTION_TYPES or type in MARKED else None


def asked_questions(table: pa.Table) -> list[tuple[int, Asked]]:
    """(study number, question) of each row of a table with `ROWS`."""
    columns: dict[str, list[Any]] = {name: table[name].to_pylist() for name in ROWS}
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}

    def names(row: list[str] | None) -> tuple[str, ...]:
        found = tuple(row or ())
        return shared.setdefault(found, found)

    return [
        (
            number,
            Asked(
                id=id,
                type=known_type(type),
                text=sys.intern(question or ""),
                gold=Gold(
                    text=answer or "",
                    yes_no=yes_no,
                    agrees=None,
                    polarity=polarity,
                    conditions=names(conditions),
                    denied=names(denied),
                    regions=names(regions),
                    severity=severity,
                    boxes=tuple(map(_box, boxes or ())),
                    unmapped_regions=(),
                    unmapped_entities=(),
                ),
                regions=names(mentioned),
                obs_ids=names(obs_ids),
                grade=grade,
            ),
        )
        for (
            number,
            id,
            type,
            grade,
            question,
            answer,
            yes_no,
            polarity,
            mentioned,
            regions,
            conditions,
            denied,
            severity,
            boxes,
            obs_ids,
        ) in zip(*columns.values())
    ]


def _box(box: dict[str, Any]) -> LabelledBox:
    return LabelledBox((box["x1"], box["y1"], box["x2"], box["y2"]), box["label"] or "")
