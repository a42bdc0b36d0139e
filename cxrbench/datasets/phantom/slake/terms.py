"""The words of the SLAKE phantom in English and Chinese."""

from __future__ import annotations

from typing import Final, Literal

from cxrbench.datasets.phantom.plan import Finding

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
DISEASES: Final[dict[str, tuple[str, str]]] = {
    "Cardiomegaly": ("Cardiomegaly", "心脏肥大"),
    "Pneumothorax": ("Pneumothorax", "气胸"),
    "Pleural Effusion": ("Pleural Effusion", "胸腔积液"),
    "Atelectasis": ("Atelectasis", "肺不张"),
    "Consolidation": ("Consolidation", "肺实变"),
    "Pneumonia": ("Pneumonia", "肺炎"),
    "Lung Opacity": ("Pulmonary Infiltration", "肺部浸润"),
    "Edema": ("Pulmonary Edema", "肺水肿"),
    "Mass": ("Mass", "肿块"),
    "Nodule": ("Nodule", "结节"),
}
"""Disease -> its name in both languages. Others that a film may show are not asked for."""
YES_NO: Final = {"en": ("No", "Yes"), "zh": ("没有", "有")}
PLACES: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("right", "upper"): ("Upper Right Lung", "右肺上部"),
    ("right", "mid"): ("Right Lung", "右肺"),
    ("right", "lower"): ("Lower Right Lung", "右肺下部"),
    ("left", "upper"): ("Upper Left Lung", "左肺上部"),
    ("left", "mid"): ("Left Lung", "左肺"),
    ("left", "lower"): ("Lower Left Lung", "左肺下部"),
    ("right", ""): ("Right Lung", "右肺"),
    ("left", ""): ("Left Lung", "左肺"),
    ("bilateral", ""): ("Left Lung, Right Lung", "左肺,右肺"),
    ("", ""): ("Center", "中部"),
}
SYMPTOMS: Final[dict[str, tuple[str, str]]] = {
    "Pneumonia": ("Cough, fever", "咳嗽,发热"),
    "Pneumothorax": ("Chest pain, dyspnea", "胸痛,呼吸困难"),
    "Pleural Effusion": ("Dyspnea, chest tightness", "呼吸困难,胸闷"),
    "Cardiomegaly": ("Palpitation, fatigue", "心悸,乏力"),
    "Edema": ("Dyspnea, orthopnea", "呼吸困难,端坐呼吸"),
}
"""Common knowledge, for the questions that no picture answers."""
FUNCTIONS: Final[dict[str, tuple[str, str]]] = {
    "lung": ("Breathe", "呼吸"),
    "heart": ("Pump blood", "泵血"),
    "liver": ("Metabolize, detoxify", "代谢,解毒"),
    "brain": ("Think, control movement", "思考,控制运动"),
}
ORGANS: Final[dict[str, tuple[str, str]]] = {
    "lung": ("Lung", "肺"),
    "heart": ("Heart", "心脏"),
    "liver": ("Liver", "肝脏"),
    "spleen": ("Spleen", "脾脏"),
    "brain": ("Brain", "大脑"),
}


def disease_of(f: Finding) -> str:
    """Key of `DISEASES`; "" for what is not asked for."""
    if f.condition == "Lung Lesion":
        return "Mass" if f.kind == "mass" else "Nodule"
    return f.condition if f.condition in DISEASES else ""


def place_of(f: Finding, language: int) -> str:
    """Where a finding lies, in words of language 0 (English) or 1 (Chinese)."""
    return PLACES[f.side, f.zone][language]
