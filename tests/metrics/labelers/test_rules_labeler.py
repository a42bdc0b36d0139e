"""The rule-based labeler as a whole: options, aggregation, robustness, agreement with drawn and coded truth."""

import csv
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.metrics.labelers import Labeler, get_labeler
from cxrbench.metrics.labelers.rules.labeler import RulesLabeler
from cxrbench.metrics.labelers.rules.lexicon import lexicon
from cxrbench.metrics.labelers.rules.matcher import Matcher, expand
from cxrbench.metrics.labelers.rules.text import join_wrapped_lines, sentences, statements

DATA = Path(os.environ.get("CXRBENCH_DATA") or Path(__file__).parents[3] / "../shared/data").resolve()


def label(text, **options):
    return {name: value for name, value in RulesLabeler(**options).label([text])[0].items() if value is not None}


def test_the_labeler_is_found_by_name_and_keeps_the_contract():
    labeler = get_labeler("rules", hedges="all")
    assert isinstance(labeler, Labeler)
    assert labeler.name == "rules"
    assert "hedges:all" in labeler.signature()


def test_an_unknown_labeler_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownNameError) as caught:
        get_labeler("rule")
    assert "rules" in str(caught.value)


@pytest.mark.parametrize("option", [{"hedges": "some"}, {"no_finding": "always"}])
def test_an_unknown_option_is_refused_with_what_is_valid(option):
    with pytest.raises(UsageError) as caught:
        RulesLabeler(**option)
    assert caught.value.valid


@pytest.mark.parametrize(("hedges", "probable", "possible"), [("graded", 1, -1), ("all", -1, -1), ("none", 1, 1)])
def test_the_two_grades_of_uncertainty_follow_the_option(hedges, probable, possible):
    assert label("Probable pneumonia.", hedges=hedges)["Pneumonia"] == probable
    assert label("Opacity suggesting pneumonia.", hedges=hedges)["Pneumonia"] == probable
    assert label("Possible pneumonia.", hedges=hedges)["Pneumonia"] == possible
    assert label("Pneumonia cannot be excluded.", hedges=hedges)["Pneumonia"] == possible
    assert label("No pneumonia.", hedges=hedges)["Pneumonia"] == 0
    assert label("Pneumonia.", hedges=hedges)["Pneumonia"] == 1


@pytest.mark.parametrize("order", ["PNU", "PUN", "NPU", "NUP", "UPN", "UNP"])
def test_a_positive_mention_wins_whatever_the_order(order):
    said = {"P": "Left effusion.", "N": "No effusion.", "U": "Possible effusion."}
    assert label(" ".join(said[one] for one in order))["Pleural Effusion"] == 1


@pytest.mark.parametrize("text", ["No effusion. Possible effusion.", "Possible effusion. No effusion."])
def test_uncertain_beats_negative(text):
    assert label(text)["Pleural Effusion"] == -1


@pytest.mark.parametrize("text", ["", "   \n\t", "...", "?!", "\u200b"])
def test_a_text_without_words_has_no_label_under_either_rule(text):
    assert label(text) == {}
    assert label(text, no_finding="chexpert") == {}


def test_no_finding_needs_a_recognised_sentence_unless_the_chexpert_rule_is_chosen():
    assert label("The patient was pleasant.") == {}
    assert label("The patient was pleasant.", no_finding="chexpert") == {"No Finding": 1}
    assert label("I cannot help with that request.") == {}


def test_support_devices_do_not_block_no_finding_but_other_abnormalities_do():
    assert label("Chest tube in place. Lungs are clear.")["No Finding"] == 1
    assert "No Finding" not in label("Lungs are clear. Large hiatal hernia.")
    assert "No Finding" not in label("Lungs are clear. Possible pneumonia.")
    assert label("Lungs are clear. No hiatal hernia.")["No Finding"] == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pulmonary oedema.", "Pulmonary edema."),
        ("Small ptx.", "Small pneumothorax."),
        ("Bibasilar atalectasis.", "Bibasilar atelectasis."),
        ("Cardiomegally.", "Cardiomegaly."),
        ("LEFT PLEURAL EFFUSION.", "left pleural effusion."),
        ("Air-space consolidation.", "Airspace consolidation."),
        ("Pnuemonia.", "Pneumonia."),
        ("Lungs are clear.<br>No pleural effusion.", "Lungs are clear. No pleural effusion."),
    ],
)
def test_spelling_case_and_markup_do_not_matter(one, other):
    assert label(one) == label(other) != {}


