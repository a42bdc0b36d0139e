"""Values of a file whose schema is not certain: read what can be read, and note what was odd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_NUMBERS = (int, float)


class Notes:
    """What was odd about a file, each kind of oddity once, with its first place and how many more there were."""

    def __init__(self) -> None:
        self._seen: dict[str, list[Any]] = {}

    def add(self, oddity: str, place: str = "") -> None:
        """Note an oddity; `oddity` names the kind, without ids, so that the same kind adds up."""
        entry = self._seen.setdefault(oddity, [place, 0])
        entry[1] += 1

    def sentences(self) -> tuple[str, ...]:
        """One sentence per kind, in the order of appearance."""
        return tuple(
            oddity + (f": {place}" if place else "") + (f" and {count - 1} more" if count > 1 else "")
            for oddity, (place, count) in self._seen.items()
        )


def text_of(value: Any, key: str, place: str, notes: Notes) -> str:
    """A text without blanks around it; "" for null. A number becomes text, a list or object "", both noted."""
    if type(value) is str:
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, (bool, *_NUMBERS)):
        notes.add(f"{key} is {_kind(value)}, read as text", place)
        return str(value)
    notes.add(f"{key} is {_kind(value)}, left empty", place)
    return ""


def texts_of(value: Any, key: str, place: str, notes: Notes, *, inner: str | None = None) -> tuple[str, ...]:
    """A list of texts without empty ones. A single text is a list of one.

    Args:
        inner: Where items are objects, the key of the text in them ("region" in the scene graph's `regions`).
    """
    if not value and not isinstance(value, _NUMBERS):
        return ()
    if not isinstance(value, list):
        notes.add(f"{key} is {_kind(value)}, read as a list of one", place)
        value = [value]
    texts = []
    for item in value:
        if inner is not None and isinstance(item, Mapping):
            item = item.get(inner)
        text = item.strip() if type(item) is str else text_of(item, f"an item of {key}", place, notes)
        if text:
            texts.append(text)
    return tuple(texts)


def flag_of(value: Any, key: str, place: str, notes: Notes, *, default: bool) -> bool:
    """True or false; also 0 and 1 and the words; the default for null and, noted, for anything else."""
    if value is True or value is False:
        return bool(value)
    if value is None:
        return default
    word = str(value).strip().lower()
    if word in {"true", "1", "1.0", "yes"}:
        return True
    if word in {"false", "0", "0.0", "no"}:
        return False
    notes.add(f"{key} is neither true nor false, read as {str(default).lower()}", place)
    return default


def integer_of(value: Any, key: str, place: str, notes: Notes) -> int | None:
    """A whole number, also as text; None for null and, noted, for anything else."""
    if value is None or type(value) is int:
        return value
    try:
        number = float(value)
        if number == int(number):
            return int(number)
    except (TypeError, ValueError, OverflowError):
        pass
    notes.add(f"{key} is no whole number, left out", place)
    return None


def polarity_of(value: Any, key: str, place: str, notes: Notes) -> bool | None:
    """`positiveness`: True for pos, False for neg, None for neither."""
    if value == "pos":
        return True
    if value == "neg":
        return False
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in {"pos", "positive"}:
        return True
    if word in {"neg", "negative"}:
        return False
    if word:
        notes.add(f"{key} is neither pos nor neg, left open", place)
    return None


def modifiers_of(value: Any, place: str, notes: Notes) -> dict[str, tuple[str, ...]]:
    """Kind -> words. Scene graphs hold an object of lists, questions a list of pairs; both are read in both."""
    if not value:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    if isinstance(value, Mapping):
        for kind, words in value.items():
            texts = texts_of(words, "a modifier", place, notes)
            if texts:
                found[str(kind)] = texts
        return found
    if not isinstance(value, list):
        notes.add(f"modifiers is {_kind(value)}, left empty", place)
        return {}
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            notes.add("a modifier is no pair of kind and word, left out", place)
            continue
        kind = text_of(pair[0], "a modifier", place, notes)
        found[kind] = (*found.get(kind, ()), *texts_of(pair[1:], "a modifier", place, notes))
    return found


def entries_of(
    value: Any, key: str, id_key: str, place: str, notes: Notes
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(id, object) of an object of objects; of a list of objects with their ids inside, noted, too."""
    if not value:
        return
    if isinstance(value, list):
        notes.add(f"{key} is a list, expected an object by {id_key}", place)
        pairs: Any = [(item.get(id_key) if isinstance(item, Mapping) else None, item) for item in value]
    elif isinstance(value, Mapping):
        pairs = value.items()
    else:
        notes.add(f"{key} is {_kind(value)}, left empty", place)
        return
    for id, item in pairs:
        if not isinstance(item, Mapping):
            notes.add(f"an entry of {key} is {_kind(item)}, left out", place)
            continue
        name = text_of(id, id_key, place, notes)
        if not name:
            notes.add(f"an entry of {key} has no {id_key}, left out", place)
            continue
        inside = item.get(id_key)
        if inside is not None and inside != id and str(inside).strip() != name:
            notes.add(f"an entry of {key} has another {id_key} inside", name)
        yield name, item


def objects_of(value: Any, key: str, place: str, notes: Notes) -> list[Mapping[str, Any]]:
    """The objects of a list. The values of an object, or a single object's list of one, are noted."""
    if not value:
        return []
    if isinstance(value, Mapping):
        notes.add(f"{key} is an object, expected a list", place)
        values = list(value.values())
        value = values if values and all(isinstance(item, Mapping) for item in values) else [value]
    if not isinstance(value, list):
        notes.add(f"{key} is {_kind(value)}, left empty", place)
        return []
    kept = [item for item in value if isinstance(item, Mapping)]
    for _ in range(len(value) - len(kept)):
        notes.add(f"an item of {key} is no object, left out", place)
    return kept


def object_of(value: Any, key: str, place: str, notes: Notes) -> Mapping[str, Any]:
    """An object; an empty one for null and, noted, for anything else."""
    if isinstance(value, Mapping):
        return value
    if value is not None:
        notes.add(f"{key} is {_kind(value)}, left empty", place)
    return {}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, _NUMBERS):
        return "a number"
    return {str: "a text", list: "a list", dict: "an object", type(None): "null"}.get(type(value), "something else")
