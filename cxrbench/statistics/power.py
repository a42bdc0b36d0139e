"""How many studies a comparison needs, and the smallest difference that a number of studies can show.

From pilot runs: their paired difference is resampled by group, its standard error is scaled by the square root of the
number of groups, and the classical two-sided formula for paired data does the rest (Cohen, "Statistical Power
Analysis for the Behavioral Sciences", 1988, chapter 2), with quantiles of t instead of the normal distribution:
difference = (t[1 - alpha/2] + t[power]) * standard error. It holds for any score whose error shrinks with the root of
n: means, and smooth functions of sums such as corpus BLEU, F1 and METEOR.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxrbench.core.errors import UsageError
from cxrbench.metrics.base import FloatArray
from cxrbench.statistics.bootstrap import MAX_UNDEFINED, RESAMPLES, Measured
from cxrbench.statistics.scoring import group_scorer
from cxrbench.statistics.weights import Groups, group_weights

ALPHA = 0.05
POWER = 0.8
FEW_GROUPS = 50
"""Below so many pilot groups the standard error itself is known to 10 % at best (1 / sqrt(2 n))."""
MOST_GROUPS = 10**9


@dataclass(frozen=True)
class Spread:
    """How much a score's difference between two systems varies from sample to sample of this size.

    Attributes:
        score: Name of the score.
        difference: First minus second in the pilot; None for a single run.
        standard_error: Of the difference, for `groups` groups.
        groups, examples: In the pilot.
        paired: True: two runs on the same examples. False: derived from one run.
    """

    score: str
    difference: float | None
    standard_error: float
    groups: int
    examples: int
    paired: bool

    def at(self, groups: int) -> float:
        """Standard error of the difference with another number of groups like those of the pilot."""
        return self.standard_error * math.sqrt(self.groups / groups)


def paired_spread(
    first: Measured, second: Measured, groups: Sequence[str], score: str, *, resamples: int = RESAMPLES, seed: int = 0
) -> Spread:
    """The spread of the paired difference of two runs.

    Args:
        first, second: The same metric with statistics of the same examples, all of them included.
        groups: Group of each example.

    Raises:
        UsageError: Different signatures or examples, fewer than two groups, a score that is undefined too often, or
            runs that do not differ in any resample.
    """
    if first.metric.signature() != second.metric.signature():
        raise UsageError(
            f"the pilot runs were scored differently: {first.metric.signature()} and {second.metric.signature()}",
            hint="name runs of the same task and protocol",
        )
    if len(first.statistics.values) != len(second.statistics.values):
        raise UsageError("the pilot runs were not scored on the same examples")
    a, b = _replicates(first, groups, score, resamples, seed), _replicates(second, groups, score, resamples, seed)
    units = len(set(groups))
    found = Spread(score, float(a[0] - b[0]), _standard_error(a[1:] - b[1:], units, score), units, len(groups), True)
    if found.standard_error == 0:
        raise UsageError(
            f"the pilot runs do not differ in {score}: there is no spread to plan with",
            hint="name two runs of different models",
        )
    return found


def single_spread(
    measured: Measured, groups: Sequence[str], score: str, *, resamples: int = RESAMPLES, seed: int = 0
) -> Spread:
    """The spread of the difference of two systems that vary like this one and independently of each other.

    Systems that are read on the same studies are usually positively correlated, and their difference then varies
    less: this is the cautious plan for when no second run exists.

    Raises:
        UsageError: Fewer than two groups, a score that is undefined too often, or one without any spread.
    """
    values = _replicates(measured, groups, score, resamples, seed)
    units = len(set(groups))
    error = math.sqrt(2) * _standard_error(values[1:], units, score)
    if error == 0:
        raise UsageError(f"{score} is the same in every resample of the pilot run: there is no spread to plan with")
    return Spread(score, None, error, units, len(groups), False)


def detectable_difference(spread: Spread, groups: int, *, power: float = POWER, alpha: float = ALPHA) -> float:
    """The smallest true difference that a comparison of so many groups finds with this power.

    Raises:
        UsageError: Fewer than two groups, or a power or level outside (0, 1).
    """
    if groups < 2:
        raise UsageError(f"a comparison needs at least 2 groups, got {groups}", where="--n")
    return _quantiles(groups - 1, power, alpha) * spread.at(groups)


def groups_needed(spread: Spread, difference: float, *, power: float = POWER, alpha: float = ALPHA) -> int:
    """The smallest number of groups (two at least) whose detectable difference is not above `difference`.

    Raises:
        UsageError: A difference that is not above 0, so small that a billion groups would not do, or a power or
            level outside (0, 1).
    """
    if not (math.isfinite(difference) and difference > 0):
        raise UsageError(
            f"a difference of {difference:g} cannot be planned for", where="--difference", valid="above 0"
        )
    low, high = 1, 2
    while detectable_difference(spread, high, power=power, alpha=alpha) > difference:
        low, high = high, 2 * high
        if high > MOST_GROUPS:
            raise UsageError(
                f"a difference of {difference:g} in {spread.score} is out of reach", where="--difference"
            )
    while high - low > 1:
        middle = (low + high) // 2
        if detectable_difference(spread, middle, power=power, alpha=alpha) > difference:
            low = middle
        else:
            high = middle
    return high


def _quantiles(df: int, power: float, alpha: float) -> float:
    if not 0 < alpha < 1:
        raise UsageError(f"level {alpha:g}", where="--alpha", valid="between 0 and 1, for example 0.05")
    if not 0.5 <= power < 1:
        raise UsageError(f"power {power:g}", where="--power", valid="at least 0.5 and below 1, for example 0.8")
    from scipy.special import stdtrit

    return float(stdtrit(df, 1 - alpha / 2) + stdtrit(df, power))


def _replicates(measured: Measured, groups: Sequence[str], score: str, resamples: int, seed: int) -> FloatArray:
    """The score on the pilot itself, then on each resample of its groups. float64 [1 + resamples]."""
    units = Groups.of(groups)
    if len(measured.statistics.values) != len(groups):
        raise UsageError(f"{len(groups)} groups for {len(measured.statistics.values)} scored examples")
    if units.count < 2:
        raise UsageError(f"the pilot has {units.count} group: nothing can be resampled", valid="at least 2 groups")
    scorer = group_scorer(measured.metric, measured.statistics, units)
    point = scorer(np.ones((1, units.count)))[score]
    if not np.isfinite(point[0]):
        raise UsageError(f"{score} is undefined on the pilot: {measured.metric.why_undefined(score)}")
    return np.concatenate([point, *(scorer(block)[score] for block in group_weights(units.count, resamples, seed))])


def _standard_error(replicates: FloatArray, groups: int, score: str) -> float:
    defined = replicates[np.isfinite(replicates)]
    if len(defined) < (1 - MAX_UNDEFINED) * len(replicates) or len(defined) < 2:
        raise UsageError(f"{score} is undefined in too many resamples of the pilot", hint="name a larger pilot run")
    if np.ptp(defined) <= 1e-12:
        return 0.0
    # Drawing n of n groups makes replicates vary by (n - 1) / n of the variance between samples.
    return float(defined.std(ddof=1)) * math.sqrt(groups / (groups - 1))
