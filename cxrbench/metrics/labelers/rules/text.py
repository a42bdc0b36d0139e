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
_ENDS = frozenset(".;?!\n")
_WRAPPED = (50, 110)


def statements(text: str) -> str:
    """The parts of a report that state something about the film: findings, impression and unheaded text.

    Indication, history, comparison, technique and the like are left out: they speak of questions and of the past.
    Headings count at the start of a line or after a full stop, with a colon or alone on a line; plain, capital
    and markdown headings are understood. Anatomical headings ("Lungs:") are part of the findings.
    """
    if ":" not in text and "\n" not in text:
        return text
    kept: list[str] = []
    start, keep = 0, True
    for header in _HEADER.finditer(text):
        # A heading without a colon must stand alone on its line: "... no acute findings" at a line's end is prose.
        if (
            header["alone"] is not None
            and header.start("lead") == header.end("lead")
            and not _starts_line(text, header)
        ):
            continue
        if keep:
            kept.append(text[start : header.start()])
        start, keep = header.end(), header["statement"] is not None
    if keep:
        kept.append(text[start:])
    return "\n\n".join(kept)


def _starts_line(text: str, header: re.Match[str]) -> bool:
    return header.start() == 0 or text[header.start() - 1] == "\n"


def join_wrapped_lines(text: str) -> str:
    """Lines broken in mid-sentence put together again; every newline left over ends a sentence.

    A newline is a wrap when the line before it has the length of a wrapped line and no final punctuation, and the
    next line does not open like a sentence or list item.
    """
    lines = text.split("\n")
    joined = lines[0]
    for before, line in itertools.pairwise(lines):
        bare = before.rstrip()
        wrapped = _WRAPPED[0] <= len(bare) <= _WRAPPED[1] and bare[-1] not in ".;:?!" and not _CAPITALISED.match(line)
        joined += (" " if wrapped and line.strip() else "\n") + line
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
