"""From a report to the sentences that make statements, as lists of normalised tokens."""

from __future__ import annotations

import itertools
import re

_STATEMENTS = (
    "findings and impression|findings/impression|findings & impression|findings|finding|impression|impressions"
    "|conclusion|conclusions|opinion|addendum|final impression|interpretation|summary"
)
_CONTEXT = (
    "clinical indication|clinical indications|clinical history|clinical information|clinical details"
    "|clinical statement|indication|indications|reason for exam|reason for examination|reason for study"
    "|reason for this examination|patient history|history|comparison|comparisons|comparison studies"
    "|compared to|technique|procedure|exam|examination|examinations|study|views|type of examination"
    "|recommendation|recommendations|notification|attending|dictated by|signed by|electronically signed by"
)
_HEADER = re.compile(
    rf"(?P<lead>^[\s#*_>-]*|(?<=[.\s]))(?:(?P<statement>{_STATEMENTS})|(?P<context>{_CONTEXT}))"
    r"[ \t*_]*(?::[*_]*|(?P<alone>[ \t]*$))",
    re.IGNORECASE | re.MULTILINE,
)
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z]+(?:'[a-z]+)?|_{2,}|[.,;:?!/\n()]")
_MARKUP = re.compile(r"<br\s*/?>|[\r\f\v]")
_CAPITALISED = re.compile(r"\s*(?:[A-Z][a-z]|[-*•]|\d{1,2}[.)]\s)")
_PARAGRAPH = re.compile(r"(?<=\S)[ \t]*\n[ \t]*\n")
_SENTENCE = re.compile(r"(?<=\S)[ \t]*\n[ \t]*\n|(?<=[.!?])\s+(?=[A-Z])")
_ENDS = frozenset(".;?!\n")
_SHORTEST_WRAP = 20
_WRAPPED = (50, 110)
_CONTINUES = re.compile(r"\s*(?:[a-z]|_{2,})")


def statements(text: str) -> str:
    """The parts of a report that state something about the film: findings, impression and unheaded text.

    Indication, history, comparison, technique and the like are left out: they speak of questions and of the past.
    Headings count at the start of a line or after a full stop, with a colon or alone on a line; plain, capital
    and markdown headings are understood. Anatomical headings ("Lungs:") are part of the findings. A section of
    context ends at the next heading or blank line; where the report has no other heading, at its first sentence.
    """
    if ":" not in text and "\n" not in text:
        return text
    headers = [header for header in _HEADER.finditer(text) if _is_heading(text, header)]
    kept: list[str] = []
    start = 0
    for index, header in enumerate(headers):
        kept.append(text[start : header.start()])
        start = header.end()
        if header["statement"] is None:
            end = headers[index + 1].start() if index + 1 < len(headers) else len(text)
            closing = (_PARAGRAPH if len(headers) > 1 else _SENTENCE).search(text, start, end)
            start = closing.end() if closing else end
    kept.append(text[start:])
    return "\n\n".join(kept)


def _is_heading(text: str, header: re.Match[str]) -> bool:
    # A heading without a colon must stand alone on its line: "... no acute findings" at a line's end is prose.
    return header["alone"] is None or header.start() == 0 or text[header.start() - 1] == "\n"


def join_wrapped_lines(text: str) -> str:
    """Lines broken in mid-sentence put together again; every newline left over ends a sentence.

    A newline is a wrap where the line before it has no final punctuation and some length, and the next line goes on
    in lower case, or does not open like a sentence or list item after a line as long as wrapped lines are.
    """
    lines = text.split("\n")
    joined = lines[0]
    for before, line in itertools.pairwise(lines):
        bare = before.rstrip()
        wrapped = False
        if len(bare) >= _SHORTEST_WRAP and bare[-1] not in ".;:?!":
            long = _WRAPPED[0] <= len(bare) <= _WRAPPED[1]
            wrapped = bool(_CONTINUES.match(line)) or (long and bool(line.strip()) and not _CAPITALISED.match(line))
        joined += (" " if wrapped else "\n") + line
    return joined


def sentences(text: str, spelling: dict[str, str]) -> list[list[str]]:
    """Sentences of the stating sections as normalised tokens.

    Args:
        text: A whole report, or one section.
        spelling: Token -> the spelling that the lexicon knows; an empty one drops the token (articles).
    """
    if "<" in text or "\r" in text:
        text = _MARKUP.sub("\n", text)
    text = statements(text)
    if "\n" in text:
        text = join_wrapped_lines(text)
    found: list[list[str]] = []
    current: list[str] = []
    normal = spelling.get
    for token in _TOKEN.findall(text.lower()):
        if token in _ENDS:
            if token == "?" and current:
                current.append(token)
            if current:
                found.append(current)
                current = []
        else:
            token = normal(token, token)
            if token:
                current.append(token)
    if current:
        found.append(current)
    return found
