"""How scores and resampling units are called."""

import pytest

from cxrbench.leaderboard.page.names import resampling_unit, score_heading, score_title


@pytest.mark.parametrize(
    ("score", "title"),
    [
        ("bleu_4", "BLEU-4"),
        ("rouge_2", "ROUGE-2"),
        ("rouge_l_coco", "ROUGE-L (COCO)"),
        ("bertscore_f1", "BERTScore F1"),
        ("rules_micro_f1_14", "Label F1 (rules), micro, 14 conditions"),
        ("chexbert_macro_recall_5", "Label recall (CheXbert), macro, 5 conditions"),
        ("rules_f1/Pleural Effusion", "Label F1 (rules), Pleural Effusion"),
        ("unparsable_rate", "Unparsable rate"),
        ("clinical_term_f1", "Clinical term F1"),
        ("auroc/Edema", "AUROC, Edema"),
        ("their_own_score", "Their own score"),
    ],
)
def test_scores_are_written_as_papers_write_them(score, title):
    assert score_title(score) == title


def test_a_rule_based_label_score_is_never_called_chexbert():
    assert "CheXbert" not in score_title("rules_macro_f1_14") + " ".join(score_heading("rules_macro_f1_14"))


def test_a_heading_has_two_short_lines():
    assert score_heading("rules_micro_f1_14") == ("Label F1", "micro-14, rules")
    assert score_heading("bleu_4") == ("BLEU-4", "")


@pytest.mark.parametrize(
    ("dataset", "unit"),
    [
        ("iu-xray", "studies"),
        ("iu-xray-phantom", "studies"),
        ("vqa-rad", "images"),
        ("mimic-qba", "patients"),
        ("x", "groups"),
    ],
)
def test_the_resampling_unit_has_a_name(dataset, unit):
    assert resampling_unit(dataset) == unit
