"""Everything that the page of an exploration shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from cxrbench.datasets.qba.explore.distributions import Distribution, distributions
from cxrbench.datasets.qba.explore.overlap import SAMPLED, Overlap, gold_overlap, region_overlap, sampled_studies
from cxrbench.datasets.qba.folder import QbaFolder
from cxrbench.datasets.qba.index.problems import KINDS
from cxrbench.datasets.qba.index.query import QbaIndex
from cxrbench.datasets.qba.index.selection import PRESETS, Selection

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection holds."""

    name: str
    questions: int
    studies: int
    patients: int


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Quantiles .05, .25, .5, .75 and .95 of a quantity; empty where nothing has it."""

    what: str
    before: tuple[float, ...]
    after: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Exploration:
    """The numbers, before and after filtering.

    Attributes:
        sizes: Of all questions and of each preset.
        preset: The one that "after" means.
        overlaps: What the boxes are -> their overlap.
        problems: Meaning of a kind of problem -> how many.
    """

    phantom: bool
    fingerprint: str
    splits: tuple[str, ...]
    preset: str
    sizes: tuple[Size, ...]
    distributions: tuple[Distribution, ...]
    quantiles: tuple[Quantiles, ...]
    overlaps: dict[str, Overlap]
    sampled: int
    problems: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def explore(
    index: QbaIndex,
    *,
    preset: str = "finetuning",
    splits: tuple[str, ...] = (),
    folder: QbaFolder | None = None,
    sample: int = SAMPLED,
    note: Callable[[str], None] | None = None,
) -> Exploration:
    """Count everything.

    Args:
        preset: A name of `PRESETS`: what "after filtering" keeps.
        splits: Only these, before and after.
        folder: The data, for the boxes of regions in the scene graphs.
        sample: Studies that box overlaps are computed on.
        note: Called with a sentence before each longer step.

    Raises:
        UnknownNameError: An unknown preset or split.
    """
    say = note or (lambda sentence: None)
    before, after = Selection(splits=splits), Selection.preset(preset, splits)
    say("counting")
    sizes = (_size(index, "all questions", before), *(_size(index, n, Selection.preset(n, splits)) for n in PRESETS))
    counted = tuple(distributions(index, before, after))
    say("measuring boxes")
    studies = sampled_studies(index, sample)
    overlaps = {
        "gold boxes of all questions": gold_overlap(index, studies, before),
        f"gold boxes, {preset}": gold_overlap(index, studies, after),
    }
    if folder is not None and folder.graphs is not None:
        overlaps["boxes of all regions in the scene graphs"] = region_overlap(folder, index, studies)
    return Exploration(
        phantom=index.manifest.phantom,
        fingerprint=index.manifest.fingerprint,
        splits=splits,
        preset=preset,
        sizes=sizes,
        distributions=counted,
        quantiles=tuple(_quantiles(index, what, value, before, after) for what, value in _QUANTITIES.items()),
        overlaps=overlaps,
        sampled=len(studies),
        problems={KINDS.get(kind, kind): count for kind, count in index.manifest.problems.items()},
    )


_QUANTITIES: Final = {
    "characters of a question": "SELECT question_length AS value FROM questions",
    "characters of a main answer": "SELECT answer_length AS value FROM questions",
    "width of a gold box, pixels": "SELECT box.x2 - box.x1 AS value FROM boxes",
    "height of a gold box, pixels": "SELECT box.y2 - box.y1 AS value FROM boxes",
}
"""What -> query over the selected questions and their boxes."""


def _size(index: QbaIndex, name: str, selection: Selection) -> Size:
    where, values = selection.where()
    query = (
        "SELECT count(*) AS questions, count(DISTINCT study_number) AS studies, "
        f"count(DISTINCT patient_id) AS patients FROM questions WHERE {where}"
    )
    (row,) = (row for batch in index.sql(query, values) for row in batch.to_pylist())
    return Size(name, **row)


def _quantiles(index: QbaIndex, what: str, query: str, before: Selection, after: Selection) -> Quantiles:
    found = []
    for selection in (before, after):
        where, values = selection.where()
        chosen = f"questions AS (SELECT * FROM main.questions WHERE {where})"
        boxes = "boxes AS (SELECT unnest(boxes) AS box FROM questions)"
        whole = f"WITH {chosen}, {boxes} SELECT approx_quantile(value, {list(_QUANTILES)}) AS q FROM ({query})"
        (row,) = (row for batch in index.sql(whole, values) for row in batch.to_pylist())
        found.append(tuple(float(value) for value in row["q"] or () if value is not None))
    return Quantiles(what, *found)
