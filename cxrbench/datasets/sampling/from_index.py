"""The columns that samplers need, read from an index of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.conditions import CONDITIONS, NO_FINDING
from cxrbench.core.types import Labels
from cxrbench.datasets.qba.index.query import QbaIndex
from cxrbench.datasets.qba.index.schema import COMPLEXITIES, POLARITIES
from cxrbench.datasets.qba.index.selection import Selection
from cxrbench.datasets.sampling.columns import GROUPS, TYPES, QuestionColumns
from cxrbench.datasets.sampling.label_consistency import Bits, condition_bits, label_bits, label_consistency

_CODED: Final = {
    "type": ("type", TYPES),
    "polarity": ("polarity", POLARITIES[::-1]),
    "group": ("region_group", GROUPS),
    "complexity": ("complexity", COMPLEXITIES),
}
"""Column of `QuestionColumns` -> column of the index, and its values by code."""
_CLAIMS: Final = {"claimed": "conditions", "denied": "denied_conditions"}
_WHOLE_FILM: Final = ("B03_is_abnormal", "B04_is_normal")
"""Types whose polarity is about the film as a whole: positive means abnormal, so not "No Finding"."""
_ALL: Final = Selection(frontal=True)


def read_columns(
    index: QbaIndex,
    split: str = "train",
    selection: Selection = _ALL,
    *,
    labels: Mapping[str, Labels] | None = None,
) -> QuestionColumns:
    """The selected questions of one split, in the order of the index.

    Args:
        split: train, validate or test; it takes the place of the selection's splits.
        selection: By default all studies with a frontal image, since questions are asked about the primary one.
        labels: `study_id` -> CheXpert labels, to compare answers with; without it `consistency` is None.

    Raises:
        UnknownNameError: A split that does not exist.
    """
    chosen = selection.within((split,))
    where, values = chosen.where()
    parts = [f"TRY_CAST({source} AS {_enum(names)}) AS {name}" for name, (source, names) in _CODED.items()]
    if labels is not None:
        parts += [f"{_bits(source)} AS {name}" for name, source in _CLAIMS.items()]
    found: dict[str, list[NDArray[Any]]] = {name: [] for name in ("pair", "study", *_CODED)}
    bits: dict[str, list[Bits]] = {name: [] for name in _CLAIMS}
    query = f"SELECT pair, study_number AS study, {', '.join(parts)} FROM questions WHERE {where}"
    for batch in index.sql(query, values):
        for name in ("pair", "study"):
            found[name].append(batch[name].to_numpy())
        for name in _CODED:
            found[name].append(_codes(batch[name]))
        if labels is not None:
            for name in _CLAIMS:
                bits[name].append(batch[name].to_numpy().astype(np.uint16))
    columns = QuestionColumns(
        split,
        pair=_joined(found["pair"], np.int64),
        study=_joined(found["study"], np.int32),
        **{name: _joined(found[name], np.int8) for name in _CODED},
    )
    if labels is None:
        return columns
    return with_consistency(
        columns, _joined(bits["claimed"], np.uint16), _joined(bits["denied"], np.uint16), _by_number(index, labels)
    )


def with_consistency(
    columns: QuestionColumns, claimed: Bits, denied: Bits, labels: Sequence[Labels | None]
) -> QuestionColumns:
    """The columns with label consistency.

    Args:
        claimed, denied: As for `label_consistency`. Questions about the whole film need none: their polarity says
            whether they deny "No Finding".
        labels: By study number.
    """
    from dataclasses import replace

    whole = np.isin(columns.type, [TYPES.index(name) for name in _WHOLE_FILM])
    normal = np.uint16(condition_bits((NO_FINDING,)))
    claimed = claimed | np.where(whole & (columns.polarity == 0), normal, np.uint16(0))
    denied = denied | np.where(whole & (columns.polarity == 1), normal, np.uint16(0))
    present, absent = label_bits(labels)
    codes = label_consistency(claimed, denied, present[columns.study], absent[columns.study])
    return replace(columns, consistency=codes)


def primary_images(index: QbaIndex) -> NDArray[np.object_]:
    """The primary frontal image by study number, PA before AP; None where a study has none."""
    images: NDArray[np.object_] = index.studies()["primary_image_id"].to_numpy(zero_copy_only=False)
    return images


def _by_number(index: QbaIndex, labels: Mapping[str, Labels]) -> list[Labels | None]:
    return [labels.get(study) for study in index.studies()["study_id"].to_pylist()]


def _enum(names: Sequence[str]) -> str:
    return "ENUM(" + ", ".join(f"'{name}'" for name in names) + ")"


def _bits(source: str) -> str:
    """SQL: a list of conditions as bits."""
    parts = (f"list_contains({source}, '{name}')::UINTEGER * {condition_bits((name,))}" for name in CONDITIONS)
    return f"COALESCE({' + '.join(parts)}, 0)::UINTEGER"


def _codes(column: Any) -> NDArray[np.int8]:
    """A dictionary array as codes; -1 for null."""
    codes: NDArray[np.int8] = (
        column.indices.fill_null(255).to_numpy(zero_copy_only=False).astype(np.uint8).view(np.int8)
    )
    return codes


def _joined(parts: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts).astype(kind, copy=False) if parts else np.zeros(0, kind)