@pytest.mark.parametrize("token", ["XXXX", "___", "XXXX XXXX"])
def test_a_de_identified_word_neither_hides_a_mention_nor_ends_a_negation(token):
    assert label(f"{token} pleural effusion.")["Pleural Effusion"] == 1
    assert label(f"No {token} pleural effusion.")["Pleural Effusion"] == 0


MIMIC = """                                 FINAL REPORT
 EXAMINATION:  CHEST (PA AND LAT)

 INDICATION:  ___ year old woman with pneumothorax and known pleural effusion.
 Evaluate for pneumonia.

 COMPARISON:  Chest radiograph from ___ showed consolidation and rib fractures.

 FINDINGS:

 The lungs are well expanded. Heart size is top normal. There is no focal consolidation, pleural
 effusion or pneumothorax. A nodule
 projects over the right lower lobe.

 IMPRESSION:

 No acute process.
"""


def test_only_the_stating_sections_of_a_formatted_report_are_read():
    assert label(MIMIC) == {
        "Consolidation": 0,
        "Pleural Effusion": 0,
        "Pneumothorax": 0,
        "Cardiomegaly": 0,
        "Lung Lesion": 1,
    }


def test_unheaded_findings_after_the_context_are_read():
    text = "INDICATION: Cough. History of effusion.\n\nCOMPARISON: None.\n\nMild cardiomegaly. No edema."
    assert label(text) == {"Cardiomegaly": 1, "Edema": 0}


def test_a_heading_word_inside_a_sentence_is_no_heading():
    text = "There are no acute findings\nThe comparison shows a new effusion."
    assert statements(text) == text


def test_wrapped_lines_are_joined_and_list_lines_are_not():
    wrapped = "There is no evidence of a focal consolidation or of a pleural\neffusion."
    assert "\n" not in join_wrapped_lines(wrapped)
    assert join_wrapped_lines("No pneumothorax\n- Effusion").count("\n") == 1


def test_a_pattern_expands_to_every_choice():
    assert set(expand("a (b|c d)? (e|f)")) == {
        ("a", "b", "e"), ("a", "b", "f"), ("a", "c", "d", "e"), ("a", "c", "d", "f"), ("a", "e"), ("a", "f"),
    }  # fmt: skip


def test_the_longest_phrase_wins_and_spans_do_not_overlap():
    matcher = Matcher()
    matcher.add(["a b", "b c d"], 0, ("x",))
    matcher.add(["a"], 1)
    assert [(span.kind, span.start, span.end) for span in matcher.spans(["a", "b", "c", "d", "a", "c"])] == [
        (0, 0, 2),
        (1, 4, 5),
    ]


def test_a_phrase_that_can_be_empty_is_refused():
    with pytest.raises(ValueError, match="matches nothing"):
        Matcher().add(["(a)? (b)?"], 0)


def test_every_word_of_the_lexicon_can_occur_in_a_normalised_text():
    matcher, spelling = lexicon()
    assert {token for token in matcher.vocabulary() if spelling.get(token, token) != token} == set()


def test_no_two_forms_of_the_spelling_table_contradict_each_other():
    _, spelling = lexicon()
    assert {form: to for form, to in spelling.items() if spelling.get(to, to) != to} == {}


def test_phrases_may_be_written_in_any_form_of_a_word():
    matcher = Matcher({"oedema": "edema", "the": ""})
    matcher.add(["the oedema"], 0)
    assert matcher.vocabulary() == {"edema"}


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gets_fourteen_valid_labels(text):
    labels = RulesLabeler().label([text])[0]
    assert tuple(labels) == CONDITIONS
    assert set(labels.values()) <= {1, 0, -1, None}
    assert labels["No Finding"] in (1, None)


