"""What can be asked of a picture: facts with their answers, before a data set puts them into its own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cxrbench.core.conditions import NO_FINDING, SUPPORT_DEVICES
from cxrbench.datasets.phantom.plan import Finding
from cxrbench.datasets.phantom.transfer.pictures import Picture

LUNG_CONDITIONS: Final = frozenset(
    {"Lung Opacity", "Lung Lesion", "Edema", "Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax"}
)
"""What makes a lung look ill; air around it is counted."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with its answer.

    Attributes:
        texts: The question and, where there is one, the same in other words.
        answer: Text, or a whole number.
        closed: Answered by yes, no, or one of the choices that the question names.
        type: The data set's name for the kind of question.
        about: What is asked, for the truth file: {"asks": ..., ...}.
    """

    texts: tuple[str, ...]
    answer: str | int
    closed: bool
    type: str
    about: dict[str, str]


def drawn(picture: Picture) -> frozenset[str]:
    """The conditions that a chest film shows."""
    return picture.plan.conditions - {NO_FINDING}


def lungs_are_ill(picture: Picture) -> bool:
    return bool(drawn(picture) & LUNG_CONDITIONS)


def is_abnormal(picture: Picture) -> bool:
    """Whether anything but devices, or in a section a lesion, is there."""
    if picture.kind != "chest":
        return picture.lesion is not None
    return bool(drawn(picture) - {SUPPORT_DEVICES})


def sided(picture: Picture) -> list[Finding]:
    """Findings that lie on one side or on both, each condition once."""
    return [f for f in picture.findings if f.side and f.condition != SUPPORT_DEVICES and f.condition != "Edema"]


def placed(picture: Picture) -> list[Finding]:
    """Findings with a zone of their own in the lung."""
    return [f for f in picture.findings if f.zone and f.condition not in ("Fracture", "Pleural Other")]
