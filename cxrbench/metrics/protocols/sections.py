"""The one section splitter: cuts Findings and Impression out of what a model wrote.

Rules, in order:

1. Code fences, `<findings>`-like tags and a preamble ("Here is the report:", "Sure!", "Report:") are markup.
2. A heading is a known section name followed by a colon, at the start of the text or of a line, after the end of a
   sentence, or after `|`. At the start of a line it may also end the line or go on after a dash. Letters in any case,
   with or without markdown emphasis, `#` marks, bullets and numbers. A section name inside a sentence ("no acute
   findings") is no heading.
3. Text before the first heading counts as findings if no Findings heading follows, else it is dropped.
4. Sections other than findings and impression (technique, comparison, recommendation, …) are dropped.
5. Without a Findings or Impression heading, the whole text (less the preamble) is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMES = {
    "findings": r"(?:(?:chest|lung|key|imaging|radiographic|radiological)\s+)?findings?"
    r"(?:\s*(?:/|and|&)\s*impressions?)?",
    "impression": r"(?:(?:overall|final|summary)\s+)?impressions?|conclusions?|opinion",
    "other": r"exam(?:ination)?(?:\s+type)?|study|technique|procedure|views?|indications?|(?:clinical\s+)?history"
    r"|clinical\s+(?:information|indication|context)|reason\s+for\s+(?:the\s+)?exam(?:ination)?|comparisons?"
    r"|recommendations?|disclaimer",
}
_NAME = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _NAMES.items())
_EMPHASIS = r"[ \t]*(?:\*\*|__|\*|_)?[ \t]*"
_NUMBER = r"(?:\(?\d{1,2}[.)](?=[ \t*_]))?"
_BULLET = r"[ \t]*(?:\#{1,6}|[-*•>](?=[ \t]))?"
_HEADING = re.compile(
    rf"(?:(?P<line>^{_BULLET}{_EMPHASIS}{_NUMBER}{_EMPHASIS})|(?:(?<=[.;!?:])|\|){_EMPHASIS}{_NUMBER}{_EMPHASIS})"
    rf"(?:{_NAME}){_EMPHASIS}(?P<end>:{_EMPHASIS}|(?=\n|\Z)|[ \t]*[-–—][ \t])",
    re.IGNORECASE | re.MULTILINE,
)
_TAG = re.compile(r"<(?P<close>/?)\s*(?P<name>findings|impression|report|answer)\s*>", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*```[\w-]*[ \t]*$\n?", re.MULTILINE)
_PREAMBLES = (
    r"(?:sure|certainly|of course|absolutely|okay|ok)\b[ \t]*[,.!:][ \t]*",
    r"here(?:'s|’s|\s+is|\s+are)\s+[^.:\n]{0,120}:[ \t]*",
    r"(?:based\s+on|according\s+to|after\s+reviewing|upon\s+reviewing?)\s+[^.:\n]{0,160}:[ \t]*",
    r"the\s+(?:\w+\s+){0,3}(?:report|findings)\s+(?:is|are|reads?|shows?)?\s*(?:as\s+follows)?\s*:[ \t]*",
    r"(?:\*\*|__|\#{1,6}[ \t]*)?(?:(?:chest\s+)?(?:x-?ray|radiology|radiologist'?s?|radiographic|radiological)\s+)?"
    r"(?:report|answer)(?:\*\*|__)?[ \t]*:[ \t]*(?:\*\*|__)?",
)
_PREAMBLE = re.compile(rf"\s*(?:{'|'.join(_PREAMBLES)})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sections:
    """What a text holds. Without marks `findings` is the whole text; None means that there is no such section."""

    findings: str | None
    impression: str | None
    marked: bool


def split_sections(text: str) -> Sections:
    """Split `text`; never raises, and never adds a character that is not in it but blanks."""
    body = _without_preamble(_TAG.sub(_tag_to_heading, _FENCE.sub("", text)))
    headings = [match for match in _HEADING.finditer(body) if _is_heading(match)]
    kinds = [_kind(match) for match in headings]
    if not {"findings", "impression"} & set(kinds):
        return Sections(body if body.strip() != text.strip() else text, None, marked=False)
    parts: dict[str, list[str]] = {"findings": [], "impression": [], "other": []}
    if "findings" not in kinds and kinds[0] == "impression":
        parts["findings"].append(body[: headings[0].start()])
    ends = [match.start() for match in headings[1:]] + [len(body)]
    for match, kind, end in zip(headings, kinds, ends, strict=True):
        parts[kind].append(body[match.end() : end])
    return Sections(_content(parts["findings"]), _content(parts["impression"]), marked=True)


def _is_heading(match: re.Match[str]) -> bool:
    # A name followed by a dash or the end of its line is a heading only where it also began that line.
    return match["end"].startswith(":") or match["line"] is not None


def _kind(match: re.Match[str]) -> str:
    return next(kind for kind in _NAMES if match[kind] is not None)


def _tag_to_heading(match: re.Match[str]) -> str:
    if match["close"] or match["name"].lower() in ("report", "answer"):
        return "\n"
    return f"\n{match['name']}:"


def _without_preamble(text: str) -> str:
    while match := _PREAMBLE.match(text):
        text = text[match.end() :]
    return text


def _content(parts: list[str]) -> str | None:
    cleaned = (part.strip().strip("|").removesuffix("**").strip() for part in parts)
    return " ".join(part for part in cleaned if part) or None
