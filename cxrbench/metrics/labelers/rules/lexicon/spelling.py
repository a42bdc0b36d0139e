"""One spelling for the forms of a word: the table of `spelling.txt`, and every single slip in a long word."""

from __future__ import annotations

from collections.abc import Iterable

from cxrbench.metrics.labelers.rules.lexicon.phrases import read_forms

_DROPPED = ("a", "an", "the")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FUZZY = (
    "atelectasis",
    "cardiomegaly",
    "consolidation",
    "pneumothorax",
    "pneumothoraces",
    "mediastinum",
    "mediastinal",
    "cardiomediastinal",
    "costophrenic",
    "infiltrate",
    "emphysema",
    "opacities",
    "effusions",
    "pulmonary",
    "pneumonia",
    "silhouette",
    "pacemaker",
    "thickening",
    "defibrillator",
    "endotracheal",
    "nasogastric",
    "congestion",
    "enlargement",
)
"""Words of nine letters and more: so long that one edit of them is no other word of a chest report."""


def known_forms() -> dict[str, str]:
    """Token -> canonical spelling; articles -> the empty string, which drops them."""
    forms: dict[str, str] = dict.fromkeys(_DROPPED, "")
    for canonical, others in read_forms("spelling").items():
        forms.update(dict.fromkeys(others, canonical))
    return forms


def with_slips(forms: dict[str, str], vocabulary: Iterable[str]) -> dict[str, str]:
    """The known forms, and every single slip in a long word.

    Args:
        vocabulary: All tokens of the lexicon's phrases, which are never taken for slips of another word.
    """
    known = {*vocabulary, *forms, *forms.values()}
    found = dict(forms)
    for word in _FUZZY:
        for slip in _slips(word):
            if slip not in known:
                found[slip] = forms.get(word, word)
    return found


def _slips(word: str) -> set[str]:
    """Strings one deletion, insertion, replacement or swap of neighbours away."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {a + b[1:] for a, b in cuts if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    for letter in _LETTERS:
        found |= {a + letter + b for a, b in cuts}
        found |= {a + letter + b[1:] for a, b in cuts if b}
    found.discard(word)
    return found
