"""Back-translation by the user's own translation model: there and back again, kept only where nothing was lost.

cxrbench brings no translation model and calls no service; the two callables are the user's. Clinical text may be
restricted: whoever passes a callable that sends it elsewhere decides so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cxrbench.core.errors import UsageError
from cxrbench.datasets.augment.text.synonyms import says_the_same
from cxrbench.metrics.concepts.base import ConceptMatcher

Translate = Callable[[Sequence[str]], Sequence[str]]
"""A batch of texts -> their translations, in the same order."""
_OPENING: Final = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)


@dataclass(slots=True)
class BackTranslation:
    """Rewords texts by translating them there and back.

    A result is kept if the matcher reads the same concepts in it, asserted or denied alike, if the same sides stand
    in the same order, and if it opens with yes or no just as the original does. Otherwise the original stays.

    Attributes:
        there, back: The user's translations.
        matcher: Reads the text before and after.
        kept, refused: Results that were kept, and that were not, so far; one equal to its original counts as kept.
    """

    there: Translate
    back: Translate
    matcher: ConceptMatcher
    kept: int = field(default=0, init=False)
    refused: int = field(default=0, init=False)

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """The texts in other words, or as they are.

        Raises:
            UsageError: A translation with another number of texts, or with something that is no text.
        """
        results = _translated("back", self.back, _translated("there", self.there, texts))
        chosen = []
        for before, after in zip(texts, results, strict=True):
            same = _opening(before) == _opening(after) and says_the_same(before, after, self.matcher)
            self.kept += same
            self.refused += not same
            chosen.append(after if same else before)
        return chosen


def _translated(name: str, translate: Translate, texts: Sequence[str]) -> Sequence[str]:
    results = translate(texts)
    if len(results) != len(texts) or not all(isinstance(text, str) for text in results):
        raise UsageError(
            f"translation {name!r} gave {len(results)} results for {len(texts)} texts",
            valid="one string for each text, in the same order",
        )
    return results


def _opening(text: str) -> str | None:
    found = _OPENING.match(text)
    return found[1].lower() if found else None
