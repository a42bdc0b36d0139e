"""R2Gen's settings for MIMIC-CXR, against a second writing-down of its published cleaner."""

import re

from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.protocols import get_protocol, r2gen

WORDS = st.sampled_from(
    [
        "the",
        "heart",
        "___",
        "_____",
        "1. ",
        "2. ",
        ". 3. ",
        "..",
        "....",
        "\n",
        "  ",
        "x-ray",
        "(mild)",
        "'s",
        "/",
        "5.2",
    ]
)


def published(report):
    """`clean_report_mimic_cxr` of R2Gen, in words of one's own: each step as often as it is written there."""
    for old, new, times in (("\n", " ", 1), ("__", "_", 7), ("  ", " ", 6), ("..", ".", 8), ("1. ", "", 1)):
        for _ in range(times):
            report = report.replace(old, new)
    for digit in (2, 3, 4, 5):
        report = report.replace(f". {digit}. ", ". ")
    for digit in (2, 3, 4, 5):
        report = report.replace(f" {digit}. ", ". ")
    sentences = report.strip().lower().split(". ")
    tokens = []
    for sentence in sentences:
        bare = re.sub(r"[\"/\\']", "", sentence).strip()
        tokens.append(re.sub(r"[.,?;*!%^&_+():<=>@\[\]{}]", "", bare))
    return " ".join((" . ".join(tokens) + " .").split())


@given(st.lists(WORDS, min_size=1, max_size=25).map(" ".join))
def test_the_cleaning_equals_the_published_steps(text):
    if text.strip():
        assert r2gen.clean(text, mimic=True) == published(text)


def test_line_breaks_and_underscores_are_what_differs_from_iu_x_ray():
    text = "Compared to ___ the heart\nis normal."
    assert r2gen.clean(text, mimic=True) == "compared to the heart is normal ."


def test_words_under_ten_occurrences_are_unknown_and_references_end_at_99_tokens():
    training = ["heart"] * 10 + ["lung"] * 9
    protocol = get_protocol("r2gen-mimic", training_texts=training)
    reference = Reference("1", findings="Heart lung " * 80)
    found = protocol.texts(Pairs([reference], [Prediction("1", text="lung")]))
    words = found.references[0].split()
    assert words[:2] == ["heart", "<unk>"]
    assert len(words) == 99
    assert found.hypotheses == ["lung ."]
    assert "vocabulary:train10-" in protocol.signature_part()
    assert "reference_tokens:99" in protocol.signature_part()