WORDS = [
    "no",
    "possible",
    "effusion",
    "pneumothorax",
    ",",
    "or",
    "and",
    ".",
    "heart",
    "normal",
    "enlarged",
    "with",
    ":",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_labels_of_sentences_combine_by_strength(words):
    text = " ".join(words)
    spelling = lexicon()[1]
    labeler = RulesLabeler(no_finding="recognised")
    whole = labeler.label([text])[0]
    parts = labeler.label([" ".join(tokens) for tokens in sentences(text, spelling)])
    strength = {None: 0, 0: 1, -1: 2, 1: 3}
    for name in CONDITIONS[:-1]:
        strongest = max((part[name] for part in parts), key=strength.__getitem__, default=None)
        assert whole[name] == strongest


def test_a_very_long_report_takes_linear_time():
    text = "There is no focal consolidation, pleural effusion or pneumothorax. " * 12_500
    start = time.process_time()
    assert label(text)["Pleural Effusion"] == 0
    assert time.process_time() - start < 15


def test_right_to_left_text_and_emoji_are_read_past():
    assert label("الرئتان صافيتان 🫁 pleural effusion 🙂.") == {"Pleural Effusion": 1}


def test_the_labels_of_phantom_reports_agree_with_what_is_drawn(tmp_path):
    from cxrbench.datasets.phantom import read_truth, write_phantom

    write_phantom(tmp_path, studies=60, seed=3, workers=1)
    truth = read_truth(tmp_path)
    with (tmp_path / "indiana_reports.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = RulesLabeler().label([f"{row['findings']}\n\n{row['impression']}" for row in rows])
    counts = {"tp": 0, "fp": 0, "fn": 0}
    for row, labels in zip(rows, found):
        for name in CONDITIONS:
            drawn, said = bool(truth[row["uid"]]["labels"][name]), labels[name] in (1, -1)
            key = "tp" if drawn and said else "fp" if said else "fn" if drawn else None
            if key:
                counts[key] += 1
    assert counts["tp"] > 60
    assert 2 * counts["tp"] / (2 * counts["tp"] + counts["fp"] + counts["fn"]) >= 0.99


@pytest.mark.realdata
def test_open_i_reaches_the_published_floor_with_room():
    gold_file, reports_file = DATA / "openi-labels/openi_gold_dev.csv", DATA / "iu-xray/indiana_reports.csv"
    if not gold_file.exists() or not reports_file.exists():
        pytest.skip(f"no Open-i gold labels under {DATA}")
    classes = {
        "Atelectasis": ("Atelectasis",),
        "Cardiomegaly": ("Cardiomegaly",),
        "Pleural Effusion": ("Effusion",),
        "Lung Lesion": ("Mass", "Nodule"),
        "Pneumonia": ("Pneumonia",),
        "Pneumothorax": ("Pneumothorax",),
        "Consolidation": ("Consolidation",),
        "Edema": ("Edema",),
        "Pleural Other": ("Pleural_Thickening",),
    }
    with gold_file.open(encoding="utf-8", newline="") as file:
        gold = {row["filename"].removeprefix("CXR"): row for row in csv.DictReader(file)}
    with reports_file.open(encoding="utf-8", newline="") as file:
        reports = {row["uid"]: f"{row['findings']}\n\n{row['impression']}" for row in csv.DictReader(file)}
    assert len(gold) == 3080
    found = dict(zip(gold, RulesLabeler().label([reports[uid] for uid in gold])))
    total = [0, 0, 0]
    for condition, columns in classes.items():
        truth = {uid for uid, row in gold.items() if any(row[column] == "1" for column in columns)}
        said = {uid for uid, labels in found.items() if labels[condition] == 1}
        counts = [len(truth & said), len(said - truth), len(truth - said)]
        total = [a + b for a, b in zip(total, counts)]
        if len(truth) > 30:
            assert 2 * counts[0] / (2 * counts[0] + counts[1] + counts[2]) >= 0.75, condition
    assert 2 * total[0] / (2 * total[0] + total[1] + total[2]) >= 0.90
