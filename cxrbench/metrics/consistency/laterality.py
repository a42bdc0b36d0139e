"""Laterality error rate: of the sides that a text states for a finding, how many the reference contradicts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np

from cxrbench.core.conditions import NO_FINDING
from cxrbench.core.types import Direction
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.labelers.rules import tags
from cxrbench.metrics.labelers.rules.labeler import RulesLabeler
from cxrbench.metrics.labelers.rules.lexicon import lexicon
from cxrbench.metrics.labelers.rules.scope import polarities
from cxrbench.metrics.labelers.rules.tags import ABSENT, Span
from cxrbench.metrics.labelers.rules.text import sentences
from cxrbench.metrics.labels.scores import report_text
from cxrbench.metrics.protocols.base import Protocol

Sides = Mapping[str, frozenset[str]]
"""Condition -> "left", "right" or both."""

_LEFT, _RIGHT = frozenset(("left",)), frozenset(("right",))
_BOTH = _LEFT | _RIGHT
_WORDS: dict[str, frozenset[str]] = {
    "left": _LEFT,
    "leftward": _LEFT,
    "lt": _LEFT,
    "lingula": _LEFT,
    "lingular": _LEFT,
    "right": _RIGHT,
    "rightward": _RIGHT,
    "rt": _RIGHT,
    "middle lobe": _RIGHT,
    "bilateral": _BOTH,
    "bilaterally": _BOTH,
    "bibasilar": _BOTH,
    "bibasal": _BOTH,
    "biapical": _BOTH,
    "both": _BOTH,
}
_UNPAIRED = frozenset(("Cardiomegaly", "Enlarged Cardiomediastinum", NO_FINDING))
_MENTIONS = frozenset((tags.FINDING, tags.SUSPECT))
_PLEURA = frozenset(("Pleural Effusion", "Pleural Other"))
_BARRIERS = frozenset((tags.BREAK, tags.COLON))
_JOINTS = frozenset((tags.COMMA, tags.AND, tags.OR, tags.WITH, tags.VERSUS))
_BARRED = 1 << 30
_JOINT_COST = 3
"""How many words a comma or conjunction between side and finding counts for."""


class Laterality(AdditiveMetric):
    """`laterality_error_rate`: stated sides of shared findings that the reference contradicts, as a share of all.

    A condition is comparable where both texts assert (or doubt) it with a side. Each side that the hypothesis gives
    it is one comparable statement ("bilateral" is two), and an error where the reference gives the condition only
    the other side. A finding without a side, or in one text only, is not counted: it is a miss or a false finding,
    which the label scores count. Conditions of the heart and mediastinum have no side.

    Args:
        protocol: Chooses the sections that are compared, untransformed; None compares all of a hypothesis with
            findings and impression (else the text) of its reference.
    """

    name = "laterality"

    def __init__(self, protocol: Protocol | None = None) -> None:
        self.protocol = protocol

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"laterality_error_rate": "lower"}

    def signature(self) -> str:
        texts = (
            f"protocol:{self.protocol.name}|reference:{self.protocol.reference}" if self.protocol else "texts:whole"
        )
        return f"laterality|{texts}|{RulesLabeler().signature()}|of:sides-stated-on-both|version:1"

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Columns: errors, comparable; counts of the example."""
        if self.protocol:
            texts = self.protocol.untransformed(pairs)
            hypotheses, references = texts.hypotheses, texts.references
        else:
            hypotheses = [pairs.hypothesis(index) for index in range(len(pairs))]
            references = [report_text(reference) for reference in pairs.references]
        known: dict[str, Sides] = {}
        rows = [_compare(_sides(said, known), _sides(truth, known)) for said, truth in zip(hypotheses, references)]
        return Statistics(("errors", "comparable"), np.array(rows, np.float64).reshape(-1, 2))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        rate = np.full(len(sums), np.nan)
        np.divide(sums[:, 0], sums[:, 1], out=rate, where=sums[:, 1] > 0)
        return {"laterality_error_rate": rate}

    def why_undefined(self, score: str) -> str:
        return "no finding has a stated side in both texts of any example"


