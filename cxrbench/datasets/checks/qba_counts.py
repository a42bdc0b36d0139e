"""Counting what the metadata of MIMIC-Ext-CXR-QBA name, beside the sizes that its documentation gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from cxrbench.datasets.checks.report import Count
from cxrbench.datasets.qba import documented
from cxrbench.datasets.qba.gold import canonical_type
from cxrbench.datasets.qba.index.grades import RATINGS, decode_grades, grade_spellings
from cxrbench.datasets.qba.index.schema import GRADES, SPLITS
from cxrbench.datasets.qba.question_types import QUESTION_TYPES
from cxrbench.datasets.qba.tables import ROWS

if TYPE_CHECKING:
    from cxrbench.datasets.qba.folder import QbaFolder

_NO_SPLIT: Final = "no split"


@dataclass(frozen=True, slots=True)
class QbaCounts:
    """Questions by split, by type (as spelt, where it is unknown) and by grade ("" where it is not understood)."""

    by_split: Counter[str] = field(default_factory=Counter)
    by_type: Counter[str] = field(default_factory=Counter)
    by_grade: Counter[str] = field(default_factory=Counter)
    patients: Counter[str] = field(default_factory=Counter)
    studies: Counter[str] = field(default_factory=Counter)


def count_metadata(folder: QbaFolder) -> QbaCounts:
    """Count the tables of studies and questions, the latter piece by piece.

    Raises:
        DataError: A patient in two splits, or a table that cannot be read.
    """
    counts = QbaCounts()
    if folder.tables is None:
        return counts
    splits = folder.splits()
    counts.patients.update(splits.values())
    studies = folder.metadata("study", ())
    for patient in studies["patient_id"].to_pylist() if studies is not None else ():
        counts.studies[splits.get(patient, _NO_SPLIT)] += 1
    if folder.tables.path("question") is None:
        return counts
    spelt = grade_spellings(folder)
    for batch in folder.tables.batches("question", RATINGS):
        import pyarrow.compute as pc

        patients = batch["patient_id"].dictionary_encode()
        _add(counts.by_split, [splits.get(name, _NO_SPLIT) for name in patients.dictionary.to_pylist()], patients)
        # The id is the reliable source of the type, and the number at its end the only thing in the way.
        types = pc.replace_substring_regex(batch["question_id"], r"_\d{3,}$", "").dictionary_encode()
        _add(counts.by_type, [canonical_type(name) or name for name in types.dictionary.to_pylist()], types)
        grades = decode_grades(batch, spelt, Counter()).fill_null("").dictionary_encode()
        _add(counts.by_grade, grades.dictionary.to_pylist(), grades)
    return counts


def _add(counter: Counter[str], names: list[str], column: object) -> None:
    codes = column.indices.to_numpy()  # type: ignore[attr-defined]
    for name, number in zip(names, np.bincount(codes, minlength=len(names)).tolist()):
        counter[name] += number


def table_counts(folder: QbaFolder, *, phantom: bool) -> Iterator[Count]:
    """Every number that is documented, and a few that should be zero."""
    counts = count_metadata(folder)
    export = documented.EXPORTS.get(folder.root.name)
    whole = not phantom and export is None

    def expected(number: int | None) -> int | None:
        return number if whole else None

    if folder.tables is not None:
        for what, found, sizes in (
            ("patients", counts.patients, documented.PATIENTS),
            ("studies", counts.studies, documented.STUDIES),
            ("questions", counts.by_split, documented.QUESTIONS),
        ):
            for split in SPLITS:
                swapped = what == "questions" and split != "train" and whole
                yield Count(
                    f"{split} {what}", found[split], expected(sizes[split]), documented.ERRATUM if swapped else ""
                )
            if found[_NO_SPLIT]:
                yield Count(f"{what} without a split", found[_NO_SPLIT], 0)
        total = sum(counts.by_split.values())
        yield Count("questions", total, None if phantom else export or ROWS["question"])
        for grade in GRADES:
            yield Count(f"questions of grade {grade}", counts.by_grade[grade], expected(documented.GRADES[grade]))
        for name, kind in QUESTION_TYPES.items():
            yield Count(f"questions of type {name}", counts.by_type[name], expected(kind.total))
        others = {name: number for name, number in counts.by_type.items() if name not in QUESTION_TYPES}
        for name, number in sorted(others.items()):
            yield Count(f"questions of type {name}", number, None if phantom else 0)
        for table, rows in ROWS.items():
            yield Count(f"rows of {table}_metadata", folder.tables.rows(table), expected(rows))
    studies = expected(sum(documented.STUDIES.values()))
    yield Count("question files", None if folder.questions is None else len(folder.questions), studies)
    yield Count("scene graph files", None if folder.graphs is None else len(folder.graphs), studies)
