"""Whether the answers to questions agree with the CheXpert labels of their study.

A question claims conditions: a positive answer that they are there, a negative one that they are not. A definite
label of the study confirms or contradicts each claim; blank and uncertain labels say nothing, except that "No
Finding" denies every blank condition but support devices. One contradiction makes the question contradict; else one
confirmation makes it agree; else it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.conditions import CONDITIONS, NEGATIVE, NO_FINDING, POSITIVE, SUPPORT_DEVICES
from cxrbench.core.errors import UnknownNameError
from cxrbench.core.types import Labels
from cxrbench.datasets.sampling.columns import Codes

UNKNOWN, AGREE, CONTRADICT = 0, 1, 2
NAMES: Final = ("unknown", "agree", "contradict")
"""Names of the codes."""
Bits = NDArray[np.uint16]
"""Sets of conditions: bit i stands for `CONDITIONS[i]`."""
_BIT: Final = {name: 1 << place for place, name in enumerate(CONDITIONS)}


def condition_bits(names: Iterable[str]) -> int:
    """A set of conditions as bits.

    Raises:
        UnknownNameError: A name that is no condition.
    """
    bits = 0
    for name in names:
        if name not in _BIT:
            raise UnknownNameError("condition", name, CONDITIONS)
        bits |= _BIT[name]
    return bits


def label_bits(labels: Sequence[Labels | None]) -> tuple[Bits, Bits]:
    """The conditions that each study's labels say are there, and those that they say are absent.

    Args:
        labels: Per study its labels, None for a study that the label table does not have.
    """
    present, absent = np.zeros(len(labels), np.uint16), np.zeros(len(labels), np.uint16)
    for row, study in enumerate(labels):
        if study is None:
            continue
        present[row] = condition_bits(name for name, value in study.items() if value == POSITIVE)
        denied = {name for name, value in study.items() if value == NEGATIVE}
        if study.get(NO_FINDING) == POSITIVE:
            denied |= {name for name in CONDITIONS if study.get(name) is None and name != SUPPORT_DEVICES}
        absent[row] = condition_bits(denied)
    return present, absent


def label_consistency(claimed: Bits, denied: Bits, present: Bits, absent: Bits) -> Codes:
    """int8 [questions]: 0 unknown, 1 agree, 2 contradict.

    Args:
        claimed, denied: [questions]: conditions that the answer says are there, and are not.
        present, absent: [questions]: what the labels of the question's study say, from `label_bits`.
    """
    agrees = (claimed & present) | (denied & absent)
    contradicts = (claimed & absent) | (denied & present)
    codes = np.where(contradicts != 0, CONTRADICT, np.where(agrees != 0, AGREE, UNKNOWN))
    return codes.astype(np.int8)


def consistency_score(codes: Codes) -> float | None:
    """Share of agreeing questions among those that agree or contradict; None where there are none."""
    agree, contradict = int((codes == AGREE).sum()), int((codes == CONTRADICT).sum())
    return agree / (agree + contradict) if agree + contradict else None


def score_by_study(codes: Codes, study: NDArray[np.int32]) -> Mapping[int, float]:
    """Study number -> `consistency_score` of its questions, for the studies that have one."""
    numbers, place = np.unique(study, return_inverse=True)
    agree = np.bincount(place, codes == AGREE, minlength=len(numbers))
    compared = agree + np.bincount(place, codes == CONTRADICT, minlength=len(numbers))
    return {int(numbers[row]): float(agree[row] / compared[row]) for row in np.flatnonzero(compared)}