def stated_sides(text: str) -> Sides:
    """The sides that a report states for each condition it asserts or doubts, over all its mentions.

    A side word belongs to the nearest mention of its sentence; commas and conjunctions between the two make the way
    longer. Sides of the heart's chambers and of the mediastinum's borders are not sides of a finding.
    """
    matcher, spelling = lexicon()
    found: dict[str, frozenset[str]] = {}
    for tokens in sentences(text, spelling):
        named = _side_words(tokens)
        if not named:
            continue
        spans = matcher.spans(tokens)
        polarity = polarities(spans, len(tokens))
        starts = [span.start for span in spans]
        kinds = _mention_kinds(spans)
        mentions = [index for index, span in enumerate(spans) if span.kind in kinds]
        for start, end, sides in named:
            owner = _owner(spans, starts, mentions, start, end)
            if owner is None or (polarity[owner] or ABSENT) <= ABSENT:
                continue
            for condition in spans[owner].conditions:
                if condition not in _UNPAIRED:
                    found[condition] = found.get(condition, frozenset()) | sides
    return found


def _sides(text: str, known: dict[str, Sides]) -> Sides:
    if text not in known:
        known[text] = stated_sides(text)
    return known[text]


def _compare(said: Sides, truth: Sides) -> tuple[int, int]:
    shared = [(said[condition], truth[condition]) for condition in said.keys() & truth.keys()]
    return sum(len(ours - theirs) for ours, theirs in shared), sum(len(ours) for ours, _ in shared)


def _side_words(tokens: Sequence[str]) -> list[tuple[int, int, frozenset[str]]]:
    """(start, end, sides) of every word about a side. A middle lobe is the right one, whether it is said or not."""
    found = []
    for index, token in enumerate(tokens):
        if token in _WORDS:
            found.append((index, index + 1, _WORDS[token]))
        elif token == "middle" and tokens[index + 1 : index + 2] == ["lobe"]:
            found.append((index, index + 2, _WORDS["middle lobe"]))
    return found


def _mention_kinds(spans: Sequence[Span]) -> frozenset[int]:
    """The bare word "thickening" is a finding where the sentence speaks of the pleura, as the labeler has it."""
    pleura = any(span.kind in _MENTIONS and not _PLEURA.isdisjoint(span.conditions) for span in spans)
    return _MENTIONS | {tags.THICKENING} if pleura else _MENTIONS


def _owner(spans: Sequence[Span], starts: Sequence[int], mentions: Sequence[int], start: int, end: int) -> int | None:
    """Index of the mention nearest to the side word at tokens [start, end); of two, the one that follows it."""
    around = bisect_right(starts, start) - 1
    place = bisect_right(mentions, around)
    if around >= 0 and start < spans[around].end:
        if place and mentions[place - 1] == around:
            return around
        if spans[around].kind == tags.SUBJECT:
            return None
    # The way to a mention grows with everything in between, so only the next ones on either side can be nearest.
    ways: list[tuple[int, int]] = []
    if place < len(mentions):
        index = mentions[place]
        between = [span for span in spans[around + 1 : index] if span.start >= end]
        ways.append((_length(between, spans[index].start - end), index))
    if place:
        index = mentions[place - 1]
        between = [span for span in spans[index + 1 : around + 1] if span.end <= start]
        ways.append((_length(between, start - spans[index].end), index))
    least, nearest = min(ways, key=lambda way: way[0], default=(_BARRED, -1))
    return None if least >= _BARRED else nearest


def _length(between: Sequence[Span], words: int) -> int:
    if any(span.kind in _BARRIERS for span in between):
        return _BARRED
    return words + _JOINT_COST * sum(span.kind in _JOINTS for span in between)
