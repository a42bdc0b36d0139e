"""The metadata of the two exports: what a grade and a frontal film leave of the tables.

`A_frontal` (fine-tuning) keeps grades from A on, `B_frontal` (pre-training) from B on; both keep frontal films only.
Their graphs and questions are those of the main archives and are not written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from cxrbench.datasets.phantom.qba.metadata import INDEX

if TYPE_CHECKING:
    import pyarrow as pa

EXPORTS: Final = {"A_frontal": ("A", "A+", "A++"), "B_frontal": ("B", "A", "A+", "A++")}
"""Export -> grades."""
_FRONTAL: Final = ("PA", "AP")


def exported(name: str, grades: tuple[str, ...], tables: Iterable[dict[str, pa.Table]]) -> Iterator[pa.Table]:
    """A table's rows that an export keeps, block by block.

    Args:
        name: Key of `INDEX`.
        tables: Per block, at least this table, the questions and the images.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    for block in tables:
        images, questions = block["image_metadata"], block["question_metadata"]
        images = images.filter(pc.is_in(images["img.view_position"], pa.array(_FRONTAL)))
        wanted = pc.is_in(questions["question.quality.rating"], pa.array(grades))
        frontal = pc.is_in(questions["study_id"], images["study_id"].combine_chunks())
        questions = questions.filter(pc.and_(wanted, frontal))
        rows = block[name]
        keys = INDEX[name]
        if "image_id" in keys:
            rows = rows.filter(pc.is_in(rows["image_id"], images["image_id"].combine_chunks()))
        if "question_id" in keys:
            rows = rows.filter(pc.is_in(_key(rows), _key(questions).combine_chunks()))
        else:
            column = keys[min(1, len(keys) - 1)]
            rows = rows.filter(pc.is_in(rows[column], questions[column].combine_chunks()))
        yield rows


def _key(table: pa.Table) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(table["study_id"], table["question_id"], "/")
