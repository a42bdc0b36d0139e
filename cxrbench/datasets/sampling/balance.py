"""How balanced a set of questions is: the shares that sampling is there to change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cxrbench.datasets.qba.index.schema import COMPLEXITIES
from cxrbench.datasets.qba.question_types import QUESTION_TYPES
from cxrbench.datasets.sampling.columns import GROUPS, TYPES, Codes, QuestionColumns

Shares = dict[str, float]


def balance(columns: QuestionColumns, rows: NDArray[np.int64] | None = None) -> dict[str, Shares]:
    """Shares of the questions that have each property; a row that was drawn twice counts twice.

    Args:
        rows: Of these rows; None for all.

    Returns:
        "polarity", "region group", "complexity" and "question type", each value -> share, and "positive answers by
        yes/no type", type -> share of positive answers among those with a polarity. Values that do not occur are
        left out.
    """

    def of(values: Codes) -> Codes:
        return values if rows is None else values[rows]

    polarity, types = of(columns.polarity), of(columns.type)
    positive = {}
    for code, name in enumerate(TYPES):
        known = polarity[(types == code) & (polarity >= 0)]
        if name in QUESTION_TYPES and QUESTION_TYPES[name].yes_no and len(known):
            positive[name] = float(known.mean())
    return {
        "polarity": _shares(polarity, ("neg", "pos")),
        "region group": _shares(of(columns.group), GROUPS),
        "complexity": _shares(of(columns.complexity), COMPLEXITIES),
        "question type": _shares(types, TYPES),
        "positive answers by yes/no type": positive,
    }


def markdown(balances: Mapping[str, dict[str, Shares]]) -> str:
    """Several balances side by side, as a table in per cent.

    Args:
        balances: Heading -> a balance; the first says which values are listed.
    """
    lines = [f"| | | {' | '.join(balances)} |", "|---|---|" + "---|" * len(balances)]
    for name, shares in next(iter(balances.values())).items():
        for value in shares:
            cells = (f"{100 * item[name].get(value, 0.0):.1f}" for item in balances.values())
            lines.append(f"| {name} | {value} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _shares(codes: Codes, names: tuple[str, ...]) -> Shares:
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    return {name: float(count / counts.sum()) for name, count in zip(names, counts, strict=True) if count}
