"""The strata of report tasks: where a model's score comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from cxrbench.core.conditions import NO_FINDING
from cxrbench.core.types import Reference
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.metrics.labels.scores import report_text

SHORT, LONG = 20, 45
"""Words of the reference report: "short" has fewer than 20, "long" more than 45 (near the thirds of IU X-ray)."""


def report_strata(
    references: Sequence[Reference], seen_findings: Set[str | None] | None = None
) -> dict[str, Mapping[str, tuple[str, ...]]]:
    """Strata by reference id.

    - finding: "normal" where the rule labeler says No Finding, "abnormal" where it finds anything but devices,
      "undetermined" otherwise.
    - condition: every condition that is positive or uncertain in the reference.
    - length: of the reference report.
    - seen_in_training: whether the reference findings occur verbatim among the training reports.

    Args:
        seen_findings: The findings texts of the training split; None leaves the stratum `seen_in_training` out.
    """
    labels = get_labeler("rules").label([report_text(reference) for reference in references])
    strata: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for reference, found in zip(references, labels):
        present = tuple(name for name, value in found.items() if value in (1, -1))
        words = len((reference.text or "").split())
        strata[reference.id] = {
            "finding": (_finding(present),),
            "condition": present,
            "length": ("short" if words < SHORT else "long" if words > LONG else "medium",),
        }
        if seen_findings is not None:
            seen = "yes" if reference.findings in seen_findings else "no"
            strata[reference.id] = {**strata[reference.id], "seen_in_training": (seen,)}
    return strata


def _finding(present: tuple[str, ...]) -> str:
    if NO_FINDING in present:
        return "normal"
    return "abnormal" if any(name != "Support Devices" for name in present) else "undetermined"
