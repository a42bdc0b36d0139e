"""Questions of the VQA-RAD phantom: short, free, uneven in spelling, as clinicians type them."""

from __future__ import annotations

from typing import Final

import numpy as np

from cxrbench.core.conditions import SUPPORT_DEVICES
from cxrbench.datasets.phantom.plan import Finding
from cxrbench.datasets.phantom.transfer.asking import Ask, drawn, is_abnormal, lungs_are_ill, placed, sided
from cxrbench.datasets.phantom.transfer.pictures import Picture
from cxrbench.datasets.phantom.wording import pick

_PRESENCE: Final[dict[str, tuple[str, str, str]]] = {
    "Pneumothorax": ("PRES", "Do you see a pneumothorax?", "Has air got into the pleural cavity?"),
    "Pleural Effusion": (
        "PRES",
        "Is fluid collecting around the lungs?",
        "Do you see a pleural effusion on either side?",
    ),
    "Cardiomegaly": ("SIZE", "Does the heart look too big?", "Is the cardiac shadow wider than half of the chest?"),
    "Enlarged Cardiomediastinum": (
        "SIZE",
        "Does the mediastinum look too wide?",
        "Would you call the mediastinum widened?",
    ),
    "Consolidation": ("PRES", "Is any part of the lung consolidated?", "Do you notice airspace consolidation?"),
    "Pneumonia": ("PRES", "Would you say this is pneumonia?", "Do the lungs show signs of pneumonia?"),
    "Edema": ("PRES", "Is this patient in pulmonary edema?", "Do the lungs look wet?"),
    "Atelectasis": ("PRES", "Do you see any bands of atelectasis?", "Is part of a lung atelectatic?"),
    "Lung Lesion": ("PRES", "Can you make out a nodule or mass?", "Does either lung hold a round lesion?"),
    "Lung Opacity": ("PRES", "Do you see a hazy opacity in the lungs", "Is one of the lung fields hazy?"),
    "Pleural Other": ("PRES", "Is the pleura thickened or calcified?", "Do you see pleural thickening or plaques?"),
    "Fracture": ("PRES", "Is a rib broken?", "Did the radiograph reveal a rib fracture?"),
    SUPPORT_DEVICES: ("PRES", "Do you see any lines, tubes or hardware?", "Has the patient any medical device?"),
}
"""Condition -> type and two wordings."""
_NOUNS: Final = {
    "Pneumothorax": "pneumothorax",
    "Pleural Effusion": "fluid",
    "Consolidation": "consolidation",
    "Pneumonia": "pneumonia",
    "Atelectasis": "atelectasis",
    "Lung Lesion": "lesion",
    "Lung Opacity": "opacity",
    "Pleural Other": "pleural thickening",
    "Fracture": "broken rib",
}
_PLACES: Final = {
    ("right", "upper"): "right upper lobe",
    ("right", "mid"): "right middle lobe",
    ("right", "lower"): "right lower lobe",
    ("left", "upper"): "left upper lobe",
    ("left", "mid"): "left mid lung",
    ("left", "lower"): "left lower lobe",
}
_SIZES: Final = {"mild": "small", "moderate": "moderate", "severe": "large"}
_ABSENT_ASKED: Final = 4
DULL: Final = frozenset({"modality", "is CT", "view", "plane", "organ", "color"})
"""What is asked of every picture alike: less often than what it shows."""


def _yes(rng: np.random.Generator, value: bool) -> str:
    return pick(rng, ("Yes", "yes", "Yes")) if value else pick(rng, ("No", "no", "No"))


def ask(rng: np.random.Generator, picture: Picture) -> list[Ask]:
    """All questions to one picture; the writer takes some of them."""
    return _chest(rng, picture) if picture.kind == "chest" else _section(rng, picture)


def _chest(rng: np.random.Generator, picture: Picture) -> list[Ask]:
    present = drawn(picture)
    absent = sorted(set(_PRESENCE) - present)
    asked = [*sorted(present), *rng.choice(absent, _ABSENT_ASKED, replace=False).tolist()]
    found = []
    for name in asked:
        kind, *texts = _PRESENCE[name]
        about = {"asks": "presence", "condition": name}
        found.append(Ask(tuple(texts), _yes(rng, name in present), True, kind, about))
    lungs = ("Do the lungs look normal?", "Are both lung fields healthy?")
    found.append(Ask(lungs, _yes(rng, not lungs_are_ill(picture)), True, "ABN", {"asks": "lungs normal"}))
    whole = ("Is anything wrong on this film?", "Does the radiograph look abnormal?")
    found.append(Ask(whole, _yes(rng, is_abnormal(picture)), True, "ABN", {"asks": "abnormal"}))
    for finding in sided(picture):
        found += _sides(rng, finding)
    for finding in placed(picture):
        found.append(_place(rng, finding))
    for finding in picture.findings:
        found += _details(rng, finding)
    return [*found, *_study(rng, picture)]


