"""Paraphrases by rule: other words and another order within the sentence, the same statement.

Every word that decides a statement (negation, hedge, side, degree, finding) keeps its meaning; only synonyms of the
field and fixed constructions are exchanged.
"""

from __future__ import annotations

import re
from random import Random

from cxrbench.metrics.perturbation.sentences import recapitalised

_SYNONYMS = {
    "osseous": "bony",
    "bony": "osseous",
    "opacity": "opacification",
    "opacities": "opacifications",
    "consistent with": "compatible with",
    "compatible with": "consistent with",
    "unremarkable": "normal",
    "within normal limits": "normal",
    "cardiomegaly": "enlargement of the heart",
    "cardiopulmonary abnormality": "cardiopulmonary disease",
    "cardiopulmonary abnormalities": "cardiopulmonary disease",
    "cardiopulmonary disease": "cardiopulmonary process",
    "cardiopulmonary process": "cardiopulmonary abnormality",
    "cardiopulmonary findings": "cardiopulmonary abnormality",
    "active disease": "active process",
    "bilateral pleural effusions": "pleural effusions on both sides",
    "evidence of": "sign of",
    "is seen": "is noted",
    "are seen": "are noted",
    "is noted": "is identified",
    "are noted": "are identified",
    "is identified": "is seen",
    "are identified": "are seen",
}
_LONGEST_FIRST = "|".join(re.escape(word) for word in sorted(_SYNONYMS, key=len, reverse=True))
# "No cardiomegaly" stays: "no enlargement of the heart" is another statement to a reader of phrases.
_WORDS = re.compile(rf"\b(?<!no (?=cardiomegaly))({_LONGEST_FIRST})\b", re.IGNORECASE)
_LEAD = r"^(?P<lead>\s*(?:\d+[.)]\s*)?)"
_VERB = (
    r"(?:is|are|was|were|has|have|had|appears?|remains?|suggests?|shows?|with|which|that|to|but|may|seen|identified)"
)
_PLAIN = rf"(?P<what>(?:(?!\b(?:no|not|{_VERB})\b)[^.,;:!?])+?)"
_LIST = rf"(?P<what>(?:(?!\b(?:no|not|{_VERB})\b)[^.;:!?])+?)"
_SEEN = r"(?:seen|identified|noted|present|visualized|evident)"
_CONSTRUCTIONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(_LEAD + pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (
            r"(?:the )?heart size is (?:normal|within normal limits)(?P<end>\.+)$",
            r"\g<lead>the heart is of normal size\g<end>",
        ),
        (r"(?:the )?heart is normal in size(?P<end>\b)", r"\g<lead>heart size is normal\g<end>"),
        (r"(?:the )?lungs are clear(?: bilaterally)?(?P<end>\.+)$", r"\g<lead>both lungs are clear\g<end>"),
        (r"both lungs are clear(?P<end>\b)", r"\g<lead>the lungs are clear\g<end>"),
        (
            r"(?:the )?(?:heart|cardiac silhouette) is (?P<degree>mild|moderate|severe|marked|slight)ly enlarged"
            r"(?P<end>\.+)$",
            r"\g<lead>there is \g<degree> enlargement of the heart\g<end>",
        ),
        (rf"there (?P<is>is|are) no {_LIST}(?: {_SEEN})?(?P<end>\.+)$", r"\g<lead>no \g<what> \g<is> seen\g<end>"),
        (rf"no {_LIST} (?P<is>is|are) {_SEEN}(?P<end>\.+)$", r"\g<lead>there \g<is> no \g<what>\g<end>"),
        (rf"no {_LIST}(?: {_SEEN})?(?P<end>\.+)$", r"\g<lead>there is no \g<what>\g<end>"),
        (rf"there (?P<is>is|are) (?:an? )?{_PLAIN}(?P<end>\.+)$", r"\g<lead>\g<what> \g<is> present\g<end>"),
        (rf"{_PLAIN} (?P<is>is|are) {_SEEN}(?P<end>\.+)$", r"\g<lead>there \g<is> \g<what>\g<end>"),
    )
)
_PLACES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"\b(in|of|within) the (left|right) (upper|middle|lower) lobe\b", r"\1 the \3 lobe of the \2 lung"),
        (r"\b(in|of|at) the (left|right) lung base\b", r"\1 the base of the \2 lung"),
        (r"\b(left|right) pleural effusion\b(?! on)", r"pleural effusion on the \1"),
    )
)


def paraphrase(sentence: str, random: Random) -> str | None:
    """The same statement in other words; None where no rule applies."""
    changed = sentence
    for pattern, replacement in _CONSTRUCTIONS:
        changed, count = pattern.subn(replacement, sentence, count=1)
        if count:
            break
    for pattern, replacement in _PLACES:
        changed = pattern.sub(replacement, changed)
    changed = _WORDS.sub(_synonym, changed)
    if changed == sentence:
        return None
    return recapitalised(_decapitalised_inside(sentence, changed))


def _synonym(match: re.Match[str]) -> str:
    found = _SYNONYMS[match[1].lower()]
    return found.capitalize() if match[1][0].isupper() else found


def _decapitalised_inside(before: str, after: str) -> str:
    """A word that opened the sentence and now stands inside it loses its capital, abbreviations excepted."""
    first = re.search(r"[^\W\d_]+", before)
    if first is None or len(first[0]) < 2 or not first[0].istitle():
        return after
    return re.sub(rf"\b{re.escape(first[0])}\b", first[0].lower(), after)
