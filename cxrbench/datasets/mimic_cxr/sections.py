"""Sections of a MIMIC-CXR report, by the rules of the data set's authors.

The rules are those of MIT-LCP/mimic-cxr (`txt/section_parser.py`, `txt/create_section_files.py`), put into words:

1. A header is a line break, a blank, capitals with blanks and `()/,-`, a colon and white space. The line of a header
   is skipped when the next one is looked for, so two headers without text between them are one section.
2. What stands before the first header is the preamble; without any header the text is one "full report".
3. Names are in lower case and normalised (`_name`).
4. Findings and impressions without text are dropped.
5. Where neither is left, the last section is cut at its first blank line; the rest is the "last_paragraph".
6. Of several sections of one name the last counts.

The authors correct 46 reports by hand, from two lists of study ids that are not reproduced here; for these reports
`mimic_cxr_sectioned.csv`, where the user has it, is right and this parser is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LABELLED: Final = ("impression", "findings", "last_paragraph", "comparison")
"""Sections that label tools read, in order of preference."""
_HEADER: Final = re.compile(r"\n ([A-Z ()/,-]+):\s")
_BLANK_LINE: Final = "\n \n"
_SPELLINGS: Final[dict[str, tuple[str, ...]]] = {
    "impression": (
        *("impression", "conclusion", "findings and impression", "findings/impression", "findings/ impression"),
        *("impresson", "imprression", "imoression", "impressoin", "imprssion", "impresion", "imperssion"),
        *("mpression", "impession"),
        # So it is in the authors' table: a lost I makes an indication an impression.
        "ndication",
    ),
    "findings": (
        *("findings", "finding", "findins", "findindgs", "findgings", "findngs", "findnings", "finidngs"),
        *("reference findings", "chest, two views"),
    ),
    "indication": (*("indication", "reason for examination", "reason for exam", "clinical indication", "idication"),),
    "comparison": (
        *("comparison", "comparisons", "reference exam", "comparison exam", "comparison film"),
        *("comparision", "comparsion", "comparrison", "comparisions"),
    ),
    "history": ("history", "clinical history", "clinical information", "patient history", "pfi"),
    "examination": ("examination", "exam", "type of examination"),
    "recommendations": ("recommendations", "recommendation(s)", "recommendation"),
    "wet read": ("wet read", "wetread"),
}
_NAMES: Final = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}
_KEPT: Final = frozenset({"preamble", "technique", "notification", "addendum", "date", "comment", "full report"})
_CONTAINED: Final = ("impression", "findings", "history", "comparison", "addendum")
_FILM: Final = re.compile(
    "chest|portable|pa and lat|lateral and pa|ap and lateral|lateral and ap|frontal and|two views|frontal view|"
    "pa view|ap view|one view|lateral view|bone window|frontal upright|frontal semi-upright|ribs"
)


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its normalised name and its text as it stands."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportSections:
    """The sections of a report in the order of the text."""

    sections: tuple[Section, ...]

    def last(self, name: str) -> str | None:
        """The text of the last section of a name, stripped; None when there is none or it is empty."""
        found = [section.text.strip() for section in self.sections if section.name == name]
        return (found[-1] or None) if found else None

    @property
    def findings(self) -> str | None:
        return self.last("findings")

    @property
    def impression(self) -> str | None:
        return self.last("impression")

    @property
    def labelled(self) -> str | None:
        """The text that the data set's own labels were made from: the first section there is in `LABELLED`."""
        names = {section.name for section in self.sections}
        return next((self.last(name) for name in LABELLED if name in names), None)


def section_report(text: str) -> ReportSections:
    """Cut a report into its sections."""
    text = text.replace("\r\n", "\n")
    found = _cut(text)
    found = [section for section in found if section.name not in {"impression", "findings"} or section.text.strip()]
    if found and not {"impression", "findings"} & {section.name for section in found}:
        last = found[-1]
        head, blank, rest = last.text.partition(_BLANK_LINE)
        if blank:
            found[-1:] = [Section(last.name, head), Section("last_paragraph", rest)]
    return ReportSections(tuple(found))


def _cut(text: str) -> list[Section]:
    header = _HEADER.search(text)
    if header is None:
        return [Section("full report", text)]
    sections = [Section("preamble", text[: header.start(1)])]
    while header is not None:
        start = header.end()
        line_end = text.find("\n", start)
        following = _HEADER.search(text, line_end if line_end >= 0 else start)
        end = len(text) if following is None else following.start()
        sections.append(Section(_name(header[1]), text[start:end]))
        header = following
    return sections


def _name(header: str) -> str:
    """A header's normalised name: known spelling, else a main section's name in it, else findings where it describes
    a film, else as it is."""
    name = header.lower().strip()
    if name in _NAMES:
        return _NAMES[name]
    if name in _KEPT:
        return name
    contained = next((main for main in _CONTAINED if main in name), None)
    if contained is not None:
        return contained
    return "findings" if _FILM.search(name) else name
