"""The documented paired tests on per-example values: t-test with Cohen's d, and McNemar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxrbench.core.errors import UsageError
from cxrbench.metrics.base import FloatArray
from cxrbench.statistics.swaps import RANDOMISATION_TRIALS, swap_masks, swap_p_value
from cxrbench.statistics.weights import Groups

EXACT_BELOW = 25
"""Discordant pairs below which McNemar's p-value is the exact binomial one."""


@dataclass(frozen=True)
class PairedT:
    """A paired t-test.

    Attributes:
        mean_difference: Mean of first minus second.
        t, df, p: Statistic, degrees of freedom, two-sided p-value.
        d: Cohen's d as documented: difference / sqrt((s1^2 + s2^2) / 2).
        d_z: Difference / standard deviation of the differences, the effect size that fits the pairing.
        n: Pairs tested; groups where groups hold several examples.
        reason: Why there is no test.
    """

    mean_difference: float | None
    t: float | None
    df: int
    p: float | None
    d: float | None
    d_z: float | None
    n: int
    reason: str | None = None

    def line(self) -> str:
        """`t(df) = x.xx, p = 0.xxx, d = x.xx`"""
        if self.t is None or self.p is None:
            return f"no t-test: {self.reason}"
        effect = "undefined" if self.d is None else f"{self.d:.2f}"
        return f"t({self.df}) = {self.t:.2f}, {p_text(self.p)}, d = {effect}"


@dataclass(frozen=True)
class McNemar:
    """McNemar's test on two systems that are right or wrong on the same examples.

    Attributes:
        only_first, only_second: Examples that only one of them has right.
        statistic: (only_first - only_second)^2 / (only_first + only_second), as documented, without correction.
        p: Two-sided p-value.
        method: "chi-square"; "exact" (binomial) below 25 discordant pairs; "clustered" where groups hold several
            examples (approximate randomisation by swapping whole groups).
    """

    only_first: int
    only_second: int
    statistic: float | None
    p: float | None
    method: str
    reason: str | None = None

    def line(self) -> str:
        """`χ²(1) = x.xx, p = 0.xxx`, with the method where the p-value is not that of chi-square."""
        if self.statistic is None or self.p is None:
            return f"no McNemar test: {self.reason}"
        suffix = "" if self.method == "chi-square" else f" ({self.method})"
        return f"χ²(1) = {self.statistic:.2f}, {p_text(self.p)}{suffix}"


def paired_t_test(first: Sequence[float], second: Sequence[float], groups: Sequence[str] | None = None) -> PairedT:
    """Compare two systems by their per-example values on the same examples.

    Args:
        first, second: One finite value per example, aligned.
        groups: Group of each example; both systems' values are averaged within groups first.

    Raises:
        UsageError: The values are not aligned, or not finite.
    """
    a, b = _aligned(first, second, groups)
    if groups is not None:
        units = Groups.of(groups)
        table = units.sums(np.column_stack([np.ones(len(a)), a, b]))
        a, b = table[:, 1] / table[:, 0], table[:, 2] / table[:, 0]
    n, difference = len(a), a - b
    if n < 2:
        return PairedT(float(difference[0]) if n else None, None, max(n - 1, 0), None, None, None, n, "too few pairs")
    mean, spread = float(difference.mean()), float(difference.std(ddof=1))
    pooled = math.sqrt((float(a.var(ddof=1)) + float(b.var(ddof=1))) / 2)
    d = mean / pooled if pooled > 0 else None
    if np.ptp(difference) <= 1e-12 * max(1.0, float(np.abs(difference).max())):
        why = "no pair differs" if not difference.any() else "all pairs differ by the same amount"
        return PairedT(mean, None, n - 1, None, d, None, n, why)
    from scipy.special import stdtr

    t = mean / (spread / math.sqrt(n))
    return PairedT(mean, t, n - 1, float(2 * stdtr(n - 1, -abs(t))), d, mean / spread, n)


def mcnemar(
    first: Sequence[bool],
    second: Sequence[bool],
    groups: Sequence[str] | None = None,
    *,
    trials: int = RANDOMISATION_TRIALS,
    seed: int = 0,
) -> McNemar:
    """Compare two systems by which examples each has right.

    Args:
        first, second: Right or wrong per example, aligned.
        groups: Group of each example. Where a group holds several, examples are not independent, and the p-value
            comes from swapping whole groups.

    Raises:
        UsageError: The values are not aligned.
    """
    a, b = _aligned(first, second, groups)
    only_first, only_second = int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())
    discordant = only_first + only_second
    if not discordant:
        return McNemar(0, 0, None, None, "exact", "no example is right for one system alone")
    statistic = (only_first - only_second) ** 2 / discordant
    units = None if groups is None else Groups.of(groups)
    if units is not None and units.count < len(a):
        net = units.sums((a - b)[:, None])[:, 0]
        swapped = np.concatenate([(1 - 2 * mask) @ net for mask in swap_masks(units.count, trials, seed)])
        return McNemar(only_first, only_second, statistic, swap_p_value(net.sum(), swapped, units.count), "clustered")
    from scipy.special import bdtr, chdtrc

    if discordant < EXACT_BELOW:
        p = min(1.0, 2 * float(bdtr(min(only_first, only_second), discordant, 0.5)))
        return McNemar(only_first, only_second, statistic, p, "exact")
    return McNemar(only_first, only_second, statistic, float(chdtrc(1, statistic)), "chi-square")


def p_text(p: float) -> str:
    """`p = 0.xxx`, or `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _aligned(
    first: Sequence[float], second: Sequence[float], groups: Sequence[str] | None
) -> tuple[FloatArray, FloatArray]:
    a, b = np.asarray(first, float), np.asarray(second, float)
    if a.shape != b.shape or a.ndim != 1 or (groups is not None and len(groups) != len(a)):
        sizes = f"{a.shape} and {b.shape}" + ("" if groups is None else f", {len(groups)} groups")
        raise UsageError(f"a paired test needs one value of each system per example, got {sizes}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise UsageError("a paired test needs finite values", valid="leave undefined examples out of both systems")
    return a, b
