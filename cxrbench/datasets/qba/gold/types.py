"""The canonical type of a question, in whatever way a file spells it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from cxrbench.datasets.qba.question_types import MARKED, question_type

_MARKED: Final = re.compile(rf"(?:[A-Z]\d*_)?({'|'.join(MARKED)})(?:_.*)?")


@lru_cache(maxsize=1 << 16)
def canonical_type(type: str | None, question_id: str | None = None) -> str | None:
    """`D02_has_finding` for any spelling of it; `relational` or `multi_hop` for the phantom's own; None if unknown.

    Args:
        type: `question_type` of the file, with its prefix or without.
        question_id: The more reliable source, `D02_has_finding_003`.
    """
    known = question_type(type, question_id)
    if known is not None:
        return known.identifier
    for text in (question_id, type):
        if text and (marked := _MARKED.fullmatch(text)):
            return marked[1]
    return None
