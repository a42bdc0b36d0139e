"""Findings left out, and findings made up; what a finding is, the rule labeler says."""

from __future__ import annotations

from functools import cache
from random import Random

from cxrbench.metrics.labelers.rules.labeler import RulesLabeler
from cxrbench.metrics.labelers.rules.tags import ABSENT
from cxrbench.metrics.perturbation.base import Perturbed, Source
from cxrbench.metrics.perturbation.sentences import has_words, join, sentences

INVENTED_AT_MOST = 3
"""Findings added to one report where no number is asked for."""
_INVENTED = {
    "Cardiomegaly": "The heart is moderately enlarged.",
    "Enlarged Cardiomediastinum": "The mediastinum is widened.",
    "Lung Opacity": "Hazy opacity is seen in the {side} lower lobe.",
    "Lung Lesion": "There is a nodule in the {side} upper lobe.",
    "Edema": "There is moderate pulmonary edema.",
    "Consolidation": "Focal consolidation is present in the {side} lung base.",
    "Pneumonia": "There is pneumonia in the {side} lower lobe.",
    "Atelectasis": "There is {side} basilar atelectasis.",
    "Pneumothorax": "There is a small {side} pneumothorax.",
    "Pleural Effusion": "There is a moderate {side} pleural effusion.",
    "Pleural Other": "There is {side} apical pleural thickening.",
    "Fracture": "There is an acute {side} rib fracture.",
}


@cache
def _labeler() -> RulesLabeler:
    return RulesLabeler()


def drop_finding(sentence: str, random: Random) -> str | None:
    """Nothing in place of a sentence that asserts or doubts one of the conditions (devices count); else None."""
    asserted = any(polarity > ABSENT for _, polarity in _labeler().mentions(sentence))
    return "" if asserted else None


def add_findings(source: Source) -> Perturbed:
    """Sentences about conditions that the report neither asserts nor doubts, at random places.

    One condition each, three at most unless another number is asked for; findings with a side get a random one.
    A report without any word stays as it is.
    """
    parts = sentences(source.text)
    if not any(map(has_words, parts)):
        return Perturbed(source.text, len(parts), 0, 0)
    labels = _labeler().label([source.text])[0]
    candidates = [name for name in _INVENTED if labels[name] not in (1, -1)]
    source.random.shuffle(candidates)
    wanted = INVENTED_AT_MOST if source.at_most is None else source.at_most
    taken = candidates[:wanted]
    count = len(parts)
    for name in taken:
        sentence = _INVENTED[name].format(side=source.random.choice(("left", "right")))
        parts.insert(source.random.randint(0, len(parts)), sentence)
    return Perturbed(join(parts) if taken else source.text, count, len(candidates), len(taken))
