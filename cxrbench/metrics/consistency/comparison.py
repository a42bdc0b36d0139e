"""Comparison claims: texts that speak of an earlier film although the request shows none."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from cxrbench.core.types import Direction
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.protocols.base import Protocol

CLAIMS: tuple[str, ...] = (
    r"unchanged|unaltered|stable",
    r"(?:no|not|without|little)\s+(?:(?:significant|significantly|interval|gross|definite|acute|substantial|appreciable"
    r"|obvious|much|real)\s+)*(?:change|changes|changed|difference)",
    r"(?:has|have|is|are|was|were)\s+(?:since\s+|now\s+|\w+ly\s+)?(?:changed|improved|worsened|resolved|progressed"
    r"|regressed|cleared|(?:increased|decreased)\s+in\s+size)",
    r"interval",
    r"again|re-?demonstrat\w+|as\s+before|than\s+before",
    r"persist\w*|residual|remains?|remained",
    r"(?:improved|improving|worsened|worsening|increasing|decreasing|enlarging|progressing|resolved|resolving)"
    r"(?=\s+\w)",
    r"improvement|progression|(?<!to )(?<!high )(?<!high-)resolution\s+of",
    r"(?:previously|formerly)\s+(?:\w+\s+)?(?:seen|noted|identified|demonstrated|visualized|described|present)",
    r"(?:seen|noted|identified|present)\s+previously|than\s+previously",
    r"(?:is|are|appears?)\s+new|new\s+(?:since|from|compared)|new\s+(?:\w+\s+){0,3}?(?:opacit\w+|consolidations?"
    r"|effusions?|infiltrates?|nodules?|pneumothora\w+|atelectasis|edema|fractures?|findings?)",
)
"""What says how something has changed or stayed: regular expressions over lower-case text."""

EARLIER_FILMS: tuple[str, ...] = (
    r"(?:prior|previous|earlier|preceding|old|remote|outside|comparison)\s+(?:\w+\s+){0,2}?(?:study|studies|exams?"
    r"|examinations?|radiographs?|films?|x-?rays?|images?|imaging|ct|cts|scans?|tomograms?|reports?|chest)",
    r"(?:similar|increased|decreased|compared|larger|smaller|better|worse)\s+(?:to|with|from|than|on)\s+(?:the\s+)?"
    r"(?:prior|previous|comparison|x{3,}|_{2,})",
    r"(?:from|on|to)\s+(?:the\s+)?(?:prior|previous|comparison)(?=\s*(?:$|[,x_]))",
    r"since\s+(?:the\s+|at\s+|an?\s+)?(?:prior|previous|last|earlier|comparison|study|exam|examination|abdomen|chest|ct"
    r"|\d{4}|x{3,}|_{2,})",
    r"(?:in\s+comparison|compared)\s+(?:to|with)\s+(?!(?:the\s+)?(?:left|right|contralateral|other)\b)",
)
"""What names an earlier film; not counted in a sentence that says that there is none, or asks for one."""

_LOOKALIKES = re.compile(
    r"\b(?:short[ -](?:term\s+)?interval|interval\s+(?:follow\w*|film|radiographs?)|\w+\s+interval\s+film"
    r"|no\s+new|without\s+new|again\s+(?:st|most)\w*|(?:clinically|hemodynamically|medically)\s+stable"
    r"|if\s+(?:\w+\s+){0,5}?(?:persists?|resolves?|improves?|improvement|worsens?)"
    r"|(?:to|ensure|document|confirm|until|assess|establish)\s+(?:\w+\s+)?(?:resolution|stability|clearing|improvement)"
    r"|(?:may|can|could|might|question)\s+(?:\w+\s+){0,4}?(?:resolving|improving|developing|residual|persistent))\b"
)
_NOT_AT_HAND = re.compile(
    r"\b(?:(?:no|without|absence\s+of|lack\s+of)\s+(?:\w+\s+){0,2}?(?:prior|priors|previous|comparisons?|old|outside)\b"
    r"|recommend\w*|correlat\w*|consider\w*|if\b|would\b|helpful|suggested|obtain)"
)
_SENTENCE_END = re.compile(r"[.;!?](?:\s|$)")
_CLAIM = re.compile(rf"\b(?:{'|'.join(CLAIMS)})\b")
_EARLIER = re.compile(rf"\b(?:{'|'.join(EARLIER_FILMS)})")


def claims_comparison(text: str) -> bool:
    """Whether a text says how something is compared to an earlier film ("unchanged", "since the prior study")."""
    return first_claim(text) is not None


def first_claim(text: str) -> str | None:
    """The first words of a text that claim a comparison, or None. "No prior film is available" claims none."""
    for sentence in _SENTENCE_END.split(" ".join(text.lower().split())):
        found = _CLAIM.search(_LOOKALIKES.sub(" | ", sentence))
        if found is None and not _NOT_AT_HAND.search(sentence):
            found = _EARLIER.search(sentence)
        if found is not None:
            return found[0].strip()
    return None


class ComparisonClaims(AdditiveMetric):
    """`comparison_claim_rate`: share of hypotheses that claim a comparison although no earlier film was shown.

    A model that sees one film cannot know that something is "unchanged"; it learnt the phrase from reports written
    with the earlier film at hand (Ramesh, Chi, Rajpurkar, "Improving Radiology Report Generation Systems by Removing
    Hallucinated References to Non-existent Priors", ML4H 2022). Only the hypothesis is read. An empty one claims
    nothing and stays in n.

    Args:
        protocol: Chooses the sections of the hypothesis that are read, untransformed; None reads all of it.
        without_prior: The task's statement that its requests show no earlier film or report. Where they do, a claim
            is no error, and the rate is undefined.
    """

    name = "comparison"

    def __init__(self, protocol: Protocol | None = None, *, without_prior: bool = True) -> None:
        self.protocol = protocol
        self.without_prior = without_prior

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"comparison_claim_rate": "lower"}

    def signature(self) -> str:
        section = "whole" if self.protocol is None else self.protocol.reference
        prior = "none" if self.without_prior else "shown"
        return f"comparison|sections:{section}|prior:{prior}|version:1"

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Columns: claims (0 or 1), count (1, or 0 where the requests show an earlier film)."""
        texts = (
            self.protocol.untransformed(pairs).hypotheses
            if self.protocol
            else [pairs.hypothesis(index) for index in range(len(pairs))]
        )
        counted = float(self.without_prior)
        rows = [[counted * claims_comparison(text), counted] for text in texts]
        return Statistics(("claims", "count"), np.array(rows, np.float64).reshape(-1, 2))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        rate = np.full(len(sums), np.nan)
        np.divide(sums[:, 0], sums[:, 1], out=rate, where=sums[:, 1] > 0)
        return {"comparison_claim_rate": rate}

    def why_undefined(self, score: str) -> str:
        return "no example" if self.without_prior else "the requests show an earlier film: a comparison is no error"
