"""Which mentions of a sentence are denied: the cues and scopes of the rule labeler, for mentions of any matcher."""

from __future__ import annotations

from collections.abc import Sequence

from cxrbench.metrics.labelers.rules import tags
from cxrbench.metrics.labelers.rules.lexicon import lexicon
from cxrbench.metrics.labelers.rules.scope import polarities

_CUES = frozenset(
    (
        tags.NEGATE,
        tags.NEGATE_BACK,
        tags.NEGATE_EITHER,
        tags.PROBABLE,
        tags.POSSIBLE,
        tags.PROBABLE_BACK,
        tags.POSSIBLE_BACK,
        tags.VERSUS,
        tags.DIFFERENTIAL,
        tags.BREAK,
        tags.COLON,
        tags.WITH,
        tags.COMMA,
        tags.OR,
        tags.AND,
        tags.HYPOTHETICAL,
        tags.STARTER,
        tags.STEADY,
    )
)
Place = tuple[int, int]
"""Tokens [start, end) of a sentence."""


def denied(tokens: Sequence[str], places: Sequence[Place]) -> list[bool | None]:
    """Whether the sentence denies what each place mentions.

    Args:
        tokens: A sentence in the spelling of the rule labeler.
        places: Mentions that can be denied, not overlapping, in order.

    Returns:
        One value per place; None where the words are part of a longer cue and so no mention ("clear" in "clear of").
    """
    cues = []
    swallowed: set[Place] = set()
    for span in lexicon()[0].spans(tokens):
        if span.kind not in _CUES:
            continue
        touched = [place for place in places if place[0] < span.end and span.start < place[1]]
        longer = [place for place in touched if place[1] - place[0] >= span.end - span.start]
        # A cue that goes on behind a mention keeps its force: "the lungs are clear of consolidation".
        if all(span.end > end for _, end in longer):
            cues.append(span)
            swallowed.update(place for place in touched if place not in longer)
    kept = [tags.Span(tags.FINDING, (), *place) for place in places if place not in swallowed]
    spans = sorted([*cues, *kept], key=lambda span: span.start)
    absent = {
        (span.start, span.end)
        for span, value in zip(spans, polarities(spans, len(tokens)))
        if span.kind == tags.FINDING and value == tags.ABSENT
    }
    return [None if place in swallowed else place in absent for place in places]
