"""The lexicon of the rule-based labeler: phrases in, one matcher and one spelling table out."""

from __future__ import annotations

from functools import lru_cache

from cxrbench.metrics.labelers.rules import tags
from cxrbench.metrics.labelers.rules.lexicon import cues, mentions, structures
from cxrbench.metrics.labelers.rules.lexicon.spelling import spellings
from cxrbench.metrics.labelers.rules.matcher import Matcher

_HEART = ("Cardiomegaly",)
_MEDIASTINUM = ("Enlarged Cardiomediastinum",)


@lru_cache(maxsize=1)
def lexicon() -> tuple[Matcher, dict[str, str]]:
    """The matcher over all phrases and the spelling table; built once, on first use, in some tens of milliseconds."""
    matcher = Matcher()
    # The first meaning of a phrase wins, so exceptions come before what they except from.
    matcher.add(mentions.IGNORED, tags.IGNORE)
    matcher.add(cues.PSEUDO, tags.IGNORE)
    for condition, phrases in mentions.SUSPECTS.items():
        matcher.add(phrases, tags.SUSPECT, tuple(condition.split("+")))
    for names, phrases in mentions.SEVERAL.items():
        matcher.add(phrases, tags.FINDING, tuple(names.split("+")))
    for condition, phrases in mentions.FINDINGS.items():
        matcher.add(phrases, tags.FINDING, (condition,))
    matcher.add(mentions.OTHER_ABNORMALITIES, tags.OTHER)
    for kind, phrases in (
        (tags.HYPOTHETICAL, cues.HYPOTHETICAL),
        (tags.NORMAL, structures.NORMAL),
        (tags.BORDERLINE, structures.BORDERLINE),
        (tags.BIG, structures.ENLARGED),
        (tags.VERSUS, cues.VERSUS),
        (tags.DIFFERENTIAL, cues.DIFFERENTIAL),
        (tags.POSSIBLE, cues.UNCERTAIN_NEGATION),
        (tags.POSSIBLE_BACK, cues.POSSIBLE_BACK),
        (tags.POSSIBLE, cues.POSSIBLE),
        (tags.NEGATE_BACK, cues.NEGATE_BACK),
        (tags.NEGATE_EITHER, cues.NEGATE_EITHER),
        (tags.NEGATE, cues.NEGATE),
        (tags.PROBABLE, cues.PROBABLE),
        (tags.PROBABLE_BACK, cues.PROBABLE_BACK),
        (tags.BREAK, cues.BREAK),
        (tags.WITH, cues.WITH),
        (tags.COMMA, cues.COMMA),
        (tags.OR, cues.OR),
        (tags.AND, cues.AND),
    ):
        matcher.add(phrases, kind)
    matcher.add(structures.BOTH, tags.SUBJECT, _HEART + _MEDIASTINUM)
    matcher.add(structures.HEART, tags.SUBJECT, _HEART)
    matcher.add(structures.MEDIASTINUM, tags.SUBJECT, _MEDIASTINUM)
    matcher.add(structures.RIVALS, tags.SUBJECT)
    matcher.add(cues.STEADY, tags.STEADY)
    matcher.add(cues.STARTERS, tags.STARTER)
    matcher.add(structures.CHEST, tags.CHEST)
    return matcher, spellings(matcher.vocabulary())
