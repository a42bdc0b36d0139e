from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mimic_writer import report

from cxrbench.datasets.mimic_cxr.sections import section_report

DOCUMENTED = """                                 FINAL REPORT
 EXAMINATION:  CHEST (PA AND LAT)

 INDICATION:  ___ year old phantom with cough.

 TECHNIQUE:  Chest PA and lateral

 COMPARISON:  ___

 FINDINGS:

 The phantom heart is normal in size.  The phantom lungs are clear.

 IMPRESSION:

 No acute phantom process.
"""


def names(text: str) -> list[str]:
    return [section.name for section in section_report(text).sections]


def test_a_usual_report_is_cut_at_its_headers() -> None:
    found = section_report(DOCUMENTED)
    assert [section.name for section in found.sections] == [
        "preamble",
        "examination",
        "indication",
        "technique",
        "comparison",
        "findings",
        "impression",
    ]
    assert found.findings == "The phantom heart is normal in size.  The phantom lungs are clear."
    assert found.impression == "No acute phantom process."
    assert found.last("indication") == "___ year old phantom with cough."
    assert found.labelled == found.impression
    assert section_report(DOCUMENTED.replace("\n", "\r\n")) == found


def test_text_without_a_header_is_a_full_report_with_a_last_paragraph() -> None:
    found = section_report("Portable chest.\n \n The lungs are clear.\n \n No effusion.\n")
    assert [section.name for section in found.sections] == ["full report", "last_paragraph"]
    assert found.last("last_paragraph") == "The lungs are clear.\n \n No effusion."
    assert found.labelled == found.last("last_paragraph")
    assert section_report("Lungs are clear.").labelled is None


def test_the_last_section_of_a_name_counts_and_empty_ones_are_dropped() -> None:
    text = "\n IMPRESSION:  First.\n \n FINDINGS:  Clear.\n \n IMPRESSION:  Second.\n \n FINDINGS:\n \n"
    found = section_report(text)
    assert [section.name for section in found.sections] == ["preamble", "impression", "findings", "impression"]
    assert (found.impression, found.findings) == ("Second.", "Clear.")


def test_an_addendum_stands_before_the_report() -> None:
    found = section_report(
        "                                 FINAL REPORT\n ADDENDUM:  A corrected side.\n ______\n"
        "                                 FINAL REPORT\n FINDINGS:  Left effusion.\n"
    )
    assert [section.name for section in found.sections] == ["preamble", "addendum", "findings"]
    assert found.findings == "Left effusion."


def test_of_two_headers_without_text_between_them_the_second_is_text() -> None:
    found = section_report("\n FINDINGS:\n IMPRESSION:  Clear.\n")
    assert [section.name for section in found.sections] == ["preamble", "findings"]
    assert found.findings == "IMPRESSION:  Clear."


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("IMPRESSION", "impression"),
        ("CONCLUSION", "impression"),
        ("FINDINGS AND IMPRESSION", "impression"),
        ("FINDINGS/IMPRESSION", "impression"),
        ("IMPRESSOIN", "impression"),
        ("FINAL IMPRESSION", "impression"),
        ("FINDNGS", "findings"),
        ("CHEST, TWO VIEWS", "findings"),
        ("PORTABLE AP CHEST", "findings"),
        ("PA AND LATERAL CHEST RADIOGRAPHS", "findings"),
        ("LEFT RIBS", "findings"),
        ("REASON FOR EXAM", "indication"),
        ("IDICATION", "indication"),
        ("COMPARISONS", "comparison"),
        ("PATIENT HISTORY", "history"),
        ("SURGICAL HISTORY", "history"),
        ("RECOMMENDATION(S)", "recommendations"),
        ("WETREAD", "wet read"),
        ("TECHNIQUE", "technique"),
        ("PHANTOM", "phantom"),
    ],
)
def test_names_of_headers_are_normalised(header: str, name: str) -> None:
    assert names(f"\n {header}:  Text.\n \n IMPRESSION:  End.\n")[1] == name


@pytest.mark.parametrize("line", ["impression: small", "IMPRESSION small", "A1: no", "FINDINGS:no"])
def test_what_is_no_header_stays_text(line: str) -> None:
    assert names(f"\n INDICATION:  Cough.\n {line}\n")[:2] == ["preamble", "indication"]
    assert len(names(f"\n INDICATION:  Cough.\n {line}\n")) == 2


@given(st.text(max_size=200))
def test_any_text_is_cut_without_loss_of_order(text: str) -> None:
    place = 0
    whole = text.replace("\r\n", "\n")
    for section in section_report(text).sections:
        found = whole.find(section.text, place)
        assert found >= 0
        place = found


@given(st.lists(st.sampled_from(["findings", "impression", "indication", "technique"]), unique=True, min_size=1))
def test_a_written_report_gives_its_sections_back(kinds: list[str]) -> None:
    texts = {kind: f"Phantom {kind} text, line one.\n Line two." for kind in kinds}
    found = section_report(report(**texts))
    for kind, text in texts.items():
        assert found.last(kind) == text
