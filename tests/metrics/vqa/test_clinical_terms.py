"""Agreement on clinical concepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.concepts import Mention
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.vqa import ClinicalTermF1


class LetterMatcher:
    """Every letter is a concept, every capital a denied one."""

    name = "letters"

    def mentions(self, text):
        return tuple(Mention(c.lower(), "finding", c.isupper()) for c in text if c.isalpha())

    def signature(self):
        return "concepts:letters"


def scores(metric, gold, said):
    references = [Reference(id=str(i), text=text) for i, text in enumerate(gold)]
    predictions = [Prediction(id=str(i), text=text) for i, text in enumerate(said)]
    found = metric.score(metric.measure(Pairs(references, predictions), {}).values.sum(axis=0, keepdims=True))
    return {name: float(values[0]) for name, values in found.items()}


LETTERS = st.text("abcABC.", max_size=6)


@given(st.lists(st.tuples(LETTERS, LETTERS), min_size=1))
def test_the_scores_are_micro_f1_over_pairs_of_text_and_concept(pairs):
    found = scores(ClinicalTermF1(LetterMatcher()), *zip(*pairs))
    for name, fold in (("clinical_term_f1", str.lower), ("clinical_term_f1_polarity", str)):
        gold = {(i, fold(c)) for i, (text, _) in enumerate(pairs) for c in text if c.isalpha()}
        said = {(i, fold(c)) for i, (_, text) in enumerate(pairs) for c in text if c.isalpha()}
        if gold or said:
            assert found[name] == pytest.approx(2 * len(gold & said) / (len(gold) + len(said)))
        else:
            assert found[name] != found[name]


def test_a_flipped_negation_shows_only_in_the_score_with_polarity():
    found = scores(ClinicalTermF1(), ["No pleural effusion."], ["There is a pleural effusion."])
    assert found == {"clinical_term_f1": 1.0, "clinical_term_f1_polarity": 0.0}


def test_a_paraphrase_in_synonyms_agrees():
    gold = ["The heart is enlarged, with free air under the diaphragm."]
    found = scores(ClinicalTermF1(), gold, ["Cardiomegaly and pneumoperitoneum."])
    assert found == {"clinical_term_f1": 1.0, "clinical_term_f1_polarity": 1.0}


def test_a_swapped_side_is_noticed():
    found = scores(ClinicalTermF1(), ["Right upper lobe opacity"], ["Left upper lobe opacity"])
    assert found["clinical_term_f1"] == 0.5


def test_without_a_concept_on_either_side_the_score_is_null_with_a_reason(evaluate):
    gold = [Reference(id="0", text="the quick fox"), Reference(id="1", text="\N{LUNGS}")]
    said = [Prediction(id="0", text="jumps"), Prediction(id="1", text="أسد")]
    for case in ((gold, said), ([], [])):
        for found in evaluate(ClinicalTermF1(), *case).values():
            assert found.value is None
            assert found.reason


def test_an_empty_or_refused_answer_misses_every_concept(evaluate):
    gold = [Reference(id="0", text="effusion"), Reference(id="1", text="effusion")]
    said = [Prediction(id="0", status="empty"), Prediction(id="1", status="refused", text="effusion")]
    assert evaluate(ClinicalTermF1(), gold, said)["clinical_term_f1"].value == 0


def test_reports_are_compared_in_the_sections_of_the_protocol(evaluate):
    gold = [Reference(id="0", findings="Effusion.", impression="Pneumothorax.")]
    said = [Prediction(id="0", text="Findings: Effusion. Impression: Cardiomegaly.")]
    found = evaluate(ClinicalTermF1(protocol=get_protocol("raw")), gold, said)
    assert found["clinical_term_f1"].value == 1
    whole = evaluate(ClinicalTermF1(protocol=get_protocol("cxrbench")), gold, said)
    assert whole["clinical_term_f1"].value == 0.5


def test_the_signature_names_the_matcher_and_the_texts():
    assert "concepts:letters" in ClinicalTermF1(LetterMatcher()).signature()
    assert "protocol:raw" in ClinicalTermF1(LetterMatcher(), get_protocol("raw")).signature()
    assert ClinicalTermF1(LetterMatcher()).signature() != ClinicalTermF1().signature()
