"""Why a score is null: no example of its kind, or none that was answered."""

from cxrbench.core.scoring import score_predictions
from cxrbench.core.types import Example, Prediction, Reference, Request
from cxrbench.metrics.vqa import ExactMatchClosed, ExactMatchOpen


def scores(*predictions):
    examples = [
        Example(Request(name, "vqa", (), "?"), Reference(name, answer="yes", closed=True), group=name)
        for name in "ab"
    ]
    by_id = {item.id: item for item in predictions}
    metrics = [ExactMatchClosed(), ExactMatchOpen()]
    return score_predictions(examples, by_id, metrics, header={}, resamples=10, seed=0).results["scores"]


def test_a_score_whose_examples_all_failed_says_so_and_not_that_there_are_none():
    found = scores(Prediction("a", status="error", error="x"))
    assert found["exact_match_closed"]["reason"] == "every example that counts for it failed and is unscored"
    assert found["exact_match_open"]["reason"] == "no open question with a gold answer"


def test_a_score_with_an_answered_example_has_a_value():
    found = scores(Prediction("a", status="error", error="x"), Prediction("b", answer="yes"))
    assert (found["exact_match_closed"]["value"], found["exact_match_closed"]["n"]) == (1.0, 1)
