"""The section splitter on what models write."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.metrics.protocols import split_sections

F, I = "Heart size is normal.", "No acute disease."  # noqa: E741


@pytest.mark.parametrize(
    "text",
    [
        f"Findings: {F} | Impression: {I}",
        f"FINDINGS:\n{F}\n\nIMPRESSION:\n{I}",
        f"findings : {F} impression: {I}",
        f"**Findings:** {F}\n\n**Impression:** {I}",
        f"**FINDINGS**: {F}\n**IMPRESSION**: {I}",
        f"## FINDINGS\n{F}\n## IMPRESSION\n{I}",
        f"### **Findings**\n\n{F}\n\n### **Impression**\n\n{I}\n",
        f"1. Findings: {F} 2. Impression: {I}",
        f"**1. Findings:** {F} **2. Impression:** {I}",
        f"- **Findings**: {F}\n- **Conclusion**: {I}",
        f"Here is the report:\n\nFINDINGS: {F}\nIMPRESSION: {I}",
        f"Sure! Here's a report for this chest X-ray:\n\n__Findings__\n{F}\n__Impression__\n{I}",
        f"EXAM: chest.\nCOMPARISON: None.\nFINDINGS: {F}\nIMPRESSION: {I}\nRECOMMENDATION: CT.",
        f"TECHNIQUE\nPA view.\n\nFINDINGS\n{F}\n\nIMPRESSION\n{I}",
        f"```\nFindings: {F}\nImpression: {I}\n```",
        f"<findings>{F}</findings><impression>{I}</impression>",
        f"<report>\n<Findings>{F}</Findings>\n<Impression>{I}</Impression>\n</report>",
        f"{F} Impression: {I}",
        f"Impression: {I}\nFindings: {F}",
        f"Findings - {F}\nImpression - {I}",
        f"Radiology Report:\nFindings: {F}\nImpression: {I}",
        f"Key findings: {F}\nFinal impression: {I}",
    ],
)
def test_marked_sections_are_cut_out(text):
    found = split_sections(text)
    assert (found.findings, found.impression, found.marked) == (F, I, True)


@pytest.mark.parametrize(
    "text",
    [
        "The heart is normal. No acute findings.",
        "These findings are unchanged: heart, lungs.",
        "Findings are consistent with edema.",
        "Radiographic findings and impression as before.",
        "My overall impression is good",
        "Comparison: none. The heart is normal.",
        "",
        "   ",
    ],
)
def test_a_text_without_a_heading_is_kept_whole(text):
    found = split_sections(text)
    assert (found.findings, found.impression, found.marked) == (text, None, False)


@pytest.mark.parametrize(
    "preamble",
    [
        "Here is the report: ",
        "Here's the radiology report for the provided image:\n\n",
        "Sure, here is a findings paragraph: ",
        "Report: ",
        "**Radiology Report:** ",
        "Certainly! ",
        "The report is as follows: ",
        "Based on the provided chest X-ray, the report is: ",
        "Answer: ",
    ],
)
def test_a_preamble_is_dropped(preamble):
    found = split_sections(f"{preamble}{F} {I}")
    assert (found.findings, found.marked) == (f"{F} {I}", False)


def test_one_section_alone_leaves_the_other_empty():
    assert split_sections(f"Impression: {I}").findings is None
    assert split_sections(f"Findings: {F}").impression is None
    assert split_sections("Findings:\nImpression:").findings is None


def test_repeated_sections_are_joined():
    assert split_sections("Findings: a. Findings: b. Impression: c").findings == "a. b."


def test_numbered_impressions_keep_their_numbers():
    assert split_sections("IMPRESSION:\n1. Edema.\n2. Effusion.").impression == "1. Edema.\n2. Effusion."


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["Findings", "impression", ":", "\n", "**", " ", ". ", "|", "1.", "#", "lung", "<"])))
def test_any_arrangement_of_marks_only_loses_text(parts):
    text = "".join(parts)
    found = split_sections(text)
    kept = (found.findings or "") + (found.impression or "")
    assert kept.count("lung") <= text.count("lung")
    assert found.marked or found.impression is None


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["* ", "# ", "findings ", "1. ", "**", "| ", "here is the ", "\n \t", "sure. "])
def test_a_degenerate_text_takes_no_more_than_linear_time(unit):
    split_sections(unit * 50_000)
