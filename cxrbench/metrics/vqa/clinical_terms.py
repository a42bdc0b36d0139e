"""Agreement of two texts on the clinical concepts that they mention."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.concepts import ConceptMatcher, Mention, get_concept_matcher
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.vqa.answers import gold_text, said_text
from cxrbench.metrics.vqa.means import ratio

_COLUMNS = ("n", "tp", "fp", "fn", "tp_polarity", "fp_polarity", "fn_polarity")
_Counts = tuple[int, int, int]


class ClinicalTermF1(AdditiveMetric):
    """Micro F1 over distinct concepts: `clinical_term_f1`, and `clinical_term_f1_polarity` over (concept, negated).

    Per pair, tp concepts are in both texts, fp only in the hypothesis, fn only in the reference; F1 =
    2 tp / (2 tp + fp + fn) of the sums. A pair without a concept on either side adds nothing. A concept that a text
    both asserts and denies counts with both polarities.

    Args:
        matcher: Finds the concepts; the embedded lexicon where None.
        protocol: Chooses the sections of reports, untransformed; None compares the whole of a text (else answer).
    """

    name = "clinical_terms"

    def __init__(self, matcher: ConceptMatcher | None = None, protocol: Protocol | None = None) -> None:
        self.matcher = matcher if matcher is not None else get_concept_matcher()
        self.protocol = protocol

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"clinical_term_f1": "higher", "clinical_term_f1_polarity": "higher"}

    def signature(self) -> str:
        texts = (
            f"protocol:{self.protocol.name}|reference:{self.protocol.reference}" if self.protocol else "texts:whole"
        )
        return f"clinical_term_f1|{texts}|{self.matcher.signature()}|concepts:distinct|aggregation:micro|version:1"

    def usable(self, reference: Reference) -> bool:
        if self.protocol is not None:
            return self.protocol.reference_text(reference) is not None
        return gold_text(reference) is not None

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        hypotheses, references = self._texts(pairs)
        mentions = lru_cache(maxsize=None)(self.matcher.mentions)
        known: dict[tuple[str, str], tuple[int, ...]] = {}
        rows = []
        for key in zip(references, hypotheses):
            row = known.get(key)
            if row is None:
                row = known[key] = concept_counts(mentions(key[0]), mentions(key[1]))
            rows.append((1, *row))
        return Statistics(_COLUMNS, np.array(rows, np.float64).reshape(-1, len(_COLUMNS)))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return {
            name: ratio(2 * sums[:, start], 2 * sums[:, start] + sums[:, start + 1] + sums[:, start + 2])
            for name, start in zip(self.scores, (1, 4))
        }

    def why_undefined(self, score: str) -> str:
        return "no clinical concept in any reference or hypothesis"

    def _texts(self, pairs: Pairs) -> tuple[list[str], list[str]]:
        if self.protocol is not None:
            texts = self.protocol.untransformed(pairs)
            return texts.hypotheses, texts.references
        return (
            [said_text(prediction) for prediction in pairs.predictions],
            [gold_text(reference) or "" for reference in pairs.references],
        )


def concept_counts(gold: tuple[Mention, ...], found: tuple[Mention, ...]) -> tuple[int, ...]:
    """tp, fp, fn of distinct concepts, then of distinct (concept, negated) pairs."""
    return (
        *_counts({item.concept for item in gold}, {item.concept for item in found}),
        *_counts({(item.concept, item.negated) for item in gold}, {(item.concept, item.negated) for item in found}),
    )


def _counts(gold: set[str] | set[tuple[str, bool]], found: set[str] | set[tuple[str, bool]]) -> _Counts:
    both = sum(item in gold for item in found)
    return both, len(found) - both, len(gold) - both
