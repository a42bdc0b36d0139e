"""Word overlap of answers."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.vqa import TokenF1
from cxrbench.metrics.vqa.token_f1 import token_f1

WORDS = st.lists(st.sampled_from(["left", "right", "lung", "effusion", "is", "small"]), max_size=8)


def squad_f1(gold: list[str], said: list[str]) -> float:
    """The published evaluation script of SQuAD, with its later rule for empty answers."""
    if not gold or not said:
        return float(gold == said)
    common = Counter(gold) & Counter(said)
    same = sum(common.values())
    if same == 0:
        return 0.0
    precision, recall = same / len(said), same / len(gold)
    return 2 * precision * recall / (precision + recall)


@given(WORDS, WORDS)
def test_the_f1_is_that_of_squad(gold, said):
    assert token_f1(" ".join(gold), " ".join(said)) == pytest.approx(squad_f1(gold, said), abs=1e-12)


@given(WORDS, WORDS)
def test_the_f1_is_symmetric_and_ignores_order(gold, said):
    forward = token_f1(" ".join(gold), " ".join(said))
    assert forward == pytest.approx(token_f1(" ".join(reversed(said)), " ".join(gold)))
    assert 0 <= forward <= 1


def test_both_empty_is_one_and_one_empty_is_zero():
    assert token_f1("", "") == token_f1("...", "") == 1
    assert token_f1("lung", "") == token_f1("", "lung") == 0


def test_the_text_is_compared_and_the_answer_stands_in_for_it(evaluate):
    gold = [Reference(id="0", text="left lung", answer="yes"), Reference(id="1", answer="left lung")]
    said = [Prediction(id="0", text="left lung", answer="no"), Prediction(id="1", answer="left")]
    assert evaluate(TokenF1(), gold, said)["token_f1"].value == pytest.approx((1 + 2 / 3) / 2)


def test_a_refused_answer_is_empty_text(evaluate):
    gold = [Reference(id="0", text="left lung"), Reference(id="1", text="")]
    said = [Prediction(id=str(i), status="refused", text="left lung") for i in range(2)]
    assert evaluate(TokenF1(), gold, said)["token_f1"].value == 0.5


def test_without_a_gold_text_the_score_is_null_with_a_reason(evaluate):
    assert evaluate(TokenF1(), [], [])["token_f1"].value is None
    found = evaluate(TokenF1(), [Reference(id="0", severity="mild")], [Prediction(id="0")])["token_f1"]
    assert (found.n, found.value, bool(found.reason)) == (0, None, True)


def test_a_text_of_a_hundred_thousand_words_is_scored(evaluate):
    gold = [Reference(id="0", text="lung " * 100_000)]
    said = [Prediction(id="0", text="lung " * 50_000)]
    assert evaluate(TokenF1(), gold, said)["token_f1"].value == pytest.approx(2 / 3)
