"""The lexicon of the rule-based labeler: phrase files in, one matcher and one spelling table out.

The files are plain text, so that a radiologist can read and extend them: `findings.txt` names the conditions,
`suspects.txt` the signs that make one possible, `ignored.txt` the look-alikes, `other.txt` further abnormalities,
`structures.txt` heart and mediastinum with their states, `cues.txt` negation and uncertainty, `spelling.txt` forms.
"""

from __future__ import annotations

from functools import lru_cache

from cxrbench.metrics.labelers.rules import tags
from cxrbench.metrics.labelers.rules.lexicon.phrases import read_sections
from cxrbench.metrics.labelers.rules.lexicon.spelling import known_forms, with_slips
from cxrbench.metrics.labelers.rules.matcher import Matcher

_HEART = ("Cardiomegaly",)
_MEDIASTINUM = ("Enlarged Cardiomediastinum",)

# The first meaning of a phrase wins: what is normal before what is large, an uncertain negation before a negation.
_STATES = {"normal": tags.NORMAL, "borderline": tags.BORDERLINE, "enlarged": tags.BIG}
_CUES = {
    "versus": tags.VERSUS,
    "differential": tags.DIFFERENTIAL,
    "uncertain negation": tags.POSSIBLE,
    "possible back": tags.POSSIBLE_BACK,
    "possible": tags.POSSIBLE,
    "negate back": tags.NEGATE_BACK,
    "negate either": tags.NEGATE_EITHER,
    "negate": tags.NEGATE,
    "probable": tags.PROBABLE,
    "probable back": tags.PROBABLE_BACK,
    "break": tags.BREAK,
    "with": tags.WITH,
    "comma": tags.COMMA,
    "or": tags.OR,
    "and": tags.AND,
    "steady": tags.STEADY,
}
_STRUCTURES: dict[str, tuple[str, ...]] = {
    "both": _HEART + _MEDIASTINUM,
    "heart": _HEART,
    "mediastinum": _MEDIASTINUM,
    "rivals": (),
}


@lru_cache(maxsize=1)
def lexicon() -> tuple[Matcher, dict[str, str]]:
    """The matcher over all phrases and the spelling table; built once, on first use, in about 0.1 s."""
    cues, structures = read_sections("cues"), read_sections("structures")
    forms = known_forms()
    matcher = Matcher(forms)
    matcher.add(read_sections("ignored")["ignored"], tags.IGNORE)
    matcher.add(cues["pseudo"], tags.IGNORE)
    for kind, name in ((tags.SUSPECT, "suspects"), (tags.FINDING, "findings")):
        for conditions, phrases in read_sections(name).items():
            matcher.add(phrases, kind, tuple(conditions.split(" + ")))
    matcher.add(("thickening",), tags.THICKENING, ("Pleural Other",))
    matcher.add(read_sections("other")["other"], tags.OTHER)
    matcher.add(cues["hypothetical"], tags.HYPOTHETICAL)
    for name, kind in _STATES.items():
        matcher.add(structures[name], kind)
    for name, kind in _CUES.items():
        matcher.add(cues[name], kind)
    matcher.add((":",), tags.COLON)
    for name, owners in _STRUCTURES.items():
        matcher.add(structures[name], tags.SUBJECT, owners)
    matcher.add(cues["starter"], tags.STARTER)
    matcher.add(structures["chest"], tags.CHEST)
    return matcher, with_slips(forms, matcher.vocabulary())
