"""Statements about the size of heart and mediastinum, put together from a structure and a state.

"The heart is enlarged" and "normal cardiac silhouette" name no finding; "the heart and lungs" alone says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cxrbench.metrics.labelers.rules import tags
from cxrbench.metrics.labelers.rules.tags import ABSENT, Span

_STATES = frozenset((tags.BIG, tags.NORMAL, tags.BORDERLINE))
_ENDS = frozenset((tags.BREAK, tags.WITH, tags.FINDING, tags.SUSPECT))
_SEPARATORS = frozenset((tags.COMMA, tags.AND, tags.OR, tags.BREAK, tags.WITH))
_ADJACENT = 2
_NEAR = 4


def sizes(spans: Sequence[Span], polarity: Sequence[int | None], borderline: int) -> Iterator[tuple[str, int]]:
    """(condition, polarity) for every structure whose size is stated.

    A state belongs to the structures right after it ("normal heart size and mediastinum"), else to those before it
    ("heart and aorta are normal"). Structures joined by commas and conjunctions share it.

    Args:
        borderline: Polarity of "borderline" and "upper limits of normal".
    """
    group: list[int] = []
    state: int | None = None
    loose: int | None = None
    steady = False
    for index, span in enumerate(spans):
        kind = span.kind
        if kind == tags.SUBJECT:
            if loose is not None and _adjacent(spans, loose, index):
                yield from _resolve(spans, group, state, polarity, borderline)
                group, state, steady = [index], loose, False
            elif (group and state is None and not steady) or (
                group and state is not None and loose is None and group[0] > state
            ):
                group.append(index)
            else:
                yield from _resolve(spans, group, state, polarity, borderline)
                group, state, steady = [index], None, False
            loose = None
        elif kind in _STATES:
            if group and state is None and not _belongs_right(spans, group[-1], index):
                state = index
            elif (
                group
                and state is not None
                and span.start - spans[state].end <= _ADJACENT
                and not any(
                    between.kind in _ENDS or between.kind == tags.COMMA for between in spans[state + 1 : index]
                )
                and not _subject_follows(spans, index)
            ):
                if kind != tags.NORMAL:
                    state = index
            else:
                loose = index
        elif kind == tags.STEADY:
            steady = True
        elif kind in _ENDS:
            yield from _resolve(spans, group, state, polarity, borderline)
            group, state, loose, steady = [], None, None, False
    yield from _resolve(spans, group, state, polarity, borderline)


def _adjacent(spans: Sequence[Span], state: int, subject: int) -> bool:
    if spans[subject].start - spans[state].end > _ADJACENT:
        return False
    return not any(span.kind in _SEPARATORS for span in spans[state + 1 : subject])


def _belongs_right(spans: Sequence[Span], subject: int, state: int) -> bool:
    """Behind a comma, a state goes with the structure right after it: "stable heart, enlarged aorta"."""
    if not any(span.kind == tags.COMMA for span in spans[subject + 1 : state]):
        return False
    for span in spans[state + 1 :]:
        if span.kind == tags.SUBJECT:
            return span.start - spans[state].end <= _NEAR
        if span.kind != tags.AND:
            return False
    return False


def _subject_follows(spans: Sequence[Span], index: int) -> bool:
    return index + 1 < len(spans) and spans[index + 1].kind == tags.SUBJECT and _adjacent(spans, index, index + 1)


def _resolve(
    spans: Sequence[Span], group: Sequence[int], state: int | None, polarity: Sequence[int | None], borderline: int
) -> Iterator[tuple[str, int]]:
    if state is None:
        return
    value: int | None = ABSENT
    if spans[state].kind != tags.NORMAL:
        value = polarity[state]
        if spans[state].kind == tags.BORDERLINE and value is not None:
            value = min(value, borderline)
    if value is None:
        return
    for index in group:
        for condition in spans[index].conditions:
            yield condition, value
