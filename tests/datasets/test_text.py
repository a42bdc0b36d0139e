from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.datasets.text import clean_section, split_sentences, training_target


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  The heart is normal.\n\nThe lungs   are clear. ", "The heart is normal. The lungs are clear."),
        ("The heart is normal. There is no XXXX of effusion. Lungs clear.", "The heart is normal. Lungs clear."),
        ("Normal chest x-XXXX.", ""),
        ("XXXX, XXXX. Stable.", "Stable."),
        ("Contours normal.. Clear lungs.", "Contours normal. Clear lungs."),
        ("The lungs are clear.Heart normal .No effusion", "The lungs are clear. Heart normal. No effusion"),
        ("1. Small effusion. 2. XXXX nodule. 3. Normal heart.", "1. Small effusion. 3. Normal heart."),
        ("A 1.5 cm nodule, per Dr. Smith. No change", "A 1.5 cm nodule, per Dr. Smith. No change"),
        ("Is there a nodule? No.", "Is there a nodule? No."),
        ("", ""),
        (None, ""),
    ],
)
def test_sections_are_cleaned_as_documented(raw: str | None, clean: str) -> None:
    assert clean_section(raw) == clean


def test_no_sentence_ends_after_no() -> None:
    assert split_sentences("Effusion: no. Heart normal.") == ["Effusion: no.", "Heart normal."]


@given(st.text(alphabet="abAB X.,!?()0-19\n", max_size=80))
def test_cleaning_twice_changes_nothing_and_leaves_no_token(text: str) -> None:
    once = clean_section(text.replace(" X", " XXXX"))
    assert "XXXX" not in once
    assert clean_section(once) == once
    assert once == " ".join(once.split())


def test_a_target_joins_findings_and_impression() -> None:
    assert training_target("Lungs clear.", "Normal chest.") == "Lungs clear. | Impression: Normal chest."


def test_an_empty_impression_drops_its_part() -> None:
    assert training_target("Lungs clear.", None) == "Lungs clear."
    assert training_target("Lungs clear.", "Normal x-XXXX.") == "Lungs clear."


def test_a_study_without_findings_is_skipped() -> None:
    assert training_target(None, "Normal chest.") is None
    assert training_target("No XXXX.", "Normal chest.") is None
