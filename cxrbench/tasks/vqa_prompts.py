"""What a question asks by its words alone, and how it is put to a model.

Nothing here knows an answer. The rules were written from the training rows of VQA-RAD and SLAKE; toolkits that say
"answer yes or no" only where the gold answer is yes or no tell the model what the gold is.
"""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

QuestionFamily = Literal["yes_no", "choice", "where", "what", "how", "describe"]
QUESTION_FAMILIES: Final[tuple[QuestionFamily, ...]] = get_args(QuestionFamily)

_AUXILIARY = (
    r"(?:is|are|was|were|does|doe|do|did|can|could|has|have|had|would|should|will)"
    r"(?:/(?:is|are|was|were|does|do))?(?:n't| not)?"
)
_ASKED = re.compile(rf"(?:[^,]*, )?(?:{_AUXILIARY}|any|anything|notice)\b")
_REQUEST = re.compile(
    r"(?:please )?(?:(?:can|could) you (?:please )?)?(?:describe|explain|summari[sz]e|tell me about)\b"
)
_NAMING = re.compile(r"(?:can|could|would) you (?:please )?(?:name|identify|list|specify|tell me (?:what|which))\b")
_EXISTS = re.compile(
    r"(?:[^,]*, )?(?:(?:is|are|was|were)(?:/(?:is|are))?(?:n't| not)? there|any|anything|(?:can|could)|has|have)\b"
)
_OR = re.compile(r"\bor\b|\bvs\b")
_WHERE = re.compile(
    r"\bwhere\b|\b(?:which|what) (?:\w+ )?(?:sides?|lungs?|lobes?|hemispheres?|quadrants?|locations?|regions?|areas?|"
    r"parts?|portions?|zones?|position)\b"
)
_HOW = re.compile(r"(?:[^,]*, )?how\b")
_HINTS: Final[dict[QuestionFamily, str]] = {
    "yes_no": "Answer yes or no.",
    "choice": "Answer with one of the alternatives.",
    "where": "Answer with the place, in a few words.",
    "what": "Answer with a word or a short phrase.",
    "how": "Answer with a word or a short phrase.",
    "describe": "Answer in one or two sentences.",
}


def question_family(question: str) -> QuestionFamily:
    """What a question asks. The first rule that holds decides:

    1. describe: "describe ...", "please explain ...", "can you describe ...".
    2. what: "can you name ...".
    3. A question that opens with an auxiliary verb ("is", "does", "can", ...) or "any", also behind a clause and a
       comma: choice where it offers alternatives ("is it on the left or the right", "a mass vs. an abscess"), except
       where it asks whether something exists ("is there ... or ...", "can you see ... or ..."); else yes_no.
    4. how: opens with "how".
    5. choice: any other question that offers alternatives ("which is larger, the aorta or the trachea?").
    6. where: "where", "which side", "what lobe", "in which region", ...
    7. what: everything else, also texts that are no question.
    """
    words = " ".join(question.lower().replace("’", "'").split())
    if _REQUEST.match(words):
        return "describe"
    if _NAMING.match(words):
        return "what"
    offers = _OR.search(words) is not None
    if _ASKED.match(words):
        return "choice" if offers and not _EXISTS.match(words) else "yes_no"
    if _HOW.match(words):
        return "how"
    if offers:
        return "choice"
    return "where" if _WHERE.search(words) else "what"


def vqa_prompt(question: str, family: QuestionFamily) -> str:
    """The question with a hint at the form of the answer.

    Kind and organ of the image are not named: "What kind of picture is it?" would be answered by the prompt.
    """
    return f"Look at the medical image and answer the question.\nQuestion: {question}\n{_HINTS[family]}"


def vqa_choices(family: QuestionFamily) -> tuple[str, ...] | None:
    """Yes and no for a yes/no question; the alternatives of other questions are in their words."""
    return ("yes", "no") if family == "yes_no" else None
