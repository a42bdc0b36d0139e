"""From simple questions to complex ones, over the first epochs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.datasets.qba.index.schema import COMPLEXITIES

START: Final[Mapping[str, float]] = MappingProxyType(
    {"single_entity": 0.70, "multi_entity": 0.20, "relational": 0.07, "multi_hop": 0.03}
)


@dataclass(frozen=True, slots=True)
class Curriculum:
    """Shares of complexity by epoch.

    In epoch e of the first `ramp` the share of a complexity is `(1 - e / ramp) * start + (e / ramp) * own`, where
    `own` is the share that it has in draws balanced without a curriculum, and `start` is scaled to the complexities
    that occur. From epoch `ramp` on there is no curriculum.

    Raises:
        UsageError: A negative ramp or share, or no share above 0.
        UnknownNameError: A complexity that does not exist.
    """

    ramp: int = 3
    start: Mapping[str, float] = field(default_factory=lambda: START, hash=False)

    def __post_init__(self) -> None:
        for name in self.start:
            if name not in COMPLEXITIES:
                raise UnknownNameError("complexity", name, COMPLEXITIES, where="curriculum")
        if self.ramp < 0 or min(self.start.values(), default=0) < 0 or not any(self.start.values()):
            raise UsageError(f"impossible curriculum {self}", valid="ramp of 0 or more epochs, positive start shares")

    def active(self, epoch: int) -> bool:
        return epoch < self.ramp

    def shares(self, epoch: int, own: Mapping[str, float]) -> dict[str, float]:
        """The shares in an epoch of the ramp.

        Args:
            own: Complexity -> its share without a curriculum; those that do not occur are absent.
        """
        done = epoch / self.ramp
        total = sum(self.start.get(name, 0.0) for name in own) or 1.0
        return {name: (1 - done) * self.start.get(name, 0.0) / total + done * share for name, share in own.items()}
