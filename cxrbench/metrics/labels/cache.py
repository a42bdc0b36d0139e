"""Labels by text, so that a text scored under several protocols, or seen again in this process, is labelled once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

from cxrbench.core.conditions import CONDITIONS
from cxrbench.metrics.labelers.base import ConditionLabels, Labeler

_CAPACITY = 50_000
_CHUNK = 8192
Values = tuple[int | None, ...]
_kept: OrderedDict[bytes, Values] = OrderedDict()
"""Hash of labeler and text -> labels in the order of `CONDITIONS`."""


def label_texts(labeler: Labeler, texts: Sequence[str], *, cache: bool = True) -> list[ConditionLabels]:
    """Labels of each text, in order. With the cache, texts of equal labels share one dictionary: do not change it.

    Args:
        labeler: Asked once per distinct text that is not remembered; its signature is part of the key.
        cache: False labels every text as if it were the only one (for speed measurements).
    """
    if not cache:
        return labeler.label(texts)
    seed = blake2b(labeler.signature().encode(), digest_size=16).digest()
    keys = {
        text: blake2b(text.encode("utf-8", "surrogatepass"), key=seed, digest_size=16).digest()
        for text in dict.fromkeys(texts)
    }
    # Hundreds of thousands of answers have few different labels: a dictionary for each would fill the memory.
    shared: dict[Values, ConditionLabels] = {}
    labels: dict[str, ConditionLabels] = {}
    for text, key in keys.items():
        values = _kept.get(key)
        if values is not None:
            _kept.move_to_end(key)
            labels[text] = shared.setdefault(values, dict(zip(CONDITIONS, values)))
    fresh = [text for text in keys if text not in labels]
    for start in range(0, len(fresh), _CHUNK):
        part = fresh[start : start + _CHUNK]
        for text, found in zip(part, labeler.label(part), strict=True):
            values = tuple(map(found.__getitem__, CONDITIONS))
            labels[text] = shared.setdefault(values, found)
            _kept[keys[text]] = values
        while len(_kept) > _CAPACITY:
            _kept.popitem(last=False)
    return [labels[text] for text in texts]


def forget_labels() -> None:
    """Empty the cache."""
    _kept.clear()
