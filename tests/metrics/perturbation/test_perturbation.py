"""Perturbations: what each changes, what it leaves, and that the same seed gives the same text."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.metrics.labelers import get_labeler
from cxrbench.metrics.perturbation import PERTURBATIONS, perturb
from cxrbench.metrics.perturbation.negation import flip_negation
from cxrbench.metrics.perturbation.paraphrase import paraphrase
from cxrbench.metrics.perturbation.sentences import join, sentences, split
from cxrbench.metrics.perturbation.wording import change_severity

RULES = get_labeler("rules")
REPORTS = {
    "1": "The heart size is normal. Small left pleural effusion. No pneumothorax. Mild bibasilar atelectasis.",
    "2": "Heart size normal. Lungs are clear. No pleural effusion or pneumothorax.",
    "3": "Large right upper lobe mass. There is a healing fracture of the left eighth rib. No pneumonia.",
}
FINDINGS = {
    "Pleural Effusion": "pleural effusion",
    "Pneumothorax": "pneumothorax",
    "Pneumonia": "pneumonia",
    "Consolidation": "focal consolidation",
    "Edema": "pulmonary edema",
    "Cardiomegaly": "cardiomegaly",
    "Atelectasis": "atelectasis",
    "Lung Lesion": "nodule",
    "Fracture": "rib fracture",
}
ASSERTED = ("There is {}.", "{} is present.", "{} is seen.", "There is a small {}.", "Right {}.", "2. Mild {}.")
DENIED = (
    "There is no {}.",
    "No {}.",
    "No evidence of {}.",
    "{} is not seen.",
    "The lungs are without {}.",
    "The lungs are clear of {}.",
    "Negative for {}.",
    "There is no evidence of {} or hernia.",
)
TEXTS = st.text(alphabet="aB1 .\n;leftright", max_size=80)
STATEMENTS = st.sampled_from(
    sorted({sentence for report in REPORTS.values() for sentence in sentences(report)} | {"Left lung clear."})
)
REPORT = st.lists(STATEMENTS, min_size=1, max_size=8).map(" ".join)


def one(name, text, **options):
    return perturb(name, {"x": text, **REPORTS}, **options)["x"]


def label(text, condition):
    return RULES.label([text])[0][condition]


@given(TEXTS)
def test_splitting_loses_no_character(text):
    assert "".join(sentence + gap for sentence, gap in split(text)) == text


@given(st.lists(st.sampled_from(["a b.", "1.", "Dr.", "Left lung", "no end,", "Wide.", "x?"]), max_size=8))
def test_joined_sentences_are_found_again(parts):
    assert sentences(join(parts)) == parts


def test_list_numbers_and_abbreviations_end_no_sentence():
    assert sentences("1. Effusion. 2. Atelectasis vs. scar.") == ["1. Effusion.", "2. Atelectasis vs. scar."]


def test_wrapped_lines_are_one_sentence_and_keep_their_line_break():
    text = "There is a small pleural effusion on the left\nside of the chest. Heart normal."
    assert len(sentences(text)) == 2
    assert one("laterality_swap", text).text == text.replace("left", "right")


@pytest.mark.parametrize("name", PERTURBATIONS)
@given(text=TEXTS, seed=st.integers(0, 3))
@settings(max_examples=40)
def test_any_text_is_perturbed_the_same_way_twice_with_counts_that_fit(name, text, seed):
    first, second = (one(name, text, seed=seed) for _ in range(2))
    assert first == second
    assert 0 <= first.changed <= first.changeable
    assert first.sentences == len(sentences(text))
    if not first.changed and name != "other_patient":
        assert first.text == text


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_report_does_not_depend_on_the_others_but_for_another_patients_report(name):
    alone = perturb(name, {"1": REPORTS["1"]})["1"]
    among = perturb(name, REPORTS)["1"]
    assert (alone == among) is (name != "other_patient")


@pytest.mark.parametrize("name", PERTURBATIONS)
@given(text=REPORT)
@settings(max_examples=25)
def test_at_most_one_sentence_is_changed_where_one_is_asked_for(name, text):
    found = one(name, text, at_most=1)
    if name in ("empty", "other_patient", "shuffled_sentences"):
        return
    assert found.changed <= 1
    before, after = Counter(sentences(text)), Counter(sentences(found.text))
    assert sum((before - after).values()) <= 1
    assert sum((after - before).values()) <= 1


@given(REPORT, st.sampled_from([None, 1, 2]))
def test_swapping_sides_twice_is_the_identity(text, at_most):
    once = one("laterality_swap", text, at_most=at_most)
    assert one("laterality_swap", once.text, at_most=at_most).text == text
    assert (once.text == text) == ("left" not in text.lower() and "right" not in text.lower())


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("LEFT side, Right-sided, rightward.", "RIGHT side, Left-sided, leftward."),
        ("Bilateral effusions. Bright lungs.", "Bilateral effusions. Bright lungs."),
    ],
)
def test_only_words_for_a_side_are_swapped(text, swapped):
    assert one("laterality_swap", text).text == swapped


@pytest.mark.parametrize("frame", ASSERTED)
@pytest.mark.parametrize("condition", FINDINGS)
def test_a_flip_denies_what_was_asserted(frame, condition):
    text = frame.format(FINDINGS[condition])
    assert label(text, condition) == 1
    assert label(flip_negation(text, Random(0)), condition) == 0


@pytest.mark.parametrize("frame", DENIED)
@pytest.mark.parametrize("condition", FINDINGS)
def test_a_flip_asserts_what_was_denied(frame, condition):
    text = frame.format(FINDINGS[condition])
    assert label(text, condition) == 0
    assert label(flip_negation(text, Random(0)), condition) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("No pleural effusion or pneumothorax.", "Pleural effusion and pneumothorax."),
        ("The lungs are clear.", "The lungs are not clear."),
        ("Normal heart size.", "Abnormal heart size."),
        ("Heart size within normal limits.", "Heart size not within normal limits."),
        ("Possible pneumonia.", "No pneumonia."),
        ("There may be a small effusion.", "There is no small effusion."),
        ("Pneumonia cannot be excluded.", "Pneumonia is excluded."),
        ("1. No acute disease.", "1. Acute disease."),
        ("CHF with edema.", "No CHF with edema."),
    ],
)
def test_flips_read_like_sentences(before, after):
    assert flip_negation(before, Random(0)) == after


@given(REPORT.filter(lambda text: any(mentioned in text for mentioned in ("ffusion", "pneumo", "mass"))))
def test_a_flip_changes_the_labels_of_a_report_that_speaks_of_findings(text):
    assert RULES.label([one("negation_flip", text).text]) != RULES.label([text])


@pytest.mark.parametrize("frame", ["{}", *ASSERTED, *DENIED, "Possible {}.", "{} cannot be excluded."])
@pytest.mark.parametrize("condition", FINDINGS)
def test_a_paraphrase_keeps_the_labels_of_a_sentence(frame, condition):
    text = frame.format(FINDINGS[condition])
    assert RULES.label([paraphrase(text, Random(0)) or text]) == RULES.label([text])


@given(REPORT)
def test_a_paraphrase_keeps_labels_and_changes_words(text):
    found = one("paraphrase", text)
    assert RULES.label([found.text]) == RULES.label([text])
    assert (found.text != text) == (found.changed > 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("There is no effusion.", "No effusion is noted."),
        ("No effusion.", "There is no effusion."),
        ("The heart is mildly enlarged.", "There is mild enlargement of the heart."),
        ("Small left pleural effusion.", "Small pleural effusion on the left."),
        ("Nodule in the right upper lobe.", "Nodule in the upper lobe of the right lung."),
        ("Kyphosis.", None),
    ],
)
def test_paraphrases_read_like_sentences(before, after):
    assert paraphrase(before, Random(0)) == after


@given(REPORT)
def test_shuffling_keeps_the_multiset_of_sentences(text):
    found = one("shuffled_sentences", text)
    assert Counter(sentences(found.text)) == Counter(sentences(text))
    assert (sentences(found.text) != sentences(text)) == (len(set(sentences(text))) > 1)


def test_severity_goes_to_the_other_end_and_leaves_denials_alone():
    assert change_severity("Small effusion, mildly enlarged heart.", Random(0)) == (
        "Large effusion, severely enlarged heart."
    )
    assert change_severity("Mild to moderate edema.", Random(0)) == "Severe to moderate edema."
    assert change_severity("Moderate edema.", Random(0)) in ("Mild edema.", "Severe edema.")
    assert change_severity("No large effusion.", Random(0)) is None
    assert change_severity("Dilated small bowel.", Random(0)) is None


def test_dropped_findings_leave_the_normal_statements():
    found = one("dropped_findings", REPORTS["1"])
    assert found.text == "The heart size is normal. No pneumothorax."
    assert (found.sentences, found.changeable, found.changed) == (4, 2, 2)
    assert one("dropped_findings", "Cardiomegaly.").text == ""
    assert one("dropped_findings", REPORTS["2"]).changeable == 0


@given(REPORT, st.integers(0, 5))
def test_added_findings_assert_conditions_that_were_not_there(text, seed):
    found = one("added_findings", text, seed=seed)
    assert found.changed == 3
    assert not Counter(sentences(text)) - Counter(sentences(found.text))
    before, after = RULES.label([text])[0], RULES.label([found.text])[0]
    added = [name for name in after if name != "No Finding" and after[name] == 1 and before[name] != 1]
    assert len(added) >= 3


def test_every_invented_finding_is_read_as_its_condition():
    from cxrbench.metrics.perturbation.findings import _INVENTED

    for condition, sentence in _INVENTED.items():
        assert label(sentence.format(side="left"), condition) == 1


def test_another_patients_report_is_one_with_another_text():
    found = perturb("other_patient", REPORTS)
    assert all(found[key].text in set(REPORTS.values()) - {text} for key, text in REPORTS.items())
    same = perturb("other_patient", {"1": "Clear.", "2": "Clear."})
    assert [item.changed for item in same.values()] == [0, 0]


def test_the_ends_of_the_scale():
    assert one("identity", REPORTS["1"]).text == REPORTS["1"]
    assert one("empty", REPORTS["1"]).text == ""


def test_mistakes_are_explained():
    with pytest.raises(UnknownNameError, match="negation_flop"):
        perturb("negation_flop", REPORTS)
    with pytest.raises(UsageError, match="at_most is 0"):
        perturb("empty", REPORTS, at_most=0)
    assert perturb("empty", {}) == {}
