"""How a question of MIMIC-Ext-CXR-QBA is put to a model: by its type and its words, never by its answers."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cxrbench.core.regions import REGIONS
from cxrbench.datasets.qba.gold import SCALE
from cxrbench.datasets.qba.question_types import QUESTION_TYPES, Family
from cxrbench.tasks.vqa_prompts import question_family

_PLACES: Final = ", ".join(REGIONS)
_HINTS: Final[dict[str, str]] = {
    "yes_no": "Answer yes or no.",
    "how": f"Answer with one of: {', '.join(SCALE)}.",
    "where": f"Answer with one or more of these regions: {_PLACES}.",
    "what": "Answer in one or two sentences.",
    "describe": "Answer in a few sentences.",
    "short": "Answer with a word or a short phrase.",
}
_CHOICES: Final[dict[str, tuple[str, ...]]] = {"yes_no": ("yes", "no"), "how": SCALE}


def family_of(type: str, question: str) -> Family:
    """The family of a canonical type; of the phantom's relational and multi-hop questions, by their words."""
    known = QUESTION_TYPES.get(type)
    if known is not None:
        return known.family
    told = question_family(question)
    return "what" if told == "choice" else told


@lru_cache(maxsize=1 << 15)
def qba_prompt(type: str, question: str) -> str:
    """The question with a hint at the form of its answer.

    "How severe" offers the four words of the severity scale, "where" the 26 regions that answers are scored by: a
    model cannot know the vocabulary otherwise.
    """
    family = family_of(type, question) if type in QUESTION_TYPES else "short"
    if family == "short" and question_family(question) == "yes_no":
        family = "yes_no"
    return f"Look at the chest X-ray and answer the question.\nQuestion: {question}\n{_HINTS[family]}"


def qba_choices(type: str, question: str) -> tuple[str, ...] | None:
    """The possible answers of yes/no and severity questions; None where the question leaves more."""
    return _CHOICES.get(family_of(type, question))
