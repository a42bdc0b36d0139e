import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.datasets.qba.gold import question_gold, yes_no_gold
from cxrbench.datasets.qba.gold.question import AnswerFacts
from cxrbench.datasets.qba.question_types import QUESTION_TYPES

NORMAL_FAMILY = ("B04_is_normal", "B11_is_normal_subcat", "C04_is_normal_region")


@pytest.mark.parametrize(
    ("text", "positive", "inverted", "answer", "agrees"),
    [
        ("Yes, there is a small effusion.", True, False, "yes", True),
        ("No, there is no effusion.", False, False, "no", True),
        ("No, the chest X-ray is abnormal.", True, True, "no", True),
        ("Yes, the chest X-ray is normal.", False, True, "yes", True),
        ("Yes, there is an effusion.", False, False, "yes", False),
        ("No.", True, False, "no", False),
        ("no", None, False, "no", None),
        ("The heart is enlarged.", True, False, "yes", None),
        ("The heart is enlarged.", True, True, "no", None),
        ("The heart is enlarged.", None, False, None, None),
        ("", None, True, None, None),
        # Here the word negates a noun: the statement, not the question, is denied.
        ("No acute abnormality.", False, True, "yes", None),
        ("No change of the large effusion.", True, False, "yes", None),
        ("No pneumothorax is seen.", None, False, "no", None),
        ("No acute abnormality.", None, True, None, None),
        ("Not seen.", True, False, "yes", None),
        ("Nodule in the left lung.", True, False, "yes", None),
        ("Yesterday's film.", False, False, "no", None),
        ("NO - the lungs are clear", False, False, "no", True),
    ],
)
def test_the_sentence_decides_where_it_answers_and_positiveness_otherwise(text, positive, inverted, answer, agrees):
    assert yes_no_gold(text, positive, inverted=inverted) == (answer, agrees)


@pytest.mark.parametrize("name", [row.identifier for row in QUESTION_TYPES.values()])
def test_exactly_the_eleven_yes_no_types_get_a_yes_or_no_and_three_of_them_invert(name):
    gold = question_gold(name, [AnswerFacts("main_answer", "There is something.", True)]).yes_no
    if name in NORMAL_FAMILY:
        assert gold == "no"
    elif name.split("_", 1)[1].startswith(("is_", "has_")):
        assert gold == "yes"
    else:
        assert gold is None


@given(text=st.text(max_size=30), positive=st.sampled_from((True, False, None)), inverted=st.booleans())
def test_the_gold_of_any_sentence_is_yes_no_or_nothing_and_a_disagreement_follows_the_sentence(
    text, positive, inverted
):
    answer, agrees = yes_no_gold(text, positive, inverted=inverted)
    assert answer in ("yes", "no", None)
    if agrees is False:
        assert text.lower().lstrip().lstrip("".join(c for c in text if not c.isalnum())).startswith(answer)
    if answer is None:
        assert positive is None
