"""The normal form of answers and the yes/no grammar."""

import re
import string
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.metrics.vqa import normalise_answer, parse_yes_no

EMOJI, ARABIC = "\N{THUMBS UP SIGN}", "صدر طبيعي"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Left Lung.", "left lung"),
        ("X-ray", "x ray"),
        ("  two\tnodules ", "2 nodules"),
        ("Twenty-one", "21"),
        ("twenty twelve", "20 12"),
        ("one two", "1 2"),
        ("seventy", "70"),
        ("A", "a"),
        ("the the", "the the"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER N}\N{FULLWIDTH LATIN CAPITAL LETTER O}", "no"),
        ("\N{SUPERSCRIPT TWO}", "2"),
        ("right\N{NO-BREAK SPACE}lobe", "right lobe"),
        ("right\N{EM DASH}sided", "right sided"),
        ("\N{RIGHT-TO-LEFT MARK}left\N{ZERO WIDTH SPACE}", "left"),
        (">8", "8"),
        ("...", ""),
        ("", ""),
        (EMOJI, EMOJI),
        (ARABIC, ARABIC),
    ],
)
def test_answers_have_one_normal_form(text, expected):
    assert normalise_answer(text) == expected


NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def slow_normal_form(text):
    """The definition, step by step, for words without compound numbers."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = "".join(" " if unicodedata.category(c)[0] == "P" or c in string.punctuation else c for c in text)
    words = text.split()
    words = [word for word in words if word not in ("a", "an", "the")] or words
    return " ".join(str(NUMBERS.index(word)) if word in NUMBERS else word for word in words)


@given(
    st.lists(st.sampled_from(["the", "A", "an", "lung,", "(left)", "two", "Ten", "x-ray", "is", "5%"]), max_size=8)
)
def test_the_normal_form_follows_its_definition(words):
    assert normalise_answer(" ".join(words)) == slow_normal_form(" ".join(words))


@settings(max_examples=300)
@given(st.text(max_size=40))
def test_the_normal_form_is_its_own_normal_form_save_for_what_lower_case_opens_up(text):
    once = normalise_answer(text)
    assert once == " ".join(once.split())
    assert not set(once) & set(string.punctuation)
    if once.isascii() and not re.search(r"\b(a|an|the)\b", once):
        assert normalise_answer(once) == once


@pytest.mark.parametrize(
    "text", ["yes", "Yes.", " YES! ", "yes, it is large", "Yes - both lungs", "the yes", "**Yes**"]
)
def test_a_yes_is_read(text):
    assert parse_yes_no(text) == "yes"


@pytest.mark.parametrize("text", ["no", "No.", "NO", "No, the heart is normal", "no effusion is seen"])
def test_a_no_is_read(text):
    assert parse_yes_no(text) == "no"


@pytest.mark.parametrize(
    "text",
    [
        "yes no",
        "no yes",
        "yes/no",
        "yesno",
        "Yes or no?",
        "normal",
        "The lungs appear normal",
        "The lungs appear no",
        "none",
        "not",
        "nope",
        "Yes, there is no effusion",
        "It is, yes",
        "y",
        "",
        "   ",
        EMOJI,
        ARABIC,
    ],
)
def test_anything_else_is_neither_yes_nor_no(text):
    assert parse_yes_no(text) is None


def test_an_answer_of_a_hundred_thousand_words_is_read():
    assert parse_yes_no("yes " + "lung " * 100_000) == "yes"
    assert parse_yes_no("yes " + "lung " * 100_000 + "no") is None
