import pytest

from cxrbench.core.errors import UnknownNameError
from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.text import Bleu, Rouge
from cxrbench.metrics.vqa import VQA_PROTOCOLS, AnswerTexts, answer_protocol, asks_for_text


def open_question(key, answer, text=None):
    return Reference(key, answer=answer, text=text, closed=False)


@pytest.mark.parametrize("make", [Bleu, Rouge])
def test_it_equals_the_score_of_the_same_texts_as_plain_texts(evaluate, make):
    gold = ["right lower lobe", "The heart is enlarged.", "left pleural effusion and edema"]
    said = ["right upper lobe", "heart enlarged", "pleural effusion"]
    inner = make(answer_protocol("cxrbench"))
    plain = evaluate(
        inner,
        [Reference(str(n), text=text) for n, text in enumerate(gold)],
        [Prediction(str(n), text=text) for n, text in enumerate(said)],
    )
    wrapped = evaluate(
        AnswerTexts(inner),
        [open_question(str(n), text) for n, text in enumerate(gold)],
        [Prediction(str(n), answer=text) for n, text in enumerate(said)],
    )
    assert {name: found.value for name, found in wrapped.items()} == {
        name: found.value for name, found in plain.items()
    }


def test_a_text_counts_before_the_answer_and_an_empty_prediction_is_empty_text(evaluate):
    metric = AnswerTexts(Rouge(answer_protocol("lower")))
    references = [open_question("a", "mass", text="a mass in the left lung"), open_question("b", "mass")]
    predictions = [Prediction("a", text="a mass in the left lung", answer="mass"), Prediction("b", status="empty")]
    assert evaluate(metric, references, predictions)["rouge_l"].value == 0.5


@pytest.mark.parametrize(
    ("reference", "asks"),
    [
        (Reference("a", answer="x", closed=False), True),
        (Reference("a", answer="x", closed=True), False),
        (Reference("a", answer="x"), False),
        (Reference("a", answer="x", question_type="D01_describe_finding"), True),
        (Reference("a", answer="x", question_type="A_indication"), True),
        (Reference("a", answer="x", question_type="D03_where_is_finding"), False),
    ],
)
def test_describing_indication_and_open_questions_are_answered_by_a_text(reference, asks):
    assert asks_for_text(reference) is asks


def test_no_such_question_is_null_with_the_reason(evaluate):
    metric = AnswerTexts(Bleu(answer_protocol("raw")))
    found = evaluate(metric, [Reference("a", answer="yes", closed=True)], [Prediction("a", answer="yes")])
    assert (found["bleu_4"].value, found["bleu_4"].n) == (None, 0)
    assert found["bleu_4"].reason == "no question that is answered by a text"


def test_the_signature_names_questions_protocol_and_that_the_gold_is_an_answer():
    signature = AnswerTexts(Bleu(answer_protocol("lower"))).signature()
    assert "protocol:lower" in signature
    assert "reference:answer" in signature
    assert "questions:describe,indication,open" in signature


def test_the_protocols_of_answers_are_protocols():
    assert [answer_protocol(name).name for name in VQA_PROTOCOLS] == list(VQA_PROTOCOLS)
    with pytest.raises(UnknownNameError):
        answer_protocol("r2genn")
