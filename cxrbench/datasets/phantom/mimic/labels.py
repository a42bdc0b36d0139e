"""Label tables of a study: what the report says, as two imperfect labelers and one radiologist read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from cxrbench.core.conditions import CONDITIONS, NEGATIVE, NO_FINDING, POSITIVE, SUPPORT_DEVICES, UNCERTAIN
from cxrbench.datasets.phantom.mimic.entities import ENTITIES
from cxrbench.datasets.phantom.mimic.statements import Statement

COLUMNS: Final = tuple(sorted(CONDITIONS))
"""The alphabetical order of the files."""
RADIOLOGIST_COLUMNS: Final = tuple("Airspace Opacity" if name == "Lung Opacity" else name for name in COLUMNS)
_CODES: Final = {"positive": POSITIVE, "negative": NEGATIVE, "uncertain": UNCERTAIN}
_ERRORS: Final = {"chexpert": (0.03, 0.06), "negbio": (0.05, 0.10)}
"""Labeler -> share of positive and of negative mentions that it misses."""

Labels = dict[str, int | None]


def labels_of(statements: Sequence[Statement]) -> Labels:
    """Condition -> 1 told, 0 denied, -1 suspected, None not mentioned; the strongest statement of a condition counts.

    "No Finding" is 1 where nothing but devices is told or suspected, else not mentioned.
    """
    labels: Labels = dict.fromkeys(CONDITIONS)
    for item in statements:
        condition = ENTITIES[item.entity].condition
        if condition and not item.indirect:
            code, known = _CODES[item.polarity], labels[condition]
            labels[condition] = code if known is None or known == NEGATIVE or code == POSITIVE else known
    seen = {name for name, code in labels.items() if code in (POSITIVE, UNCERTAIN)}
    if not seen - {SUPPORT_DEVICES}:
        labels[NO_FINDING] = POSITIVE
    return labels


def labeler_reads(rng: np.random.Generator, labels: Labels, labeler: str) -> Labels:
    """What an automatic labeler makes of a report: it misses mentions, and takes some doubts for facts."""
    missed, undenied = _ERRORS[labeler]
    read = dict(labels)
    for name in COLUMNS:
        code, draw, sure = labels[name], float(rng.random()), bool(rng.random() < 0.15)
        if (code == POSITIVE and name != NO_FINDING and draw < missed) or (code == NEGATIVE and draw < undenied):
            read[name] = None
        elif code == UNCERTAIN and sure:
            read[name] = POSITIVE
    if rng.random() < 0.01:
        read = dict.fromkeys(read)
    return read


def cells(labels: Labels) -> list[str]:
    """The 14 cells of a row in the order of `COLUMNS`: "1.0", "0.0", "-1.0" or empty."""
    return ["" if (code := labels[name]) is None else f"{code:.1f}" for name in COLUMNS]