def _sides(rng: np.random.Generator, f: Finding) -> list[Ask]:
    noun, both = _NOUNS[f.condition], f.side == "bilateral"
    about = {"asks": "side", "condition": f.condition}
    answer = pick(rng, ("Both sides", "bilateral")) if both else pick(rng, (f.side.title(), f"{f.side} side", f.side))
    which = (f"On which side is the {noun}?", f"Which side of the chest shows the {noun}?")
    choice = (f"Is the {noun} on the left or on the right?",)
    return [
        Ask(which, answer, False, "POS", about),
        Ask(choice, "both" if both else f.side.title(), True, "POS", about),
    ]


def _place(rng: np.random.Generator, f: Finding) -> Ask:
    noun = _NOUNS[f.condition]
    texts = (f"Where exactly is the {noun}?", f"Which part of the lung holds the {noun}?")
    place = _PLACES[f.side, f.zone]
    answer = pick(rng, (place, place.capitalize(), f"the {place}"))
    return Ask(texts, answer, False, "POS", {"asks": "place", "condition": f.condition})


def _details(rng: np.random.Generator, f: Finding) -> list[Ask]:
    if f.condition == "Lung Lesion":
        count = ("How many lung nodules or masses do you count?", "What is the number of lung lesions?")
        shape = ("What shape does the lung lesion have?",)
        return [
            Ask(count, 3 if f.kind == "nodules" else 1, False, "COUNT", {"asks": "count"}),
            Ask(shape, pick(rng, ("round", "Round")), False, "ATTRIB", {"asks": "shape"}),
        ]
    if f.condition in ("Pleural Effusion", "Pneumothorax") and not f.subtle:
        thing = "collection of fluid" if f.condition == "Pleural Effusion" else "pneumothorax"
        size = (f"How big is the {thing}?",)
        return [Ask(size, _SIZES[f.grade], False, "SIZE", {"asks": "size", "condition": f.condition})]
    if f.condition == SUPPORT_DEVICES:
        device = ("Which device has the patient got?", "What hardware is visible?")
        return [Ask(device, f.kind, False, "OTHER", {"asks": "device"})]
    return []


def _study(rng: np.random.Generator, picture: Picture) -> list[Ask]:
    kind = pick(rng, ("X-ray", "xray", "Chest X-ray", "Plain film"))
    color = pick(rng, ("black", "dark", "Black"))
    return [
        Ask(
            ("What sort of study is this?", "How was this picture taken?"),
            kind,
            False,
            "MODALITY",
            {"asks": "modality"},
        ),
        Ask(
            ("Is this a CT?", "Was this made with a CT scanner?"),
            _yes(rng, False),
            True,
            "MODALITY",
            {"asks": "is CT"},
        ),
        Ask(("Is the film PA or AP?",), picture.view, True, "PLANE", {"asks": "view"}),
        Ask(("Which projection was used?",), picture.view, False, "PLANE", {"asks": "view"}),
        Ask(
            ("What body part is on the film?",),
            pick(rng, ("Chest", "chest", "thorax")),
            False,
            "ORGAN",
            {"asks": "organ"},
        ),
        Ask(("What color is the air in the lungs?",), color, False, "COLOR", {"asks": "color"}),
    ]


def _section(rng: np.random.Generator, picture: Picture) -> list[Ask]:
    head, lesion = picture.kind == "head", picture.lesion
    modality = pick(rng, (picture.modality, picture.modality.lower(), f"{picture.modality} scan"))
    part = "head" if head else "abdomen"
    found = [
        Ask(
            ("What modality is this?", "How was this section made?"),
            modality,
            False,
            "MODALITY",
            {"asks": "modality"},
        ),
        Ask(("Is this MRI or CT?",), picture.modality, True, "MODALITY", {"asks": "modality"}),
        Ask(("In which plane is the section?",), pick(rng, ("axial", "Axial")), False, "PLANE", {"asks": "plane"}),
        Ask(("Which part of the body is this?",), part, False, "ORGAN", {"asks": "organ"}),
        Ask(
            ("Is there any lesion?", "Do you see something abnormal?"),
            _yes(rng, lesion is not None),
            True,
            "ABN",
            {"asks": "abnormal"},
        ),
    ]
    if not head:
        found.append(Ask(("On which side is the spleen?",), "left", False, "POS", {"asks": "spleen"}))
    if lesion is not None:
        about = {"asks": "lesion side"}
        found.append(Ask(("Which side is the lesion on?",), f"{lesion.side} side", False, "POS", about))
        found.append(Ask(("Is the lesion on the left or the right?",), lesion.side.title(), True, "POS", about))
        found.append(Ask(("Which organ has the lesion?",), lesion.organ, False, "ORGAN", {"asks": "lesion organ"}))
    return found
