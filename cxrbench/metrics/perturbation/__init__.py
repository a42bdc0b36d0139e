"""Controlled changes of report texts, to see which score notices what.

The kinds of error follow the six categories by which radiologists graded generated reports in Yu et al., "Evaluating
progress in automatic chest X-ray radiology report generation" (Patterns 2023): false finding, missed finding, wrong
location, wrong severity, comparison that the reference has not, comparison left out; beside them changes that a good
score should not mind (paraphrase, order) and the two ends of the scale (another patient's report, no text).
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.metrics.perturbation.base import Perturbation, Perturbed, Source, sentencewise
from cxrbench.metrics.perturbation.findings import add_findings, drop_finding
from cxrbench.metrics.perturbation.negation import flip_negation
from cxrbench.metrics.perturbation.order import empty, keep, other_report, shuffle_sentences
from cxrbench.metrics.perturbation.paraphrase import paraphrase
from cxrbench.metrics.perturbation.wording import change_severity, claim_comparison, swap_sides

PERTURBATIONS: Mapping[str, Perturbation] = {
    item.name: item
    for item in (
        Perturbation("identity", "the reference itself", True, keep),
        Perturbation("paraphrase", "other words, same statement", True, sentencewise(paraphrase)),
        Perturbation("shuffled_sentences", "same sentences, other order", True, shuffle_sentences),
        Perturbation("negation_flip", "denied becomes asserted and the reverse", False, sentencewise(flip_negation)),
        Perturbation("laterality_swap", "left becomes right and the reverse", False, sentencewise(swap_sides)),
        Perturbation("severity_change", "mild becomes severe and the reverse", False, sentencewise(change_severity)),
        Perturbation("dropped_findings", "sentences with a finding left out", False, sentencewise(drop_finding)),
        Perturbation("added_findings", "findings that are not in the reference", False, add_findings),
        Perturbation("false_comparison", "claims of an earlier film", False, sentencewise(claim_comparison)),
        Perturbation("other_patient", "the report of another patient", False, other_report),
        Perturbation("empty", "no text", False, empty),
    )
}

__all__ = ["PERTURBATIONS", "Perturbation", "Perturbed", "perturb"]


def perturb(
    name: str, texts: Mapping[str, str], *, seed: int = 0, at_most: int | None = None
) -> dict[str, Perturbed]:
    """Change every report of a set.

    Args:
        name: One of `PERTURBATIONS`.
        texts: Report by id. A report's result depends on its id, its text and the seed alone, but for
            `other_patient`, which draws among the texts of the set.
        at_most: How many sentences to change in each report; None for all that can be changed.

    Returns:
        Id -> the changed text with its counts, in the order given.

    Raises:
        UnknownNameError: No perturbation has that name.
        UsageError: `at_most` is below 1.
    """
    if name not in PERTURBATIONS:
        raise UnknownNameError("perturbation", name, PERTURBATIONS)
    if at_most is not None and at_most < 1:
        raise UsageError(f"perturb: at_most is {at_most}", valid="1 or more, or None for all")
    others = [texts[key] for key in sorted(texts)]
    apply = PERTURBATIONS[name].apply
    return {key: apply(Source(text, others, Random(f"{seed}/{name}/{key}"), at_most)) for key, text in texts.items()}
