"""The images of the planned studies, with sizes and view codes of MIMIC-CXR-JPG where they are at hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cxrbench.datasets.mimic_cxr.films import NO_FRONTAL
from cxrbench.datasets.mimic_cxr.views import frontal_rank
from cxrbench.datasets.qba.index.codes import Cached
from cxrbench.datasets.qba.index.problems import Problems

if TYPE_CHECKING:
    import pyarrow as pa

    from cxrbench.datasets.mimic_cxr.films import FilmTable
    from cxrbench.datasets.qba.folder import QbaFolder

_FRONTAL: Final = ("PA", "AP")
_NUMBER: Final = re.compile(r"\d+")


class Images(NamedTuple):
    """One entry per image, by study number and then image id.

    Attributes:
        study: Number of its study.
        view: View position in capitals, "" where unknown.
        width, height: In pixels, 0 where unknown.
        rank: `frontal_rank`, `NO_FRONTAL` for a film that is no frontal one.
    """

    study: NDArray[np.int32]
    id: pa.Array
    view: pa.Array
    width: NDArray[np.int32]
    height: NDArray[np.int32]
    rank: NDArray[np.int8]


def read_images(
    folder: QbaFolder, films: FilmTable | None, number_of: Mapping[str, int], problems: Problems
) -> Images:
    """The images of the studies.

    Args:
        films: Where given, its sizes are used. The metadata of the data set itself do not say which of their two
            numbers is the width, so without it the larger counts for both: a box is only cut where it must be.
        number_of: study_id -> number.
    """
    table = _of_metadata(folder) or (_of_films(films) if films is not None else {"study_id": [], "image_id": []})
    studies = np.array([number_of.get(study, -1) for study in table["study_id"]], np.int32)
    for row in np.flatnonzero(studies < 0).tolist():
        problems.add("image_without_questions", table["study_id"][row], table["image_id"][row])
    ids = np.array(table["image_id"], object)
    order = np.lexsort((np.argsort(np.argsort(ids, kind="stable"), kind="stable"), studies))
    same = (np.diff(studies[order]) == 0) & (ids[order][1:] == ids[order][:-1])
    kept = order[np.append(True, ~same)[: len(order)] & (studies[order] >= 0)]
    return _complete(table, studies, kept, films)


def _complete(
    table: Mapping[str, list[Any]], studies: NDArray[np.int32], rows: NDArray[np.int64], films: FilmTable | None
) -> Images:
    import pyarrow as pa
    import pyarrow.compute as pc

    def column(name: str) -> list[Any]:
        values = table.get(name)
        return [""] * len(rows) if values is None else [values[row] for row in rows.tolist()]

    ids = pa.array(column("image_id"), pa.string())
    views = [str(view or "").strip().upper() for view in column("view_position")]
    codes = [""] * len(rows)
    larger = Cached(_larger_side)
    width = np.array([larger[str(size)] for size in column("size")], np.int32)
    height = width.copy()
    if films is not None:
        places = pc.index_in(ids, films.image_ids)
        there = np.flatnonzero(places.is_valid().to_numpy(zero_copy_only=False))
        at = places.drop_null().to_numpy()
        for values, name in ((width, "width"), (height, "height")):
            exact = films.values[name][at]
            values[there[exact > 0]] = exact[exact > 0].astype(np.int32)
        for row, place in zip(there.tolist(), at.tolist()):
            codes[row] = films.word("code", place)
    rank = Cached(lambda words: NO_FRONTAL if (found := frontal_rank(*words)) is None else found)
    ranks = np.array([rank[words] for words in zip(views, codes)], np.int8)
    # A frontal film that only its view code tells is called by it.
    views = [_FRONTAL[place % 2] if place != NO_FRONTAL else view for view, place in zip(views, ranks.tolist())]
    return Images(studies[rows], ids, pa.array(views, pa.string()), width, height, ranks)


def _of_metadata(folder: QbaFolder) -> dict[str, list[Any]] | None:
    table = folder.metadata("image", ("view_position", "size"))
    return None if table is None else {name: table[name].to_pylist() for name in table.column_names}


def _of_films(films: FilmTable) -> dict[str, list[Any]]:
    return {
        "study_id": [f"s{number}" for number in films.studies.tolist()],
        "image_id": films.image_ids.to_pylist(),
        "view_position": [films.word("view", row) for row in range(len(films.studies))],
    }


def _larger_side(text: str) -> int:
    """Of "[2544, 3056]" in whatever form; 0 where there are no two numbers."""
    numbers = [int(number) for number in _NUMBER.findall(text)]
    return max(numbers) if len(numbers) == 2 else 0
