"""How scores and resampling units are called in headings, tables and sentences."""

from __future__ import annotations

import re
from typing import Final

_FIXED: Final = {
    "meteor": "METEOR",
    "cider": "CIDEr",
    "rouge_l": "ROUGE-L",
    "rouge_l_coco": "ROUGE-L (COCO)",
    "rouge_l_recall": "ROUGE-L recall",
    "exact_match": "Exact match",
    "exact_match_closed": "Exact match, closed",
    "exact_match_open": "Exact match, open",
    "token_f1": "Token F1",
    "mean_iou": "Mean IoU",
    "map_50": "mAP@.5",
    "map_75": "mAP@.75",
    "map_50_75": "mAP@[.5,.75]",
    "ece": "ECE",
    "mcc": "MCC",
    "ppv": "PPV",
    "npv": "NPV",
    "auroc": "AUROC",
    "macro_auroc": "AUROC, macro",
    "severity_mae": "Severity MAE",
}
_LABELERS: Final = {"rules": "rules", "chexbert": "CheXbert"}
_LABEL_SCORE: Final = re.compile(r"(rules|chexbert)_(micro|macro|example)_(precision|recall|f1)_(14|5)")
_LABEL_CONDITION: Final = re.compile(r"(rules|chexbert)_f1/(.+)")
_NUMBERED: Final = re.compile(r"(bleu|rouge)_(\d)")
_BERTSCORE: Final = re.compile(r"bertscore_(precision|recall|f1)")
_WORDS: Final = {"f1": "F1", "auroc": "AUROC", "mcc": "MCC", "iou": "IoU", "ece": "ECE", "radgraph": "RadGraph"}
_UNITS: Final = {
    "iu-xray": ("study", "studies"),
    "mimic-cxr": ("patient", "patients"),
    "mimic-qba": ("patient", "patients"),
    "vqa-rad": ("image", "images"),
    "slake": ("image", "images"),
}


def score_title(score: str) -> str:
    """The name of a score as papers write it: `rules_micro_f1_14` is "Label F1 (rules), micro, 14 conditions".

    A score that is not known is written in words: underscores become blanks.
    """
    if score in _FIXED:
        return _FIXED[score]
    if match := _LABEL_SCORE.fullmatch(score):
        labeler, average, measure, count = match.groups()
        measure = "F1" if measure == "f1" else measure
        return f"Label {measure} ({_LABELERS[labeler]}), {average}, {count} conditions"
    if match := _LABEL_CONDITION.fullmatch(score):
        return f"Label F1 ({_LABELERS[match[1]]}), {match[2]}"
    if match := _NUMBERED.fullmatch(score):
        return f"{match[1].upper()}-{match[2]}"
    if match := _BERTSCORE.fullmatch(score):
        return f"BERTScore {'F1' if match[1] == 'f1' else match[1]}"
    head, slash, condition = score.partition("/")
    words = [_WORDS.get(word, word) for word in head.split("_")]
    title = " ".join(words)
    return title[:1].upper() + title[1:] + (f", {condition}" if slash else "")


def score_heading(score: str) -> tuple[str, str]:
    """The name of a score in two short lines for the head of a column; the second may be empty."""
    if match := _LABEL_SCORE.fullmatch(score):
        labeler, average, measure, count = match.groups()
        return f"Label {'F1' if measure == 'f1' else measure}", f"{average}-{count}, {_LABELERS[labeler]}"
    title, _, rest = score_title(score).partition(", ")
    return title, rest


def resampling_unit(dataset: str, *, many: bool = True) -> str:
    """What is resampled on a data set: studies, patients or images; "groups" where it is not known."""
    for name, (one, several) in _UNITS.items():
        if dataset == name or dataset.startswith(name + "-"):
            return several if many else one
    return "groups" if many else "group"
