"""The rule-based labeler: sentences to mentions, mentions to labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from cxrbench.core.conditions import CONDITIONS, NEGATIVE, NO_FINDING, POSITIVE, SUPPORT_DEVICES, UNCERTAIN
from cxrbench.core.errors import UsageError
from cxrbench.metrics.labelers.base import ConditionLabels
from cxrbench.metrics.labelers.rules import tags
from cxrbench.metrics.labelers.rules.lexicon import lexicon
from cxrbench.metrics.labelers.rules.scope import polarities
from cxrbench.metrics.labelers.rules.structure import sizes
from cxrbench.metrics.labelers.rules.tags import ABSENT, DOUBTFUL, LIKELY
from cxrbench.metrics.labelers.rules.text import sentences

Hedges = Literal["graded", "all", "none"]
NoFindingRule = Literal["recognised", "chexpert"]

_VALUES: dict[str, tuple[int, int, int, int]] = {
    "graded": (NEGATIVE, UNCERTAIN, POSITIVE, POSITIVE),
    "all": (NEGATIVE, UNCERTAIN, UNCERTAIN, POSITIVE),
    "none": (NEGATIVE, POSITIVE, POSITIVE, POSITIVE),
}
_NAMED = frozenset((tags.FINDING, tags.SUSPECT))
_BLOCKERS = frozenset(name for name in CONDITIONS if name not in (NO_FINDING, SUPPORT_DEVICES))


class RulesLabeler:
    """Labels of the fourteen CheXpert conditions by phrases, scopes and a little anatomy; no model, no download.

    A condition is positive if any mention asserts it, else uncertain if any mention doubts it, else negative if any
    denies it, else unmentioned. (The CheXpert labeler tests "negative and uncertain" first and so calls
    [negative, uncertain, positive] uncertain.)

    Args:
        hedges: What uncertain wording becomes. "graded": probable, likely, suggests, consistent with -> 1; may,
            possible, versus, cannot exclude -> -1. "all": both -> -1. "none": both -> 1.
        no_finding: "recognised": 1 only if a sentence about the chest was recognised and nothing abnormal is
            asserted or doubted (Support Devices do not count). "chexpert": the rule of the CheXpert labeler, which
            also says 1 where nothing was recognised. A text without any word has no label under either.

    Raises:
        UsageError: An option has another value.
    """

    name = "rules"
    version = "1"

    def __init__(self, hedges: Hedges = "graded", no_finding: NoFindingRule = "recognised") -> None:
        for option, value, valid in (
            ("hedges", hedges, get_args(Hedges)),
            ("no_finding", no_finding, get_args(NoFindingRule)),
        ):
            if value not in valid:
                raise UsageError(f"rules labeler: {option} {value!r} is unknown", valid=", ".join(valid))
        self.hedges = hedges
        self.no_finding = no_finding
        self._values = _VALUES[hedges]
        self._matcher, self._spelling = lexicon()

    def signature(self) -> str:
        return f"labeler:{self.name}|version:{self.version}|hedges:{self.hedges}|no_finding:{self.no_finding}"

    def label(self, texts: Sequence[str]) -> list[ConditionLabels]:
        """Labels of each text, in order; see the class for the rules."""
        return [self._label(text) for text in texts]

    def mentions(self, text: str) -> list[tuple[str, int]]:
        """(condition, polarity) of every mention, in reading order within its sentence: what `label` aggregates."""
        found: list[tuple[str, int]] = []
        for tokens in sentences(text, self._spelling):
            self._read(tokens, found)
        return found

    def _read(self, tokens: list[str], found: list[tuple[str, int]]) -> tuple[bool, bool]:
        """Adds the mentions of a sentence to `found`.

        Returns:
            Whether the sentence is recognised as one about the chest; whether it asserts another abnormality.
        """
        spans = self._matcher.spans(tokens)
        if not spans:
            return False, False
        polarity = polarities(spans, len(tokens))
        recognised = other = subject = False
        for span, value in zip(spans, polarity):
            kind = span.kind
            if kind in _NAMED or (kind == tags.THICKENING and _speaks_of_pleura(spans)):
                if value is not None:
                    recognised = True
                    if kind == tags.SUSPECT:
                        value = min(value, DOUBTFUL)
                    found.extend((condition, value) for condition in span.conditions)
            elif kind == tags.SUBJECT:
                recognised = True
                subject = subject or bool(span.conditions)
            elif kind == tags.OTHER and value is not None:
                recognised = True
                other = other or value > ABSENT
            elif kind == tags.CHEST:
                recognised = True
        if subject:
            found.extend(sizes(spans, polarity, LIKELY))
        return recognised, other

    def _label(self, text: str) -> ConditionLabels:
        labels: ConditionLabels = dict.fromkeys(CONDITIONS)
        found: list[tuple[str, int]] = []
        any_recognised = any_other = words = False
        for tokens in sentences(text, self._spelling):
            words = True
            recognised, other = self._read(tokens, found)
            any_recognised = any_recognised or recognised
            any_other = any_other or other
        strongest: dict[str, int] = {}
        for condition, value in found:
            if value > strongest.get(condition, -1):
                strongest[condition] = value
        for condition, value in strongest.items():
            labels[condition] = self._values[value]
        abnormal = any_other or any(
            value > ABSENT and condition in _BLOCKERS for condition, value in strongest.items()
        )
        if not abnormal and (any_recognised or (words and self.no_finding == "chexpert")):
            labels[NO_FINDING] = POSITIVE
        return labels


def _speaks_of_pleura(spans: list[tags.Span]) -> bool:
    return any(
        "Pleural Effusion" in span.conditions or "Pleural Other" in span.conditions
        for span in spans
        if span.kind in _NAMED
    )
