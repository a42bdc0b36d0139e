"""CheXpert labels as training targets and masks, with the usual ways of treating the uncertain ones.

| value | target | mask |
|---|---|---|
| 1 positive | 1 | 1 |
| 0 negative | 0 | 1 |
| blank | 0 | .5, or the blank mask given |
| -1 uncertain | by the policy | by the policy |
| study not found | 0 | 0 |

U-Ignore, U-Ones and U-Zeros after Irvin et al. (CheXpert, AAAI 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.conditions import CONDITIONS, NEGATIVE, POSITIVE, UNCERTAIN
from cxrbench.core.errors import DataError, UnknownNameError, UsageError
from cxrbench.core.types import Labels

Policy = Literal["u-ignore", "exclude", "soft", "u-ones", "u-zeros"]
POLICIES: Final[tuple[Policy, ...]] = get_args(Policy)
BLANK_MASK: Final = 0.5
_UNCERTAIN: Final[dict[str, tuple[float, float]]] = {
    "u-ignore": (0.5, 0.0),
    "exclude": (0.5, 0.0),
    "soft": (0.5, 1.0),
    "u-ones": (1.0, 1.0),
    "u-zeros": (0.0, 1.0),
}
"""Policy -> target and mask of an uncertain label."""
_VALUES: Final = (None, UNCERTAIN, NEGATIVE, POSITIVE)


@dataclass(frozen=True, slots=True, eq=False)
class LabelTargets:
    """Targets of some studies.

    Attributes:
        conditions: Names of the columns.
        targets: float32 [studies, conditions], in [0, 1].
        mask: float32 [studies, conditions]: weight of each label in the loss; 0 leaves it out.
    """

    conditions: tuple[str, ...]
    targets: NDArray[np.float32]
    mask: NDArray[np.float32]


def chexpert_targets(
    labels: Sequence[Labels | None],
    policy: Policy = "u-ignore",
    *,
    blank_mask: float = BLANK_MASK,
    conditions: Sequence[str] = CONDITIONS,
) -> LabelTargets:
    """Targets and masks, by the names of the conditions.

    Args:
        labels: Per study its labels, None for a study that the label table does not have. A condition that a
            mapping lacks is blank.
        policy: For uncertain labels. "u-ignore" leaves the label out of the loss, "exclude" the whole study that has
            one, "soft" takes .5, "u-ones" 1 and "u-zeros" 0.
        blank_mask: In [0, 1]; 0 leaves out what a report does not mention.

    Raises:
        UnknownNameError: Another policy.
        UsageError: A blank mask outside [0, 1].
        DataError: A label that is none of 1, 0, -1 and None.
    """
    if policy not in POLICIES:
        raise UnknownNameError("policy for uncertain labels", policy, POLICIES)
    if not 0 <= blank_mask <= 1:
        raise UsageError(f"blank mask {blank_mask}", valid="a number in [0, 1]")
    targets = np.zeros((len(labels), len(conditions)), np.float32)
    mask = np.zeros_like(targets)
    pairs = {None: (0.0, blank_mask), NEGATIVE: (0.0, 1.0), POSITIVE: (1.0, 1.0), UNCERTAIN: _UNCERTAIN[policy]}
    for row, study in enumerate(labels):
        if study is None:
            continue
        values = [study.get(name) for name in conditions]
        for column, value in enumerate(values):
            if value not in _VALUES:
                raise DataError(
                    f"label {conditions[column]!r} is {value!r}", where=f"study {row}", valid="1, 0, -1 or None"
                )
            targets[row, column], mask[row, column] = pairs[value]
        if policy == "exclude" and UNCERTAIN in values:
            mask[row] = 0.0
    return LabelTargets(tuple(conditions), targets, mask)
