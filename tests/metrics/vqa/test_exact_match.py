"""Exact match of short answers."""

import pytest

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.vqa import ExactMatch, ExactMatchClosed, ExactMatchOpen, UnparsableRate


def questions(*answers, closed=None):
    return [Reference(id=str(i), answer=answer, closed=closed) for i, answer in enumerate(answers)]


def answers(*texts):
    return [Prediction(id=str(i), answer=text) for i, text in enumerate(texts)]


def test_yes_no_is_wrong_for_both(evaluate):
    found = evaluate(ExactMatch(), questions("yes", "no"), answers("yes no", "yes no"))
    assert found["exact_match"].value == 0
    rate = evaluate(UnparsableRate(), questions("yes", "no"), answers("yes no", "yes no"))
    assert rate["unparsable_rate"].value == 1


def test_normal_never_equals_no(evaluate):
    said = ["normal", "The lungs appear normal", "abnormal", "nothing"]
    assert evaluate(ExactMatch(), questions(*["no"] * 4), answers(*said))["exact_match"].value == 0


def test_a_sentence_that_begins_with_the_answer_is_right(evaluate):
    found = evaluate(ExactMatch(), questions("yes", "No"), answers("Yes, there is an abnormality", "No."))
    assert found["exact_match"].value == 1


def test_other_answers_are_equal_as_whole_strings_or_not_at_all(evaluate):
    gold = questions("Right upper lobe", "2", "Right upper lobe", "Left")
    said = answers("the right UPPER lobe.", "two", "in the right upper lobe", "Left, Right")
    assert evaluate(ExactMatch(), gold, said)["exact_match"].value == 0.5


def test_an_answer_goes_before_the_text_and_the_text_stands_in_for_it(evaluate):
    said = [
        Prediction(id="0", answer="yes", text="No."),
        Prediction(id="1", text="Yes, it is."),
        Prediction(id="2", answer="  ", text="yes"),
    ]
    assert evaluate(ExactMatch(), questions("yes", "yes", "yes"), said)["exact_match"].value == 1


@pytest.mark.parametrize("status", ["empty", "refused"])
def test_an_empty_or_refused_answer_is_wrong_and_unparsable(evaluate, status):
    said = [Prediction(id="0", status=status, answer="yes", text="yes")]
    assert evaluate(ExactMatch(), questions("yes"), said)["exact_match"].value == 0
    assert evaluate(UnparsableRate(), questions("yes"), said)["unparsable_rate"].value == 1


def test_open_and_closed_questions_are_counted_apart(evaluate):
    gold = [*questions("yes", "no", closed=True), *questions("lung", closed=False)]
    gold = [Reference(id=str(i), answer=item.answer, closed=item.closed) for i, item in enumerate(gold)]
    said = answers("yes", "yes", "lung")
    for metric, n, value in ((ExactMatch(), 3, 2 / 3), (ExactMatchClosed(), 2, 0.5), (ExactMatchOpen(), 1, 1.0)):
        found = evaluate(metric, gold, said)[metric.name]
        assert (found.n, found.value) == (n, pytest.approx(value))
    assert len({metric.signature() for metric in (ExactMatch(), ExactMatchClosed(), ExactMatchOpen())}) == 3


def test_questions_without_a_gold_answer_are_left_out(evaluate):
    gold = questions("yes", None, "", "?!")
    found = evaluate(ExactMatch(), gold, answers("yes", "", "", ""))["exact_match"]
    assert (found.n, found.value) == (1, 1.0)


@pytest.mark.parametrize("metric", [ExactMatch(), ExactMatchClosed(), ExactMatchOpen(), UnparsableRate()])
def test_without_an_eligible_question_the_score_is_null_with_a_reason(evaluate, metric):
    for gold in ([], [Reference(id="0", text="No gold answer here.")]):
        found = evaluate(metric, gold, [Prediction(id="0")] * len(gold))
        for estimate in found.values():
            assert estimate.value is None
            assert estimate.reason


def test_the_unparsable_rate_counts_yes_no_questions_only(evaluate):
    found = evaluate(UnparsableRate(), questions("yes", "no", "lung"), answers("maybe", "no", "who knows"))
    assert (found["unparsable_rate"].n, found["unparsable_rate"].value) == (2, 0.5)
    assert UnparsableRate().scores == {"unparsable_rate": "lower"}


def test_symbols_and_other_scripts_are_compared_as_they_are(evaluate):
    arabic, emoji = "الرئة اليمنى", "\N{LUNGS}"
    gold = questions(arabic, emoji, emoji)
    said = answers(f"\N{RIGHT-TO-LEFT MARK}{arabic}.", emoji, "")
    assert evaluate(ExactMatch(), gold, said)["exact_match"].value == pytest.approx(2 / 3)
