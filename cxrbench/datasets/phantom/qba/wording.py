"""How the questions of each type are put; {x} is the finding, device, region or group asked for."""

from __future__ import annotations

from typing import Final

CAUSE: Final = "cause"
"""Templates of A_indication where the referrer names a complaint and no suspicion."""
TEMPLATES: Final[dict[str, tuple[str, ...]]] = {
    "A_indication": (
        "Is there evidence of {x}?",
        "The patient was referred for suspected {x}. What does the study show?",
        "What does the study say to the question of {x}?",
    ),
    CAUSE: (
        "Is there anything that explains the {x}?",
        "The patient was referred for {x}. What does the study show?",
        "What does the study show that may explain the {x}?",
    ),
    "B01_describe_all": (
        "Describe all findings in this chest X-ray.",
        "What does this chest X-ray show?",
        "Give a complete description of the study.",
        "Please describe the given images.",
    ),
    "B02_describe_abnormal": (
        "Describe the abnormal findings in this chest X-ray.",
        "Which abnormalities are visible?",
        "What is abnormal in this study?",
    ),
    "B03_is_abnormal": (
        "Is this chest X-ray abnormal?",
        "Are there any abnormal findings?",
        "Does the study show any abnormality?",
    ),
    "B04_is_normal": ("Is this chest X-ray normal?", "Is this a normal study?", "Is the chest X-ray unremarkable?"),
    "B08_describe_subcat": (
        "Describe the findings related to {x}.",
        "What can be said about {x}?",
        "What does the study show with regard to {x}?",
    ),
    "B09_describe_abnormal_subcat": (
        "Describe abnormal findings related to {x}.",
        "Which abnormalities related to {x} are visible?",
        "What is abnormal with regard to {x}?",
    ),
    "B10_is_abnormal_subcat": (
        "Are there abnormal findings related to {x}?",
        "Is anything abnormal with regard to {x}?",
        "Does the study show an abnormality of {x}?",
    ),
    "B11_is_normal_subcat": (
        "Is everything normal with regard to {x}?",
        "Is the study normal as to {x}?",
        "Are the findings related to {x} normal?",
    ),
    "B12_describe_device": ("Describe any {x}.", "Which {x} are visible?", "What can be said about {x}?"),
    "B13_has_devices": ("Are there any {x}?", "Are {x} visible?", "Does the study show any {x}?"),
    "B14_describe_acquisition": ("How was this study acquired?", "Which views were taken?"),
    "B15_describe_imaging_artifacts": (
        "Describe any imaging artifacts.",
        "Which technical limitations does the study have?",
        "How good is the quality of the images?",
    ),
    "B16_has_imaging_artifacts": (
        "Are there imaging artifacts?",
        "Is the quality of the images limited?",
        "Are there technical limitations?",
    ),
    "C01_describe_region": ("Describe the {x}.", "What can be seen in the {x}?", "How {are} the {x}?"),
    "C02_describe_abnormal_region": (
        "Describe abnormal findings in the {x}.",
        "What is abnormal in the {x}?",
        "Which abnormalities are in the {x}?",
    ),
    "C03_is_abnormal_region": ("{Are} the {x} abnormal?", "Is there any abnormality in the {x}?"),
    "C04_is_normal_region": ("{Are} the {x} normal?", "{Are} the {x} unremarkable?"),
    "C07_describe_region_device": ("Describe any devices in the {x}.", "Which devices are in the {x}?"),
    "C08_has_region_device": ("Are there any devices in the {x}?", "Is there a device in the {x}?"),
    "D01_describe_finding": ("Describe the {x}.", "What can be said about {x}?", "Describe any {x}, if present."),
    "D02_has_finding": (
        "Is there {a} {x}?",
        "Does the study show {a} {x}?",
        "Is there any sign of {x}?",
        "Does the patient have {a} {x}?",
    ),
    "D03_where_is_finding": ("Where is the {x}?", "In which region is the {x} located?"),
    "D04_how_severe_is_finding": ("How severe is the {x}?", "What is the severity of the {x}?"),
    "D05_describe_device": ("Describe the {x}.", "What can be said about the {x}?"),
    "D06_has_device": ("Is there {a} {x}?", "Does the patient have {a} {x}?", "Is {a} {x} visible?"),
    "D07_where_is_device": ("Where is the {x}?", "Where does the {x} lie?"),
}
SUBCATEGORY_NAMES: Final = {
    "LUNG_FIELD": "the lung fields",
    "PULMONARY_DISEASES": "lung diseases",
    "INFECTION": "infection",
    "PLEURA": "the pleura",
    "HEART": "the heart",
    "MEDIASTINUM": "the mediastinum",
    "BONES": "the bones",
    "TRAUMA": "trauma",
    "NEOPLASM": "neoplasms",
    "VASCULATURE": "the vessels",
    "AIRWAYS": "the airways",
    "HILUM": "the hila",
    "ABDOMEN": "the upper abdomen",
    "SOFT_TISSUE": "the soft tissues",
    "DIAPHRAGM": "the diaphragm",
    "TUBES": "tubes",
    "CATHETERS": "catheters",
    "CARDIAC_DEVICES": "cardiac devices",
    "SURGICAL_MATERIAL": "surgical devices",
}
NO_ARTICLE: Final = frozenset(
    {
        "cardiomegaly",
        "mediastinal widening",
        "pulmonary edema",
        "consolidation",
        "pneumonia",
        "atelectasis",
        "pleural thickening",
        "emphysema",
        "pulmonary fibrosis",
        "hyperinflation",
        "bronchiectasis",
        "tracheal deviation",
        "hilar lymphadenopathy",
        "aortic calcification",
        "pneumomediastinum",
        "pneumoperitoneum",
        "subcutaneous emphysema",
        "scoliosis",
        "degenerative change",
        "spinal hardware",
        "pulmonary vascular congestion",
        "costophrenic angle blunting",
        "volume loss",
    }
)
"""Entities that are not counted."""


def article(entity: str) -> str:
    """ "a ", "an " or ""."""
    return "" if entity in NO_ARTICLE else "an " if entity[0] in "aeiou" else "a "


def question(type: str, uniform: float, x: str = "", are: str = "is") -> str:
    """The text of a question; `uniform` chooses among the wordings."""
    options = TEMPLATES[type]
    text = options[int(uniform * len(options))]
    if "{a}" in text:
        text = text.replace("{a} ", article(x))
    return text.format(x=x, are=are, Are=are.capitalize())
