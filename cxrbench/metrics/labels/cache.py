"""Labels by text, so that a text scored under several protocols, or seen again in this process, is labelled once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

from cxrbench.metrics.labelers.base import ConditionLabels, Labeler

_CAPACITY = 50_000
_kept: OrderedDict[bytes, ConditionLabels] = OrderedDict()


def label_texts(labeler: Labeler, texts: Sequence[str], *, cache: bool = True) -> list[ConditionLabels]:
    """Labels of each text, in order.

    Args:
        labeler: Asked once per distinct text that is not remembered; its signature is part of the key.
        cache: False labels every text as if it were the only one (for speed measurements).
    """
    if not cache:
        return labeler.label(texts)
    seed = blake2b(labeler.signature().encode(), digest_size=16).digest()
    keys = [blake2b(text.encode("utf-8", "surrogatepass"), key=seed, digest_size=16).digest() for text in texts]
    fresh = {key: text for key, text in zip(keys, texts) if key not in _kept}
    found = dict(zip(fresh, labeler.label(list(fresh.values())))) if fresh else {}
    result: list[ConditionLabels] = []
    for key in keys:
        if key in found:
            labels = found[key]
        else:
            labels = _kept[key]
            _kept.move_to_end(key)
        result.append(dict(labels))
    _kept.update(found)
    while len(_kept) > _CAPACITY:
        _kept.popitem(last=False)
    return result


def forget_labels() -> None:
    """Empty the cache."""
    _kept.clear()
