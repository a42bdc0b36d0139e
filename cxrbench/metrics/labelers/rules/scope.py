"""Which mentions of a sentence are asserted, doubted or denied.

One pass from left to right. A cue governs what follows it until its scope ends; a backward cue governs the mentions
of its own clause. The order of precedence is that of NegBio (Peng et al., AMIA 2018): an uncertain negation
("cannot exclude") is one longer phrase and so beats the negation inside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cxrbench.metrics.labelers.rules import tags
from cxrbench.metrics.labelers.rules.tags import ABSENT, DOUBTFUL, LIKELY, PRESENT, Span

_MENTIONS = frozenset((tags.FINDING, tags.SUSPECT, tags.BIG, tags.BORDERLINE, tags.OTHER, tags.THICKENING))
_OPENERS = frozenset((tags.STARTER, tags.STEADY))
_FORWARD = {tags.PROBABLE: LIKELY, tags.POSSIBLE: DOUBTFUL}
_BACKWARD = {tags.PROBABLE_BACK: LIKELY, tags.POSSIBLE_BACK: DOUBTFUL}


def polarities(spans: Sequence[Span], length: int) -> list[int | None]:
    """Polarity of every span: ABSENT, DOUBTFUL, LIKELY or PRESENT; None for cues and hypothetical mentions.

    Args:
        spans: Of one sentence, in order.
        length: Number of tokens of the sentence.
    """
    found: list[int | None] = [None] * len(spans)
    negated = hypothetical = False
    certainty = PRESENT
    clause: list[int] = []
    before_colon: list[int] = []
    after_or = listing = False
    for index, span in enumerate(spans):
        kind = span.kind
        if kind in _MENTIONS:
            if not hypothetical:
                found[index] = ABSENT if negated else certainty
                if after_or:
                    _weaken(found, [index], LIKELY)
            clause.append(index)
            after_or = False
        elif kind == tags.NEGATE and span.end == length:
            _deny(found, clause or before_colon)
        elif kind == tags.NEGATE:
            negated, hypothetical, certainty, clause = True, False, PRESENT, []
        elif kind in _FORWARD:
            detached = _after_comma(spans, index)
            if negated and not detached:
                continue
            negated = False
            if _mention_follows(spans, index):
                certainty = min(certainty, _FORWARD[kind])
            elif not detached and _ends_clause(spans, index, length):
                _weaken(found, _enumeration(spans, clause, index), _FORWARD[kind])
        elif kind == tags.DIFFERENTIAL:
            negated, certainty, listing = False, DOUBTFUL, True
        elif kind in _BACKWARD:
            _weaken(found, _enumeration(spans, clause, index) or before_colon, _BACKWARD[kind])
            clause = []
        elif kind == tags.NEGATE_BACK:
            _deny(found, _enumeration(spans, clause, index) or before_colon)
            clause = []
        elif kind == tags.NEGATE_EITHER:
            if clause:
                _deny(found, _enumeration(spans, clause, index))
                clause = []
            else:
                negated = True
        elif kind == tags.VERSUS:
            if not negated:
                _weaken(found, clause[-1:], DOUBTFUL)
                certainty = min(certainty, DOUBTFUL)
        elif kind == tags.OR:
            if not negated and clause:
                _weaken(found, clause[-1:], LIKELY)
                after_or = True
        elif kind in (tags.COMMA, tags.AND):
            if kind == tags.COMMA:
                hypothetical = False
                if not listing and not _alternative_follows(spans, index):
                    certainty = PRESENT
            if _opens_statement(spans, index):
                negated = False
        elif kind in (tags.BREAK, tags.COLON):
            before_colon = clause if kind == tags.COLON else []
            negated, hypothetical, certainty, clause, listing = False, False, PRESENT, [], False
        elif kind == tags.WITH:
            certainty, clause = PRESENT, []
            negated = negated and not _after_comma(spans, index) and not _opens_statement(spans, index)
        elif kind == tags.HYPOTHETICAL:
            hypothetical = True
    return found


def _weaken(found: list[int | None], indexes: Sequence[int], limit: int) -> None:
    for index in indexes:
        value = found[index]
        if value is not None and value > limit:
            found[index] = limit


def _deny(found: list[int | None], indexes: Sequence[int]) -> None:
    """Also of hypothetical mentions: "history of pneumothorax, now resolved"."""
    for index in indexes:
        found[index] = ABSENT


def _enumeration(spans: Sequence[Span], clause: Sequence[int], cue: int) -> list[int]:
    """The mentions that a backward cue governs: the last one, and those joined to it by a conjunction.

    "Effusion, pneumothorax or edema is not seen" denies three, "small effusion, pneumothorax is not seen" one.
    """
    governed: list[int] = []
    for index in reversed(clause):
        if governed:
            between = {span.kind for span in spans[index + 1 : cue]}
            if tags.COMMA in between and not between & {tags.OR, tags.AND}:
                break
        governed.append(index)
    return governed


def _after_comma(spans: Sequence[Span], index: int) -> bool:
    return index > 0 and spans[index - 1].kind == tags.COMMA and spans[index].start - spans[index - 1].end <= 1


def _ends_clause(spans: Sequence[Span], index: int, length: int) -> bool:
    """Whether nothing comes between this cue and the end of the sentence or the next comma or break."""
    following = spans[index + 1] if index + 1 < len(spans) else None
    if following is None:
        return spans[index].end == length
    return following.start == spans[index].end and following.kind in (tags.COMMA, tags.COLON, tags.BREAK)


def _mention_follows(spans: Sequence[Span], index: int) -> bool:
    for span in spans[index + 1 :]:
        if span.kind in _MENTIONS:
            return True
        if span.kind in (tags.BREAK, tags.COLON, tags.WITH):
            return False
        if span.kind == tags.COMMA and not _alternative_follows(spans, index):
            return False
    return False


def _alternative_follows(spans: Sequence[Span], index: int) -> bool:
    for span in spans[index + 1 :]:
        if span.kind in (tags.OR, tags.VERSUS):
            return True
        if span.kind in (tags.BREAK, tags.COLON, tags.NEGATE):
            return False
    return False


def _opens_statement(spans: Sequence[Span], index: int) -> bool:
    """Whether a new positive statement starts here: "no pneumothorax, small effusion"; not where an "or" follows."""
    if index + 1 >= len(spans) or spans[index + 1].kind not in _OPENERS:
        return False
    return spans[index + 1].start == spans[index].end and not _alternative_follows(spans, index)
