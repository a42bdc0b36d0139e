import pytest

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.vqa import YesNoScores

GOLD = ["Yes", "yes", "yes", "no"]


def scores(evaluate, answers, gold=GOLD):
    references = [Reference(str(n), answer=text) for n, text in enumerate(gold)]
    predictions = [
        Prediction(str(n), status="empty") if text is None else Prediction(str(n), answer=text)
        for n, text in enumerate(answers)
    ]
    return {name: found.value for name, found in evaluate(YesNoScores(), references, predictions).items()}


def test_a_constant_answer_is_worth_one_half_whatever_the_share_of_yes(evaluate):
    for answer in ("yes", "no"):
        assert scores(evaluate, [answer] * 4)["yes_no_balanced_accuracy"] == 0.5
        assert scores(evaluate, [answer] * 9, ["yes"] * 8 + ["no"])["yes_no_balanced_accuracy"] == 0.5


def test_sensitivity_and_specificity_are_shares_of_the_gold_yes_and_no(evaluate):
    found = scores(evaluate, ["yes", "no", "Yes, large", "no"])
    assert found["yes_no_sensitivity"] == pytest.approx(2 / 3)
    assert found["yes_no_specificity"] == 1
    assert found["yes_no_balanced_accuracy"] == pytest.approx(5 / 6)


def test_an_unparsable_or_empty_answer_is_wrong_on_either_side(evaluate):
    found = scores(evaluate, ["yes no", None, "normal", "maybe"])
    assert set(found.values()) == {0.0}


def test_other_questions_do_not_count_and_a_missing_class_is_null_with_the_reason(evaluate):
    references = [Reference("a", answer="yes"), Reference("b", answer="left lung")]
    found = evaluate(YesNoScores(), references, [Prediction("a", answer="yes"), Prediction("b", answer="no")])
    assert found["yes_no_sensitivity"].n == 1
    assert found["yes_no_sensitivity"].value == 1
    assert found["yes_no_balanced_accuracy"].value is None
    assert "is no" in found["yes_no_specificity"].reason
