"""Which film of a study is the primary frontal one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_BY_POSITION: Final = {"PA": 0, "AP": 1}
_BY_CODE: Final = {"postero-anterior": 2, "antero-posterior": 3}
_LATERAL: Final = frozenset({"LATERAL", "LL", "XTABLE LATERAL"})


def frontal_rank(view: str | None, code: str | None = None) -> int | None:
    """How good a frontal film is as the primary one, 0 best; None for a film that is none.

    PA comes before AP. Where `ViewPosition` is empty, the text of the view code decides, after both. Decubitus,
    axial, oblique and swimmer's views are no frontal films.

    Args:
        view: The column ViewPosition, or `img.view_position` of MIMIC-Ext-CXR-QBA.
        code: The column ViewCodeSequence_CodeMeaning.
    """
    if view and view.strip():
        return _BY_POSITION.get(view.strip().upper())
    return _BY_CODE.get((code or "").strip().lower())


def primary_frontal(films: Iterable[tuple[str, str | None, str | None]]) -> str | None:
    """The image id of the primary frontal film among (image id, view, code); None when there is none.

    Of several equally good films the one with the smallest id counts: ids are random, so this favours nothing, and it
    does not depend on which files a copy has.
    """
    ranked = [(rank, id) for id, view, code in films if (rank := frontal_rank(view, code)) is not None]
    return min(ranked)[1] if ranked else None


def view_name(view: str | None, code: str | None = None) -> str:
    """What a request says of a film: "PA", "AP", "lateral", the data set's word for others, or "unknown"."""
    rank = frontal_rank(view, code)
    if rank is not None:
        return "PA" if rank % 2 == 0 else "AP"
    word = (view or "").strip().upper()
    if word in _LATERAL or (not word and (code or "").strip().lower() in {"lateral", "left lateral"}):
        return "lateral"
    return word or "unknown"
