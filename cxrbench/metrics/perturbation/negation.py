"""Negation flips: what is denied becomes asserted, what is asserted becomes denied.

Written without the rule labeler, so that its scores are not judged by its own rules.
"""

from __future__ import annotations

import re
from random import Random

from cxrbench.metrics.perturbation.sentences import recapitalised

_EVIDENCE = (
    r"(?:(?:(?:convincing|radiographic|definite|acute)\s+)*"
    r"(?:evidence|signs?|indications?|suggestions?)\s+(?:of|for)\s+)?(?:any\s+)?"
)
_SEEN = r"(?:seen|identified|noted|present|visualized|evident|demonstrated|appreciated|detected)"
_DENIALS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"\bcan\s*not\s+be\s+(?:entirely\s+|completely\s+|definitely\s+)?(?:excluded|ruled\s+out)", "is excluded"),
        (r"\b(?:cannot|can\s+not|could\s+not)\s+(?:entirely\s+)?exclude\b", "excludes"),
        (rf"\b(is|are|was|were)\s+not\s+({_SEEN})\b", r"\1 \2"),
        (r"\b(is|are|was|were|has|have|had|do|does|did|may|might|could|should)\s+not\s+", r"\1 "),
        (r"\b(?:is|are|appears?|remains?)\s+(?:free|clear)\s+(?:of|from)\s+(?:any\s+)?", "show "),
        (r"\b(?:free|clear)\s+(?:of|from)\s+(?:any\s+)?", "with "),
        (r"\bnegative\s+for\b", "positive for"),
        (r"\b(?:with\s+no|without)\s+" + _EVIDENCE, "with "),
        (r"\babsence\s+of\b", "presence of"),
        (r"\b(?:no|neither)\s+" + _EVIDENCE, ""),
        (r"\bnor\b", "and"),
        (rf"\bnot\s+(?=(?:\w+\s+)?{_SEEN}\b)", ""),
        (r"\bnot\s+", ""),
    )
)
_DENIED_LIST = re.compile(r"\b(?:no|without|free of|clear of|negative for|neither|absence of)\b", re.IGNORECASE)
_OR = re.compile(r"\bor\b")
_ARTICLE = r"(?:(?:an?|some)\s+)?"
_HEDGES = r"(?:possible|probable|questionable|likely|suspected)\s+"
_VERBS = "appear|show|demonstrate|represent|suggest|involve|overlie|obscure|reveal|contain|project|persist|remain"
_ASSERTIONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (rf"\b(there)\s+(?:may|might|could)\s+be\s+{_ARTICLE}", r"\1 is no "),
        (rf"\b(there)\s+(is|are|was|were)\s+((?:again|also|now)\s+)?{_ARTICLE}(?:{_HEDGES})?", r"\1 \2 \3no "),
        (r"\b(?:may|might|could)\s+(?:well\s+)?be\b", "is not"),
        (r"\b(?:may|might|could)\s+(?:well\s+)?(\w+)", r"does not \1"),
        (r"\b(is|are|was|were|has|have|had)\b(?!\s+not\b)", r"\1 not"),
        (rf"\b({_VERBS})\b", r"do not \1"),
        (rf"\b({_VERBS})s\b", r"does not \1"),
        (r"^(\W*(?:\d+[.)]\s*)?)normal\b", r"\1Abnormal"),
        (r"\b(within\s+normal\s+limits|normal|unremarkable|intact|clear)(?=\W*$)", r"not \1"),
    )
)
_OPENING = re.compile(
    rf"^(?P<lead>[\s*-]*(?:\d+[.)]\s*)?)(?:an?\s+|some\s+)?(?:{_HEDGES})?(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)


def flip_negation(sentence: str, random: Random) -> str:
    """The opposite of a sentence: every denial in it taken out, or, where there is none, its statement denied."""
    affirmed = sentence
    for pattern, replacement in _DENIALS:
        affirmed = pattern.sub(replacement, affirmed)
    if affirmed != sentence:
        denial = _DENIED_LIST.search(sentence)
        if denial:
            # "no effusion or pneumothorax" denies both; its opposite asserts both.
            affirmed = _OR.sub("and", affirmed)
        return recapitalised(affirmed) if _starts_with_capital(sentence) else affirmed
    for pattern, replacement in _ASSERTIONS:
        denied, count = pattern.subn(replacement, sentence, count=1)
        if count:
            return denied
    opening = _OPENING.match(sentence)
    if opening is None:
        return sentence
    return f"{opening['lead']}No {_decapitalised(opening['rest'])}"


def _starts_with_capital(sentence: str) -> bool:
    letter = next((character for character in sentence if character.isalpha()), "")
    return letter.isupper()


def _decapitalised(text: str) -> str:
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]
