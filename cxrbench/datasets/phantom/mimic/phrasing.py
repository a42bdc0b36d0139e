"""Sentences around a statement: how it is told, denied, and compared with the film before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cxrbench.datasets.phantom.mimic.entities import ENTITIES
from cxrbench.datasets.phantom.mimic.statements import Statement
from cxrbench.datasets.phantom.wording import pick, sentence

# {text} is the noun phrase, {full} has its article, {new} has "new" in front; {is} and {has} agree with the noun.
_CERTAIN: Final[dict[str, tuple[str, ...]]] = {
    "": ("There {is} {full}.", "{text} {is} present.", "{text} {is} seen.", "There {is} {full}.", "{text}."),
    "new": ("There {is} {new}.", "New {text}.", "{text} {is} new since the prior study."),
    "unchanged": (
        "{text} {is} unchanged.",
        "Unchanged {text}.",
        "{text} {is} again seen, not significantly changed.",
        "Stable {text}.",
    ),
    "improved": (
        "{text} {has} improved since the prior study.",
        "Improved {text}.",
        "There {is} {full}, decreased compared to the prior study.",
    ),
    "worsened": (
        "{text} {has} increased since the prior study.",
        "Worsening {text}.",
        "There {is} {full}, worse than on the prior study.",
    ),
    "resolved": ("The previously seen {bare} {has} resolved.", "Interval resolution of the {bare}."),
}
_HEDGED: Final[dict[str, tuple[str, ...]]] = {
    "": ("Possible {text}.", "There may be {full}.", "Findings may represent {full}.", "{full} cannot be excluded."),
    "new": ("Possible new {text}.", "There may be {new}."),
    "unchanged": ("Possible {text}, unchanged.", "Findings that may represent {full} are unchanged."),
    "improved": ("Possible {text}, improved since the prior study.",),
    "worsened": ("Possible {text}, increased since the prior study.",),
}
_FRACTURE: Final = ("{text} shows interval healing.", "There {is} {full}, with interval healing.")
_DEVICES: Final[dict[str, tuple[str, ...]]] = {
    "": ("{text} {is} in place.", "There {is} {full}.", "{text} {is} noted."),
    "new": ("{text} has been placed since the prior study.", "There {is} {new}."),
    "unchanged": ("{text} {is} unchanged in position.", "{text} {is} again seen."),
    "resolved": ("Interval removal of the {bare}.", "The {bare} {has} been removed."),
}


def tell(rng: np.random.Generator, item: Statement) -> str:
    """One sentence for a statement about a drawn finding, with its signs."""
    words = item.naming
    assert words is not None
    frames = _CERTAIN
    if ENTITIES[item.entity].is_device:
        frames = _DEVICES
    elif item.polarity == "uncertain":
        frames = _HEDGED
    options = frames[item.change]
    if item.entity == "rib fracture" and item.change == "improved" and item.polarity == "positive":
        options = _FRACTURE
    signs = [sign.text for sign in words.signs] if item.parts else []
    tail = f" with {' and '.join(signs)}" if signs else ""
    has = "have" if words.plural else "has"
    text = pick(rng, options).format(
        text=words.phrase() + tail,
        full=words.with_article() + tail,
        new=words.with_article("new") + tail,
        bare=words.phrase(degree=False),
        has=has,
        **{"is": "are" if words.plural else "is"},
    )
    return sentence(text if not words.plural else text.replace(" has been placed", " have been placed"))


@dataclass(frozen=True, slots=True)
class Denial:
    """A normal sentence.

    Attributes:
        entities: What it denies.
        often: How often it is said where true.
        indirect: It praises a structure instead of naming a finding; a labeler takes that for no mention.
    """

    wordings: tuple[str, ...]
    entities: tuple[str, ...]
    often: float
    indirect: bool = False


DENIALS: Final[dict[str, tuple[Denial, ...]]] = {
    "heart": (
        Denial(
            ("The cardiomediastinal silhouette is normal.", "Cardiomediastinal silhouette is within normal limits."),
            ("cardiomegaly", "mediastinal widening"),
            0.4,
        ),
        Denial(
            ("Heart size is normal.", "The heart is normal in size.", "The heart is not enlarged."),
            ("cardiomegaly",),
            0.8,
        ),
        Denial(
            ("The mediastinal contours are unremarkable.", "Mediastinal contours are normal."),
            ("mediastinal widening",),
            0.55,
        ),
    ),
    "lungs": (
        Denial(("No focal consolidation is seen.", "There is no focal consolidation."), ("consolidation",), 0.55),
        Denial(("There is no pulmonary edema.", "No overt pulmonary edema."), ("pulmonary edema",), 0.5),
        Denial(("No pneumonia.", "There is no evidence of pneumonia."), ("pneumonia",), 0.25),
        Denial(("No suspicious pulmonary nodule or mass.",), ("pulmonary nodule", "mass"), 0.15),
    ),
    "pleura": (
        Denial(
            (
                "There is no pleural effusion or pneumothorax.",
                "No pleural effusion or pneumothorax is seen.",
                "No evidence of pneumothorax or pleural effusion.",
            ),
            ("pleural effusion", "pneumothorax"),
            0.85,
        ),
        Denial(("There is no pneumothorax.", "No pneumothorax is seen."), ("pneumothorax",), 0.75),
        Denial(("There is no pleural effusion.", "No pleural effusion is seen."), ("pleural effusion",), 0.75),
    ),
    "bones": (
        Denial(
            ("No acute osseous abnormality.", "The osseous structures are intact."), ("rib fracture",), 0.35, True
        ),
        Denial(("No displaced rib fracture is seen.", "No rib fracture is seen."), ("rib fracture",), 0.15),
        Denial(("There is no free air beneath the diaphragm.",), ("pneumoperitoneum",), 0.12),
        Denial(("No scoliosis.",), ("scoliosis",), 0.03),
    ),
}
CLEAR: Final = Denial(("The lungs are clear.", "Lungs are clear."), ("lung opacity",), 0.75, True)
"""Said only where nothing at all is seen in the lungs, and no air around them."""
NOTHING_ACUTE: Final = (
    "No acute cardiopulmonary process.",
    "No acute cardiopulmonary abnormality.",
    "No acute intrathoracic process.",
    "Normal chest radiograph.",
)
NOTHING_NEW: Final = ("No significant interval change.", "No interval change from the prior study.")
